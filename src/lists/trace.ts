import type { TraceResult } from '../results/trace.js';
import {
  bothSides,
  classColumns,
  exampleColumns,
  inputColumns,
  ofQueries,
  originColumns,
  queryColumns,
  sideColumns,
  type ListContext,
} from './columns.js';
import { integer, list, number, text, type List } from './list.js';

/** Lists of a trace: inputs, examples and steps by layer, classes by layer, parts of logits, references. */
export function traceLists({ queries, references }: TraceResult, context: ListContext): List[] {
  const layers = ofQueries(queries, (query) => query.layers);
  const ofLayer = <E extends object>(entriesOf: (layer: (typeof layers)[number]) => readonly E[]) =>
    layers.flatMap((layer) =>
      entriesOf(layer).map((entry) => ({ ...entry, query: layer.query, input: layer.input, layer: layer.layer })),
    );
  const layerColumns = () => [
    ...queryColumns<{ query: number; input: string; layer: string }>(),
    text<{ layer: string }>('layer', ({ layer }) => layer),
  ];
  const inputs = queries.map((query, i) => ({ query: i, ...query }));
  const examples = ofLayer((layer) => bothSides(layer.examples, layer.opponents));
  const steps = ofLayer(({ batches }) => batches.map((batch, i) => ({ ...batch, rank: i + 1 })));
  const classes = ofLayer((layer) => layer.classes);
  const logits = ofLayer((layer) => layer.logits ?? []);
  const referenceExamples = references?.indices.map((index, i) => ({ index, ...references.origins?.[i] })) ?? [];
  return [
    list('inputs', inputs, inputColumns(queries, context)),
    list('examples', examples, [
      ...layerColumns(),
      ...sideColumns(),
      ...exampleColumns(context),
      number('gamma', ({ gamma }) => gamma),
      number('cosine', ({ cosine }) => cosine),
      number('contrast', ({ contrast }) => contrast),
      integer('steps', ({ steps: used }) => used),
      ...originColumns(examples, context, (example) => example),
    ]),
    list('steps', steps, [
      ...layerColumns(),
      integer('rank', ({ rank }) => rank),
      integer('step', ({ step }) => step),
      ...classColumns<(typeof steps)[number]>('label', context, ({ label }) => label),
      number('gamma', ({ gamma }) => gamma),
      number('cosine', ({ cosine }) => cosine),
      number('contrast', ({ contrast }) => contrast),
    ]),
    list('classes', classes, [
      ...layerColumns(),
      ...classColumns<(typeof classes)[number]>('class', context, (entry) => entry.class),
      number('gamma', ({ gamma }) => gamma),
      number('contrast', ({ contrast }) => contrast),
      number('weight', ({ weight }) => weight),
    ]),
    list('logits', logits, [
      ...layerColumns(),
      ...classColumns<(typeof logits)[number]>('class', context, (entry) => entry.class),
      number('logit', ({ logit }) => logit),
      number('initial', ({ initial }) => initial),
      number('bias', ({ bias }) => bias),
      number('training', ({ training }) => training),
    ]),
    list('references', referenceExamples, [
      integer('index', ({ index }) => index),
      ...originColumns<(typeof referenceExamples)[number]>(referenceExamples, context, (example) => example),
    ]),
  ];
}
