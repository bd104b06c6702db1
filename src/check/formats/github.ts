import { printable } from '../../data/printable.js';
import type { CheckResult } from '../../results/check.js';

/** Workflow commands that GitHub shows as annotations: an error for what fails the check, a warning for what does not. */
export function githubAnnotations(result: CheckResult): string[] {
  return result.rules.flatMap((rule) => {
    const level = rule.blocks ? 'error' : rule.status === 'warn' ? 'warning' : undefined;
    if (!level) return [];
    const title = `onnx-explain ${rule.rule}${rule.status === 'could-not-run' ? ' could not run' : ''}`;
    return [`::${level} file=${property(result.model.path)},title=${property(title)}::${data(rule.sentence)}`];
  });
}

/** What ends a command, or begins another, is written in percent. */
function data(text: string): string {
  return printable(text, 1000).replace(/%/g, '%25').replace(/\r/g, '%0D').replace(/\n/g, '%0A');
}

function property(text: string): string {
  return data(text).replace(/:/g, '%3A').replace(/,/g, '%2C');
}
