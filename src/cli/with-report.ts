/** Commands that write a folder with a page: how far the work is, what came of it, and where the page lies. */
import { join } from '../storage/paths.js';
import type { Reporting } from '../progress.js';
import type { Runtime } from '../runtime/runtime.js';
import { runtimeFor } from './options.js';
import { profiled } from './show/profile.js';
import type { Terminal } from './terminal.js';

/** The flags that matter here. */
interface ReportArguments {
  readonly out: string;
  readonly profile?: boolean | undefined;
  readonly threads?: number | undefined;
  readonly executionProvider?: string;
}

/** What work computes with, and how it talks to whoever waits for it. */
export interface Means extends Required<Reporting> {
  readonly runtime: Runtime;
}

/**
 * Does a command's work, shows how far it is and what came of it, and says where the page is.
 * @param what the work in a word, for the display of progress
 * @param show prints the command's result, which lies in a file; its JSON is the result
 */
export function withReport<R extends object>(
  args: ReportArguments,
  ui: Terminal,
  what: string,
  work: (means: Means) => Promise<R>,
  show: (ui: Terminal, result: R, file: string) => void,
): Promise<R> {
  const progress = ui.progress(what);
  const reporting: Required<Reporting> = {
    onNotice: (line) => ui.notice(line),
    onProgress: (part, done, total) => progress.update(done, total, part),
  };
  return profiled(
    args,
    runtimeFor(args),
    ui,
    (runtime) => work({ runtime, ...reporting }),
    (result) => {
      progress.end();
      show(ui, result, join(args.out, 'result.json'));
      ui.verdict(reportLine(args.out));
    },
  );
}

/** Where the page of a folder is. */
export function reportLine(out: string): string {
  return `report: ${join(out, 'index.html')}`;
}
