/** Keep, relabel or drop. */
import type { VNode } from 'preact';
import { usePage } from '../context.js';
import type { ListedExample } from '../kind-view.js';
import { Interactive, Select } from '../parts/basics.js';
import { className } from '../parts/text.js';
import { VERDICTS, type Verdict } from './triage.js';

/** The label that an example gets when it is relabelled and nobody has said which: the suggested one, else another than its own. */
export function labelFor(example: ListedExample, suggested: number | undefined, classes: number): number {
  if (suggested !== undefined && suggested !== example.label) return suggested;
  return example.label === 0 && classes > 1 ? 1 : 0;
}

/** The three buttons, and the class that a relabelled example gets. */
export function VerdictButtons({
  example,
  suggested,
  classNames,
}: {
  readonly example: ListedExample;
  readonly suggested: number | undefined;
  readonly classNames: readonly string[];
}): VNode {
  const { triage } = usePage();
  const decided = triage.decisions.get(example.index);
  const decide = (verdict: Verdict, label = labelFor(example, suggested, classNames.length)) =>
    triage.decide(
      example.index,
      decided?.verdict === verdict && verdict !== 'relabel'
        ? undefined
        : { example: plain(example), verdict, label: verdict === 'relabel' ? label : undefined },
    );
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
          value={decided.label ?? example.label}
          options={classNames.map((_, value) => ({ value, text: className(classNames, value) }))}
          onChoose={(label) => decide('relabel', label)}
        />
      )}
    </Interactive>
  );
}

/** What is kept of an example: where it is, and no more. */
export function plain({ index, label, file, row }: ListedExample): ListedExample {
  return { index, label, ...(file === undefined ? {} : { file }), ...(row === undefined ? {} : { row }) };
}
