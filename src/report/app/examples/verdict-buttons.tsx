/** Keep, relabel or drop. */
import type { VNode } from 'preact';
import { usePage } from '../context.js';
import type { ListedExample } from '../kind-view.js';
import { Interactive, Select } from '../parts/basics.js';
import { className } from '../parts/text.js';
import type { Suspicion } from './listed.js';
import { isComplete, VERDICTS, type ExampleDecision, type Verdict } from './triage.js';

/** In the place of a class that is still to be chosen. */
const NONE = -1;

/**
 * The class that an example gets when it is relabelled: the one that was chosen, else the one that an audit takes for likelier
 * than the label, or the only other one. Undefined where somebody has to choose.
 * @param decided what was decided about it before
 */
export function labelFor(
  { label }: ListedExample,
  suspect: Suspicion | undefined,
  classes: number,
  decided: ExampleDecision | undefined,
): number | undefined {
  if (decided?.label !== undefined) return decided.label;
  if (suspect?.counsel.says === 'likely wrong') return suspect.counsel.instead;
  return classes === 2 ? 1 - label : undefined;
}

/** The three buttons, and the class that a relabelled example gets. */
export function VerdictButtons({
  example,
  suspect,
  classNames,
}: {
  readonly example: ListedExample;
  /** What an audit says of it. */
  readonly suspect: Suspicion | undefined;
  readonly classNames: readonly string[];
}): VNode {
  const { triage } = usePage();
  const decided = triage.decisions.get(example.index);
  const decide = (verdict: Verdict, label = labelFor(example, suspect, classNames.length, decided)) =>
    triage.decide(
      example.index,
      decided?.verdict === verdict && verdict !== 'relabel'
        ? undefined
        : { example: plain(example), verdict, label: verdict === 'relabel' ? label : undefined },
    );
  const option = (value: number) => ({
    value,
    text: className(classNames, value) + (value === suspect?.suggested ? ' (other examples say so)' : ''),
  });
  return (
    <Interactive>
      <div class="choice verdicts" role="group" aria-label="what shall become of it">
        {VERDICTS.map((verdict, i) => (
          <button
            key={verdict}
            type="button"
            aria-pressed={decided?.verdict === verdict}
            onClick={() => decide(verdict)}
          >
            <kbd>{i + 1}</kbd> {verdict}
          </button>
        ))}
      </div>
      {decided?.verdict === 'relabel' && (
        <Select
          title="as"
          value={decided.label ?? NONE}
          options={[
            ...(isComplete(decided) ? [] : [{ value: NONE, text: 'choose a class' }]),
            ...classNames.map((_, value) => option(value)),
          ]}
          onChoose={(label) => label !== NONE && decide('relabel', label)}
        />
      )}
    </Interactive>
  );
}

/** What was decided about an example; nothing where nothing was. */
export function VerdictBadge({ index }: { readonly index: number }): VNode | null {
  const decided = usePage().triage.decisions.get(index);
  if (!decided) return null;
  return <span class="badge">{isComplete(decided) ? decided.verdict : `${decided.verdict} as …`}</span>;
}

/** What is kept of an example: where it is, and no more. */
export function plain({ index, label, file, row }: ListedExample): ListedExample {
  return { index, label, ...(file === undefined ? {} : { file }), ...(row === undefined ? {} : { row }) };
}
