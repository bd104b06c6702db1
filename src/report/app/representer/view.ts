/** How representer points are shown. */
import { formatNumber } from '../../../plot/format.js';
import type { RepresenterQuery, RepresenterResult } from '../../../results/representer.js';
import type { ExampleLink, KindView } from '../kind-view.js';
import type { Pictured } from '../payload.js';
import { counted, countedDecisions } from '../parts/text.js';
import { RepresenterTab } from './decision-tab.js';
import { FitTab } from './fit-tab.js';
import { MistakesTab, SHOWN_MEMBERS } from './mistakes-tab.js';
import { says } from './says.js';
import { TERMS } from './terms.js';
import { trustIn, trustOf } from './trust.js';

/** The views of a representer result. */
export const representerView: KindView<RepresenterResult> = {
  title: 'Which training points decide?',
  headline,
  trust: trustOf,
  decisions: ({ queries }) => queries,
  says: (result, input) => says(result.queries[input]!, result),
  trustIn: (result, input) => trustIn(result, result.queries[input]!),
  links,
  pictured,
  unit: () => 'value',
  tabs: [
    { id: 'mistakes', title: 'Mistakes', view: MistakesTab, when: ({ mistakes = [] }) => mistakes.length > 0 },
    {
      id: 'decision',
      title: 'Decision',
      view: RepresenterTab,
      ofInput: true,
      when: ({ queries }) => queries.length > 0,
    },
    { id: 'fit', title: 'How far to trust this', view: FitTab },
  ],
  terms: () => TERMS,
};

/** The mistakes where they were asked for, else how near the sums are to the model's scores. */
function headline({ queries, mistakes = [], fit }: RepresenterResult): string {
  const [first] = mistakes;
  if (first) {
    const all = mistakes.reduce((sum, { members }) => sum + members.length, 0);
    return (
      `${counted(all, 'mistake')} in ${counted(mistakes.length, 'group')}; the most frequent: ${first.truth.label} taken for ` +
      `${first.predicted.label} (${first.members.length}).`
    );
  }
  const decided = queries.filter(({ undecided }) => undecided === undefined);
  if (decided.length === 0) return `${countedDecisions(queries)}.`;
  const most = (off: (query: RepresenterQuery) => number) =>
    `${queries.length === 1 ? '' : 'at most '}${formatNumber(Math.max(0, ...decided.map((query) => Math.abs(off(query)))))}`;
  // What all classes share is in no softmax, and so in no fit: its sums are the model's in the probabilities that they give.
  const misses =
    fit.activation === 'softmax'
      ? `${most(({ output, reconstructedOutput }) => 100 * (output - reconstructedOutput))} points off the model's probability`
      : `${most(({ modelLogit, reconstructed }) => modelLogit - reconstructed)} off the model's score`;
  return `${countedDecisions(queries)}, ${queries.length === 1 ? 'as a' : 'each as a'} sum over training points that is ${misses}.`;
}

/** Points of all inputs, then the culprits of mistakes. */
function links({ queries, mistakes = [] }: RepresenterResult): ExampleLink[] {
  const ofInputs = queries.flatMap(({ excitatory, inhibitory }, input) =>
    [...excitatory, ...inhibitory].map((example) => ({ input, example, value: example.value })),
  );
  const ofMistakes = mistakes.flatMap(({ inhibitory }) =>
    inhibitory.map((example) => ({ input: -1, example, value: example.value })),
  );
  return [...ofInputs, ...ofMistakes];
}

/** Members of mistakes, and what influence functions list. */
function pictured({ queries, mistakes = [] }: RepresenterResult): Pictured[] {
  const members = mistakes.flatMap(({ members: of }) =>
    of.slice(0, SHOWN_MEMBERS).map((index): Pictured => ({ of: 'test', index })),
  );
  const influential = queries.flatMap(({ influence }) =>
    [...(influence?.helpful ?? []), ...(influence?.harmful ?? [])].map(({ index }): Pictured => ({
      of: 'train',
      index,
    })),
  );
  return [...members, ...influential];
}
