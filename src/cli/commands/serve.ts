import { openSite } from '../../serve/open-site.js';
import { checkPort, startServer } from '../../serve/server.js';
import { defineCommand } from '../command.js';
import { commonOptions } from '../options.js';
import type { Terminal } from '../terminal.js';

/** `serve`: a page on this computer, where a model can be asked about pictures and a network be watched at learning. */
export const serveCommand = defineCommand({
  command: 'serve <path>',
  describe:
    'Show a result, or ask a trained model about pictures and watch a network learn, in a page on this computer',
  builder: (yargs) =>
    commonOptions(yargs)
      .positional('path', { type: 'string', demandOption: true, describe: 'A run directory, or a folder of results' })
      .option('port', { type: 'number', default: 0, describe: 'Port of 127.0.0.1; 0 takes any free one' })
      .option('data', { type: 'string', describe: 'The training data, where they are no longer where the run says' })
      .example('$0 serve run', 'Drop pictures on the page whose address it prints; Ctrl+C ends it'),
  handler: async (args, ui) => {
    checkPort(args.port);
    const { site, pages } = await openSite(args.path, (line) => ui.notice(line), args.data);
    const server = await startServer(site, args.port);
    try {
      tell(ui, server.url, pages);
      await interrupted();
    } finally {
      await server.close();
    }
  },
});

function tell(ui: Terminal, url: string, pages: Readonly<Record<string, string>>): void {
  for (const [name, path] of Object.entries(pages)) ui.verdict(`${name}: ${url}${path}`);
  ui.print('for this computer alone, as long as this command runs; Ctrl+C ends it');
  ui.result(Object.fromEntries(Object.entries(pages).map(([name, path]) => [name.replace(' ', '-'), url + path])));
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** Waits until the command is told to end. */
async function interrupted(): Promise<void> {
  let end: () => void;
  const told = new Promise<void>((resolve) => (end = resolve));
  for (const signal of SIGNALS) process.on(signal, end!);
  await told;
  for (const signal of SIGNALS) process.off(signal, end!);
}
