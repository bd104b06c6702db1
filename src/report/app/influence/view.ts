/** How an influence result is shown. */
import { formatCount } from '../../../plot/format.js';
import type { InfluenceResult } from '../../../results/influence.js';
import { isLoss } from '../../../results/losses.js';
import { termsOf } from '../../influence/terms.js';
import type { ExampleLink, KindView } from '../kind-view.js';
import { countedDecisions } from '../parts/text.js';
import { InfluenceTab } from './decision-tab.js';
import { ReliabilityTab } from './reliability-tab.js';
import { says } from './says.js';
import { trustOf } from './trust.js';

/** The views of an influence result. */
export const influenceView: KindView<InfluenceResult> = {
  title: 'What would change without them?',
  headline,
  trust: trustOf,
  decisions: ({ queries }) => queries,
  says: (result, input) => says(result, result.queries[input]!),
  trustIn: trustOf,
  links,
  unit: ({ method, queries }) =>
    method.predicts === false ? 'value' : `effect on the ${queries[0]?.measure.name ?? ''}`,
  tabs: [
    { id: 'decision', title: 'Decision', view: InfluenceTab, ofInput: true },
    { id: 'reliability', title: 'How far to trust this', view: ReliabilityTab },
  ],
  terms: termsOf,
};

/** What training again showed, else what was asked. */
function headline(result: InfluenceResult): string {
  const { queries, verified, trainingExamples, method } = result;
  const head = countedDecisions(queries);
  if (verified?.lowered !== undefined) {
    const measure = queries[0]?.measure.name ?? 'measure';
    return `${head}: trained again without the strongest examples of each, the ${measure} is lower for ${verified.lowered} of ${verified.queries}.`;
  }
  const verb = method.predicts === false ? 'ranked by how they speak for each' : 'and what would change without each';
  return `${head}: ${formatCount(trainingExamples)} training examples, ${verb}.`;
}

/** Helps: positive, unless the measure is a loss. */
function links({ queries }: InfluenceResult): ExampleLink[] {
  return queries.flatMap(({ examples, opponents, measure }, input) =>
    [...examples, ...opponents].map((example) => ({
      input,
      example,
      value: isLoss(measure.name) ? -example.effect : example.effect,
    })),
  );
}
