/**
 * ⟨G, Δ⟩ of all updates, split exactly into the rows that made them, whatever the sampler and the optimizer.
 *
 * Where the optimizer has a state, an update is made of the gradients of many steps: Δ_t = −η v_t, v_t = μ v_{t−1} + g_t. So the
 * state's part is carried back from step to step, while G meets each update anew, and no step is taken to change the course
 * of later ones: that is what an attribution of the updates as they were means. What only scales an update (the factor of
 * clipping, Adam's second moment) is taken as it was, so that the parts add up to the updates, less what weight decay did.
 */
import type { Classifier } from '../../classifier/classifier.js';
import type { DifferentiatedStep, PerTensor } from '../../replay/differentiated-step.js';
import type { Derivatives } from '../../replay/step-back.js';
import type { Replay } from '../../replay/replay.js';
import type { WeightRows } from '../../replay/weight-rows.js';
import { giveBack } from '../../runtime/give-back.js';
import { elementCount } from '../../tensor.js';
import type { Batch } from '../../train/samplers/sampler.js';
import type { StepTensor } from '../../train/step.js';
import type { PlannedStep } from '../../train/trainer.js';
import { addRows, noEffects, stack, stackAt, withStep, type EffectMatrix } from './subject.js';

/** A direction in the space of the weights: for each carried tensor, by its place, an array of its size. */
export type Direction = readonly (Float32Array | undefined)[];

/** Weights follow the direction, the optimizer's state is carried, and nothing else is. */
const UPDATES = {
  of: ({ scaling }) => !scaling,
  to: ({ weight, scaling }) => weight === undefined && !scaling,
  holdsScales: true,
} satisfies Derivatives;

/**
 * Splits the updates of a whole training along directions, into the rows whose losses made them.
 * @param directions G of each query, constant over the steps
 * @param atOnce how many are walked back together
 * @returns Σ over all updates of what each example's rows did to ⟨G, θ⟩, [directions, examples]
 */
export async function splitByRows(
  replay: Replay,
  directions: readonly Direction[],
  atOnce: number,
  onWork?: (steps: number) => void,
): Promise<EffectMatrix> {
  const { sampleWeights, length } = replay.setup.pool;
  const effects = noEffects(directions.length, length);
  const walks = walksOf(directions.length, atOnce, (first, end) => stack(replay, directions.slice(first, end)));
  await pullUpdates(replay, replay.differentiate(UPDATES), walks, ({ step, rows, first, count }) => {
    addRows(effects, rows, step, { weights: sampleWeights, first });
    onWork?.(1.5 + count);
  });
  return effects;
}

/**
 * Splits the updates of groups of weights into the rows of the layers that use them: an update of a weight is a sum over the
 * rows of a batch of what the loss has to do with the layer's output for the row, times the row's input. All groups are split
 * in one walk back.
 *
 * Where rows influence one another (batch norm), the loss of one has to do with the layer's outputs for others too. A row that
 * has no loss of its own, such as a ghost, then has a part, which the batch's examples share by their weights in the loss: an
 * update belongs to the examples that were learnt.
 * @param groups of the classifier as it was trained, or of `written`
 * @param directions for each group G of its queries, constant over the steps; of a group's own weights is all that counts
 * @param written the classifier in another form that computes the same
 * @param atOnce how many of each group are walked back together
 * @returns for each group what each example's rows did to ⟨G, θ⟩, [directions of the group, examples]
 */
export async function splitWeightsByRows(
  replay: Replay,
  groups: readonly WeightRows[],
  directions: readonly (readonly Direction[])[],
  atOnce: number,
  { written, onStep }: { readonly written?: Classifier | undefined; readonly onStep?: (() => void) | undefined } = {},
): Promise<EffectMatrix[]> {
  const effects = directions.map(({ length }) => noEffects(length, replay.setup.pool.length));
  const isSplit = updatedWith(groups);
  const counts = directions.map(({ length }) => length);
  const derivatives: Derivatives = {
    of: isSplit,
    to: (tensor) => isSplit(tensor) && UPDATES.to(tensor),
    holdsScales: true,
    partsOf: groups,
    // Groups go together where they have as many directions.
    products: counts.map((count) => counts.indexOf(count)),
  };
  const opened = replay.differentiate(derivatives, {}, written);
  const isOf = groups.map((group) => updatedWith([group]));
  const groupOf = replay.carried.map((tensor) => isOf.findIndex((own) => own(tensor)));
  const most = Math.max(0, ...counts);
  const walks = walksOf(most, atOnce, (first, end) =>
    replay.carried.map((_, place) => stackAt(replay, directions[groupOf[place]!]?.slice(first, end) ?? [], place)),
  );
  await pullUpdates(replay, opened, walks, ({ step, parts, first }) => {
    const shares = lossShares(step, replay.setup.pool.sampleWeights);
    parts.forEach((rows, group) => {
      if (first < directions[group]!.length) {
        addRows(effects[group]!, ofExamples(rows, step, shares), step, { first });
      }
    });
    onStep?.();
  });
  return effects;
}

