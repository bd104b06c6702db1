import type { Argv } from 'yargs';
import { githubAnnotations } from '../../check/formats/github.js';
import { PRESETS } from '../../check/settings/preset.js';
import { InputError } from '../../errors.js';
import { openResultFolder } from '../../results/result-folder.js';
import { checkOnProbes } from '../../check/check-model.js';
import { probePicture } from '../../check/probes/shown.js';
import { refuseReports, writeReports } from '../../check/reports.js';
import type { CheckRequest } from '../../check/request.js';
import { CONFIG_FILE } from '../../check/settings/config.js';
import { updateBaseline } from '../../check/update-baseline.js';
import { checkReport } from '../../report/check/report.js';
import { defineDivided } from '../divided.js';
import { EXIT } from '../exit-codes.js';
import { showCheck } from '../show/check.js';
import { reportLine } from '../with-report.js';
import {
  commonOptions,
  readingOptions,
  inputShapeOption,
  parseList,
  parseShape,
  readingFrom,
  runtimeFor,
} from '../options.js';

function checkOptions<T>(yargs: Argv<T>) {
  return inputShapeOption(readingOptions(commonOptions(yargs)))
    .positional('model', { type: 'string', demandOption: true, describe: 'The newly exported .onnx file' })
    .option('baseline', { type: 'string', demandOption: true, describe: 'JSON file with the accepted model’s state' })
    .option('update-baseline', { type: 'boolean', default: false, describe: 'Accept this model: write the baseline' })
    .option('force', {
      type: 'boolean',
      default: false,
      describe: 'Update even where CI=true; write into a folder that is not empty',
    })
    .option('data', { type: 'string', describe: 'Probes: a data set, or an .npz with an array for each input' })
    .option('preset', { choices: PRESETS, describe: 'What kind of change is expected; re-export by default' })
    .option('config', {
      type: 'string',
      describe: `File with limits and levels of rules; ${CONFIG_FILE} in the current folder by default`,
    })
    .option('probes', { type: 'number', describe: 'How many probes a new baseline has; 32 by default' })
    .option('points', { type: 'number', describe: 'How many training points explain its decisions; 32 by default' })
    .option('method', { type: 'string', describe: 'Attribution methods of a new baseline, separated by commas' })
    .option('rtol', { type: 'number', describe: 'Relative tolerance of outputs' })
    .option('atol', { type: 'number', describe: 'Tolerance of outputs as a share of their largest magnitude' })
    .option('skip', { type: 'string', describe: 'Rules or groups to switch off, separated by commas' })
    .option('optional', { type: 'string', describe: 'Rules or groups that do not fail the check when they cannot run' })
    .option('out', { type: 'string', describe: 'Folder for result.json and a page, index.html' })
    .option('junit', { type: 'string', describe: 'Write a JUnit XML file' })
    .option('markdown', { type: 'string', describe: 'Write Markdown for a comment on a pull request' })
    .option('all-rules', {
      type: 'boolean',
      default: false,
      describe: 'List every rule, those that passed or were not judged too',
    })
    .option('warn-only', { type: 'boolean', default: false, describe: 'Exit with 0 even when a regression is found' });
}

