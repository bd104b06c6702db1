/** How a result of `check` is shown. */
import type { CheckResult } from '../../../results/check.js';
import type { KindView, Trust } from '../kind-view.js';
import type { Pictured } from '../payload.js';
import { counted } from '../parts/text.js';
import { RulesTab } from './rules-tab.js';
import { countOf, headline } from './says.js';

/** The views of a result of `check`. */
export const checkView: KindView<CheckResult> = {
  title: 'Does the new export still compute, and reason, as the accepted model did?',
  headline,
  trust: trustOf,
  decisions: () => [],
  links: () => [],
  pictured: ({ changes = [] }) => [...changes.keys()].map((index): Pictured => ({ of: 'input', index })),
  unit: () => '',
  tabs: [{ id: 'rules', title: 'Rules', view: RulesTab }],
  terms: () => [
    ['rule', 'One question about the new export, with a value, and a limit beyond which it fails.'],
    ['probe', 'An input whose computation by the accepted model is recorded in the baseline, and is compared with.'],
    [
      'failed, warning, not judged',
      'A failure of a rule of level error ends the pipeline; one of level warn does not. Not judged: there was nothing to compare, or the rule is switched off.',
    ],
    ['where', 'The node where what was found begins: the first whose values diverge.'],
  ],
};

/** Where the verdict is milder than the preset asks; a word of trust beside a verdict would be taken for one in the model. */
function trustOf(result: CheckResult): Trust | undefined {
  const broken = countOf(result, 'could-not-run');
  const milder = result.rules.filter(({ changes }) =>
    changes.some(({ effect }) => effect === 'off' || effect === 'looser' || effect === 'unmeasured'),
  ).length;
  const facts = [
    ['verdict', result.verdict],
    ['probes', String(result.probes)],
    ['preset', result.preset],
    ['rules judged', String(result.rules.length - countOf(result, 'skip'))],
    ['made milder by configuration or options', String(milder)],
  ] as const;
  if (broken > 0 || milder > 0) {
    const parts = [
      broken > 0 ? `${counted(broken, 'rule')} could not run` : '',
      milder > 0 ? `${counted(milder, 'rule')} ${milder === 1 ? 'is' : 'are'} milder than the preset` : '',
    ].filter((part) => part !== '');
    return { level: 'limited', says: `Not all was judged as the preset asks: ${parts.join(', ')}.`, facts };
  }
  return undefined;
}
