/** Methods of `influence` that look at the last layer alone, as they are judged. */
import type { LayerMethod, LayerQuery } from '../../explain/influence/layer-methods/method.js';
import { noEffects, type Query } from '../../explain/influence/subject.js';
import type { LastLayer } from './last-layer.js';
import type { EvaluatedEffects, EvaluatedMethod, MethodSubject } from './method.js';

/**
 * A method of the last layer of a run, asked for the margin of decisions, or for what it has in the margin's place. The mean
 * loss of many examples is what it says of that where it can; otherwise the values for the label of each of them, their mean
 * taken with a minus: what speaks for labels lowers their loss.
 */
export function ofLayer(method: LayerMethod): EvaluatedMethod {
  return {
    name: method.name,
    says: method.says,
    ofLastLayer: true,
    cost: (queries) => COST + COST_OF_QUERY * queries,
    effects: async (subject) => {
      const { ofLoss, queries, replay, onWork } = subject;
      const last = await subject.lastLayer();
      const asked: LayerQuery[] = [];
      for (const query of queries) asked.push(await seen(query, last));
      const found =
        ofLoss && !method.measures.includes('test-loss')
          ? await byExample(method, subject, last, asked)
          : await ask(method, subject, last, asked);
      onWork?.((COST + COST_OF_QUERY * queries.length) * replay.steps);
      return found;
    },
  };
}

/** Fits of the layer, and what a query takes, in trainings that take as long: they depend on other things than trainings do. */
const COST = 2;
const COST_OF_QUERY = 0.2;

/** A query, whose measure is a mean over its examples, as the last layer sees it. */
async function seen(query: Query, last: LastLayer): Promise<LayerQuery> {
  const data: number[] = [];
  const targets: number[] = [];
  for await (const batch of query.batches()) {
    const part = await last.features(batch.x);
    for (const value of part.data) data.push(value);
    targets.push(...Array.from(batch.targets));
  }
  const { columns } = last.layer;
  return { features: { rows: targets.length, columns, data: Float64Array.from(data) }, targets };
}

async function ask(
  method: LayerMethod,
  { ofLoss, replay, runtime, onNotice }: MethodSubject,
  layerData: LastLayer,
  queries: readonly LayerQuery[],
): Promise<EvaluatedEffects> {
  const [own] = method.measures;
  const margin = method.measures.includes('margin') || own === 'test-loss' ? 'margin' : own!;
  const { effects, layer } = await method.effects({
    layerData,
    queries,
    measure: ofLoss && method.measures.includes('loss') ? 'loss' : margin,
    loss: replay.setup.graphOptions.loss,
    runtime,
    onNotice,
  });
  return { ...effects, layer };
}

/** Examples that are asked for together, so that their values stay small. */
const AT_ONCE = 64;

async function byExample(
  method: LayerMethod,
  subject: MethodSubject,
  last: LastLayer,
  queries: readonly LayerQuery[],
): Promise<EvaluatedEffects> {
  const sums = noEffects(queries.length, last.train.labels.length);
  let layer: EvaluatedEffects['layer'];
  for (const [q, { features, targets }] of queries.entries()) {
    const { rows, columns, data } = features;
    for (let start = 0; start < rows; start += AT_ONCE) {
      const part = Array.from({ length: Math.min(AT_ONCE, rows - start) }, (_, k): LayerQuery => {
        const row = data.subarray((start + k) * columns, (start + k + 1) * columns);
        return { features: { rows: 1, columns, data: row }, targets: [targets[start + k]!] };
      });
      const { values, examples, ...found } = await ask(method, subject, last, part);
      layer = found.layer;
      values.forEach((value, at) => (sums.values[q * examples + (at % examples)]! -= value / rows));
    }
  }
  return { ...sums, layer };
}
