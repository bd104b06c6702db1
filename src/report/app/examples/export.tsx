/** The reader's decisions as a file. */
import type { VNode } from 'preact';
import { usePage } from '../context.js';
import { className, counted } from '../parts/text.js';
import { decisionsCsv, isComplete } from './triage.js';

/** A button that saves `decisions.csv`, and how it is used; nothing as long as nothing was decided. */
export function ExportDecisions({ classNames }: { readonly classNames: readonly string[] }): VNode | null {
  const { triage } = usePage();
  if (triage.decisions.size === 0) return null;
  const complete = [...triage.decisions.values()].filter(isComplete).length;
  const open = triage.decisions.size - complete;
  const save = () => {
    const text = decisionsCsv(triage.decisions, (index) => className(classNames, index));
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([text], { type: 'text/csv' }));
    link.download = 'decisions.csv';
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  };
  return (
    <p class="small">
      {open > 0 && (
        <span>
          {counted(open, 'relabelled example has', 'relabelled examples have')} no class yet and cannot be saved.{' '}
        </span>
      )}
      {complete > 0 && (
        <>
          <button type="button" onClick={save}>
            Save decisions.csv
          </button>{' '}
          Train with them: <code>onnx-explain train … --labels-from decisions.csv</code>
        </>
      )}
    </p>
  );
}
