/** How specific to the decided class what training did to each layer is, over many explained inputs. */
import type { TraceLayer, TraceResult } from '../../dist/results/trace.js';

/** What the traces of one layer say, averaged over the inputs. */
export interface Specificity {
  readonly layer: string;
  /** Share of the inputs for which the steps of the decided class have the largest Σ γ, and the largest contrast. */
  readonly leads: number;
  readonly contrastLeads: number;
  /** Mean cosine of the decided class's steps minus that of all other classes' steps, each step weighing ‖Δ f‖. */
  readonly cosineGap: number;
  /** Of the first seven examples, how many are of the decided class, and of how many classes they are. */
  readonly ownOfSeven: number;
  readonly classesOfSeven: number;
}

/** A query that was decided rightly, at one layer. */
interface Seen {
  readonly decided: number;
  readonly layer: TraceLayer;
}

/** What each layer of a result says of the inputs that were decided rightly. */
export function specificityOf({ queries }: TraceResult): Specificity[] {
  const right = queries.filter(({ truth, predicted }) => truth === undefined || truth.class === predicted.class);
  return right[0]!.layers.map(({ layer: name }, i) => {
    const seen = right.map(({ predicted, layers }): Seen => ({ decided: predicted.class, layer: layers[i]! }));
    const mean = (of: (each: Seen) => number) => seen.reduce((sum, each) => sum + of(each), 0) / seen.length;
    const leads = (of: 'gamma' | 'contrast') => mean(({ decided, layer }) => Number(leading(layer, of) === decided));
    return {
      layer: name,
      leads: leads('gamma'),
      contrastLeads: leads('contrast'),
      cosineGap: mean(({ decided, layer }) => {
        const others = layer.classes.filter(({ class: label }) => label !== decided);
        return cosineOf(layer, [layer.classes[decided]!]) - cosineOf(layer, others);
      }),
      ownOfSeven: mean(({ decided, layer }) => seven(layer).filter((label) => label === decided).length),
      classesOfSeven: mean(({ layer }) => new Set(seven(layer)).size),
    };
  });
}

const seven = ({ examples }: TraceLayer) => examples.slice(0, 7).map(({ label }) => label);

function leading({ classes }: TraceLayer, of: 'gamma' | 'contrast'): number {
  return classes.reduce((best, next) => ((next[of] ?? next.gamma) > (best[of] ?? best.gamma) ? next : best)).class;
}

/** Σ γ / (‖r‖ Σ ‖Δ f‖): the mean cosine of the steps of some classes. */
function cosineOf({ norm }: TraceLayer, classes: readonly TraceLayer['classes'][number][]): number {
  const gamma = classes.reduce((sum, each) => sum + each.gamma, 0);
  const weight = classes.reduce((sum, each) => sum + each.weight, 0);
  return weight > 0 && norm > 0 ? gamma / (norm * weight) : 0;
}

/**
 * Which other class's steps a layer's outputs owe most to, by contrast: for each decided class the leading other one.
 * @returns pairs of classes, the decided one first, with the share of the inputs of that class for which it leads the others
 */
export function relatives({ queries }: TraceResult, layer: number): { of: number; to: number; share: number }[] {
  const counts = new Map<number, Map<number, number>>();
  for (const { predicted, truth, layers } of queries) {
    const decided = predicted.class;
    if (truth !== undefined && truth.class !== decided) continue;
    const others = layers[layer]!.classes.filter(({ class: each }) => each !== decided);
    const first = leading({ ...layers[layer]!, classes: others }, 'contrast');
    const own = counts.get(decided) ?? new Map<number, number>();
    counts.set(decided, own.set(first, (own.get(first) ?? 0) + 1));
  }
  return [...counts].map(([of, own]) => {
    const total = [...own.values()].reduce((sum, count) => sum + count, 0);
    const [to, count] = [...own].reduce((best, next) => (next[1] > best[1] ? next : best));
    return { of, to, share: count / total };
  });
}
