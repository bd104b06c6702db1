import { reportToFolder } from '../../workflows/report.js';
import { defineCommand } from '../command.js';
import { commonOptions, outputOptions } from '../options.js';
import { reportLine } from '../with-report.js';

/** `report`: one page of several results. */
export const reportCommand = defineCommand({
  command: 'report <results..>',
  describe: 'Make one page of several results: inputs, methods or runs side by side',
  builder: (yargs) =>
    outputOptions(commonOptions(yargs))
      .positional('results', {
        type: 'string',
        array: true,
        demandOption: true,
        describe: 'Folders that commands wrote',
      })
      .example('$0 report why influence --out both', 'A trace and an influence of the same inputs')
      .example('$0 report before after --out change', 'The same command on two runs'),
  handler: async (args, ui) => {
    const { results, out, force } = args;
    const found = await reportToFolder({
      results: results,
      out,
      force,
      onNotice: (line) => ui.notice(line),
    });
    for (const { name, kind } of found.parts) ui.print(`${name}: ${kind}`);
    ui.result(found);
    ui.verdict(reportLine(out));
  },
});