/** The tensors that are walked back with where groups of weights are split. */
export function updatedWith(groups: readonly WeightRows[]): (tensor: StepTensor) => boolean {
  return (tensor) => UPDATES.of(tensor) && groups.some(({ weights }) => weights.has(tensor.owner));
}

/**
 * How many directions of each group are walked back at once: what an optimizer keeps comes and goes.
 * @param counts how many directions each group has; as many as can be by default
 */
export function directionsAtOnce(
  { carried }: Pick<Replay, 'carried'>,
  groups: readonly WeightRows[],
  memory: number,
  counts: readonly number[] = groups.map(() => Infinity),
): number {
  const rising = groups
    .map((group, i) => ({ count: counts[i]!, bytes: bytesOf(carried.filter(updatedWith([group]))) }))
    .sort((a, b) => a.count - b.count);
  let [left, share] = [memory, rising.reduce((sum, { bytes }) => sum + bytes, 0)];
  for (const { count, bytes } of rising) {
    if (count * share > left) return Math.max(1, Math.floor(left / share));
    // All of its directions fit, and leave the rest of the memory to groups with more.
    left -= count * bytes;
    share -= bytes;
  }
  return Math.max(1, rising.at(-1)?.count ?? 1);
}

function bytesOf(tensors: Replay['carried']): number {
  return tensors.reduce((sum, { dims, weight }) => sum + 4 * elementCount(dims) * (weight === undefined ? 2 : 1), 0);
}

/** What of the loss of a batch each of its examples has. */
function lossShares({ examples }: Batch, weights: Float32Array): Float64Array {
  const total = examples.reduce((sum, index) => sum + weights[index]!, 0);
  return Float64Array.from(examples, (index) => (total > 0 ? weights[index]! / total : 0));
}

/**
 * Parts of the examples of a batch, those of rows without a loss shared out, and what is the same for all rows.
 * @param parts [queries, examples, ghosts and 1]
 * @param shares what of the loss each example has
 * @returns [queries, examples]
 */
function ofExamples(parts: Float32Array, { examples, ghosts }: Batch, shares: Float64Array): Float64Array {
  const rows = examples.length + ghosts.length + 1;
  const queries = parts.length / rows;
  const own = new Float64Array(queries * examples.length);
  for (let query = 0; query < queries; query++) {
    let others = 0;
    for (let row = 0; row < rows; row++) if (!(shares[row]! > 0)) others += parts[query * rows + row]!;
    for (let row = 0; row < examples.length; row++) {
      const part = shares[row]! > 0 ? parts[query * rows + row]! : 0;
      own[query * examples.length + row] = part + others * shares[row]!;
    }
  }
  return own;
}

/** Directions that are walked back together. */
interface Walk {
  /** Place of the first of them, */
  readonly first: number;
  /** and their number. */
  readonly count: number;
  readonly along: PerTensor;
}

function* walksOf(
  directions: number,
  atOnce: number,
  along: (first: number, end: number) => PerTensor,
): Generator<Walk> {
  for (let first = 0; first < directions; first += atOnce) {
    const end = Math.min(first + atOnce, directions);
    yield { first, count: end - first, along: along(first, end) };
  }
}

/** What a step did to some of the directions. */
interface UpdatesPulled extends Pick<Walk, 'first' | 'count'> {
  readonly step: PlannedStep;
  readonly rows: Float32Array;
  readonly parts: readonly Float32Array[];
}

/** Walks back over a run with directions that meet each update, and what they leave in the optimizer's state. */
async function pullUpdates(
  replay: Replay,
  opened: Promise<DifferentiatedStep>,
  walks: Iterable<Walk>,
  onPulled: (pulled: UpdatesPulled) => void,
): Promise<void> {
  await withStep(opened, async (derivative) => {
    for (const { first, count, along } of walks) {
      let state: PerTensor = [];
      for await (const { step, before } of replay.backwards()) {
        const cotangents = replay.carried.map(({ weight }, i) => (weight === undefined ? state[i] : along[i]));
        const pulled = await derivative.pull(step, before, cotangents);
        onPulled({ step, first, count, rows: pulled.rows, parts: pulled.parts });
        giveBack(state);
        state = pulled.gradients;
      }
    }
  });
}
