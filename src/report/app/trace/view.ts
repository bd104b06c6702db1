/** How a trace is shown. */
import { formatPercent } from '../../../plot/format.js';
import type { TraceExample, TraceLayer, TraceResult } from '../../../results/trace.js';
import type { ExampleLink, KindView } from '../kind-view.js';
import { accuracyFact, nothingLearned } from '../parts/accuracy.js';
import { countedDecisions } from '../parts/text.js';
import { DecisionTab } from './decision-tab.js';
import { lastEvidence, logitsOf, says } from './says.js';
import { trainingOf } from './score.js';
import { TERMS } from './terms.js';
import { trustIn } from './trust.js';

/** What ranks an example: what is specific to the input, where that is known. */
export const exampleValue = ({ contrast, cosine, gamma }: TraceExample): number => contrast ?? cosine ?? gamma;

/** The views of a trace. */
export const traceView: KindView<TraceResult> = {
  title: 'Why did it learn that?',
  headline,
  trust: (result) =>
    nothingLearned(result) ??
    (accuracyFact(result).length === 0
      ? undefined
      : { level: 'good', says: 'The network decides clearly better than chance.', facts: accuracyFact(result) }),
  decisions: ({ queries }) => queries,
  says: (result, input) => says(result, result.queries[input]!),
  trustIn,
  links,
  pictured: (result) =>
    [...result.queries.flatMap(({ layers }) => layers.flatMap(listedIn)), ...inBatches(result)].map((index) => ({
      of: 'train',
      index,
    })),
  unit: ({ queries }) => (queries.some(({ layers }) => hasContrast(layers[0]?.examples[0])) ? 'γ−γ\u0304' : 'γ'),
  tabs: [{ id: 'decision', title: 'Decision', view: DecisionTab, ofInput: true }],
  terms: () => TERMS,
};

const hasContrast = (example: TraceExample | undefined) => example?.contrast !== undefined;

/** How many decisions, how many of them wrong, and what their scores are made of. */
function headline({ queries }: TraceResult): string {
  const shares = queries.flatMap((query) => {
    const parts = logitsOf(query)?.find((logit) => logit.class === query.predicted.class);
    if (!parts) return [];
    const training = trainingOf(parts);
    const size = Math.abs(parts.initial) + Math.abs(training) + Math.abs(parts.byClass?.initialBias ?? parts.bias);
    return size > 0 ? [Math.abs(training) / size] : [];
  });
  const head = countedDecisions(queries);
  if (shares.length === 0) return `${head}.`;
  const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length;
  const scores = queries.length === 1 ? 'the winning score is' : 'the winning scores are';
  return (
    `${head}: by size, ${formatPercent(mean)} of what ${scores} made of came from training, the rest from ` +
    'initial weights and biases.'
  );
}

/** Steps of a layer whose batches are shown in pictures. */
const SHOWN_BATCHES = 2;

/** Examples of the batches that stand out most. */
function inBatches({ queries, training }: TraceResult): number[] {
  const steps = queries.flatMap(
    (query) =>
      lastEvidence(query)
        ?.batches.slice(0, SHOWN_BATCHES)
        .map(({ step }) => step) ?? [],
  );
  const batches = new Map(training?.batches.map(({ step, examples }) => [step, examples]));
  return [...new Set(steps)].flatMap((step) => batches.get(step) ?? []);
}

/** Examples of a layer that are shown. */
function listedIn({ evidence, examples, opponents }: TraceLayer): number[] {
  return evidence === false ? [] : [...examples, ...opponents].map(({ index }) => index);
}

/** The lists of the last layer whose lists say something of the input. */
function links({ queries }: TraceResult): ExampleLink[] {
  return queries.flatMap((query, input) => {
    const layer = lastEvidence(query);
    return [...(layer?.examples ?? []), ...(layer?.opponents ?? [])].map((example) => ({
      input,
      example,
      value: exampleValue(example),
    }));
  });
}