/** `check`: a regression gate for exported models. */
export const checkCommand = defineDivided({
  command: 'check <model>',
  describe: 'Gate a new export: does it still compute, and reason, as the accepted model did?',
  builder: (yargs) =>
    checkOptions(yargs)
      .example('$0 check model.onnx --baseline baseline.json --data photos --update-baseline', 'Accept a model')
      .example('$0 check model.onnx --baseline baseline.json --junit check.xml', 'Gate the next export')
      .example('$0 check model-int8.onnx --baseline baseline.json --preset int8', 'Gate a quantised copy'),
  handler: async (args, ui, { division }) => {
    refuseIdleFlags(args, args.updateBaseline);
    const progress = ui.progress('checking');
    const request: CheckRequest = {
      modelPath: args.model,
      baselinePath: args.baseline,
      data: args.data,
      inputShape: parseShape(args.inputShape),
      ...(await readingFrom(args)),
      config: args.config,
      flags: {
        preset: args.preset,
        probes: wholeFrom(1, args.probes, '--probes', MOST_PROBES),
        points: wholeFrom(0, args.points, '--points', MOST_PROBES),
        seed: wholeFrom(0, args.seed, '--seed'),
        methods: parseList(args.method),
        off: parseList(args.skip),
        optional: parseList(args.optional),
        rtol: notNegative(args.rtol, '--rtol'),
        atol: notNegative(args.atol, '--atol'),
      },
      runtime: runtimeFor(args),
      division,
      onNotice: (line) => ui.notice(line),
      onProgress: (what, done, total) => progress.update(done, total, what),
    };
    if (args.updateBaseline) {
      if (division.kind !== 'whole') throw new InputError('--shard: a baseline is taken as a whole; leave it out');
      refuseInPipeline(args.force);
      const updated = await updateBaseline(request);
      progress.end();
      for (const line of updated.missing) ui.notice(`not recorded: ${line}`);
      ui.verdict(`baseline of ${updated.model.path} on ${updated.probes} probes: ${updated.baseline}`);
      ui.result(updated);
      return;
    }
    const { GITHUB_ACTIONS, GITHUB_STEP_SUMMARY } = process.env;
    const { junit, markdown } = args;
    const out = args.out === undefined ? undefined : await openResultFolder(args.out, { force: args.force });
    const summary = GITHUB_STEP_SUMMARY === '' ? undefined : GITHUB_STEP_SUMMARY;
    const reports = { out, junit, markdown, summary };
    const { model, baseline, config, data } = args;
    await refuseReports(reports, { model, baseline, configuration: config, data });
    const { result, probes } = await checkOnProbes(request);
    progress.end();
    // Reports come first: whoever reads stdout may have left.
    const page = () => checkReport(result, (probe) => probePicture(probes, probe));
    const unwritten = await writeReports(result, { ...reports, page });
    showCheck(ui, result, args.allRules);
    if (out && unwritten.length === 0) ui.verdict(reportLine(args.out!));
    ui.result(result);
    if (GITHUB_ACTIONS === 'true') for (const line of githubAnnotations(result)) ui.command(line);
    for (const { message } of unwritten) ui.error(message);
    if (result.verdict === 'regression' && !args.warnOnly) return EXIT.regression;
    return unwritten.length > 0 ? EXIT.badInput : EXIT.done;
  },
});

/** Flags that say how a baseline is taken, and those that say what becomes of a verdict. */
const TAKING = ['probes', 'points', 'method', 'resize', 'channels', 'label-column', 'class-names', 'input-shape'];
const JUDGING = ['preset', 'rtol', 'atol', 'skip', 'optional', 'out', 'junit', 'markdown'];

/** A flag that would do nothing is a misunderstanding. */
function refuseIdleFlags(args: Readonly<Record<string, unknown>>, updates: boolean): void {
  const idle = (updates ? JUDGING : TAKING).find((flag) => args[flag] !== undefined);
  if (idle === undefined) return;
  throw new InputError(
    updates
      ? `--${idle}: nothing is judged with --update-baseline; leave it out`
      : `--${idle}: belongs to the baseline, which holds it already; leave it out, or add --update-baseline`,
  );
}

/** A pipeline that accepts what it was to judge gates nothing. */
function refuseInPipeline(force: boolean): void {
  const { CI } = process.env;
  if (CI === undefined || CI === '' || CI === 'false' || CI === '0' || force) return;
  throw new InputError(
    `--update-baseline: refused because CI=${CI}; update it on your machine and commit it, or add --force`,
  );
}

/** More probes than this make no better gate, only a slower one. */
const MOST_PROBES = 4096;

function wholeFrom(least: number, value: number | undefined, flag: string, most = 2 ** 32): number | undefined {
  if (value === undefined || (Number.isSafeInteger(value) && value >= least && value <= most)) return value;
  throw new InputError(`${flag} ${value}: expected a whole number from ${least} to ${most}`);
}

function notNegative(value: number | undefined, flag: string): number | undefined {
  if (value === undefined || (value >= 0 && value < Infinity)) return value;
  throw new InputError(`${flag} ${value}: expected a number from 0`);
}
