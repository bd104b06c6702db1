/**
 * What becomes of models from every exporter: gradients against the framework's own, a short training, a trace.
 *
 *   python scripts/fixtures/exporters <folder>
 *   python scripts/fixtures/exporters <folder> vit-tiny bert-tiny --families torch --exporters dynamo-23
 *   npm run build && npx tsx scripts/exporters-table.ts <folder> [export …]
 *
 * Models are inspected and differentiated in this process; `train` and `trace` run as processes, as a user runs them. What is
 * found is kept beside each export, so that single ones can be tried again, and written to docs/exporters.md.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inspectModel } from '../src/inspect/inspect-model.js';
import { readModelFile } from '../src/onnx/file.js';
import { feedsOf, graphOf, type Model } from '../src/onnx/model.js';
import { nodeRuntime } from '../src/runtime/node.js';
import { compareGradients, decodeReference, lossGradients, type ExportReference } from '../test/helpers/exports.js';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

/** What scripts/fixtures/exporters notes. */
interface Note {
  readonly model: string;
  readonly exporter: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly parameters: number;
  readonly covered: number;
  readonly float32: number | null;
}

/** What was found of one export; a text where something was refused. */
interface Finding {
  readonly note: Note;
  readonly opset: number;
  readonly nodes: number;
  readonly inspected: string;
  readonly parity: string;
  readonly worst: number | null;
  readonly trained: string;
  readonly traced: string;
}

/** Largest allowed ‖g − g*‖ / ‖g*‖ of a parameter. */
const LIMIT = 1e-4;

const PAGE = 'docs/exporters.md';

const runtime = nodeRuntime({ threads: availableParallelism() });

const [folder, ...only] = process.argv.slice(2);
if (!folder) throw new Error('usage: npx tsx scripts/exporters-table.ts <folder> [export …]');
const exports = readdirSync(folder).filter((name) => existsSync(join(folder, name, 'export.json')));
const kept = (name: string) => join(folder, name, 'finding.json');
for (const name of only.length > 0 ? only : exports) {
  const found = await examine(join(folder, name));
  const { parity, trained, traced, inspected } = found;
  console.log(`${name}: ${inspected}; parity ${parity}; trained: ${trained}; traced: ${traced}`);
  writeFileSync(kept(name), JSON.stringify(found, null, 1));
}
const tried = exports.filter((name) => existsSync(kept(name)));
writeFileSync(PAGE, page(tried.map((name) => JSON.parse(readFileSync(kept(name), 'utf8')) as Finding)));

async function examine(place: string): Promise<Finding> {
  const path = join(place, 'model.onnx');
  const note = JSON.parse(readFileSync(join(place, 'export.json'), 'utf8')) as Note;
  const { model } = await readModelFile(path);
  const reference = decodeReference(readFileSync(join(place, 'reference.onnx')));
  const { parity, worst } = await parityOf(model, reference);
  const scratch = mkdtempSync(join(tmpdir(), 'exporters-'));
  try {
    const [run, data] = [join(scratch, 'run'), join(place, 'data.npz')];
    const feed = feedsOf(graphOf(model))[0]!.name;
    const inspected = await inspectModel(model, runtime, { [feed]: reference.input.dims.slice(1) });
    const options = [
      '--epochs',
      '1',
      '--batch-size',
      '4',
      '--sampler',
      'shuffled',
      '--lr',
      '0.001',
      '--codec',
      'float32',
    ];
    const trained = command(['train', '--model', path, '--data', data, '--out', run, ...options]) as Run | string;
    const traced =
      typeof trained === 'string'
        ? 'not tried'
        : (command(['trace', run, '--input', `${data}@0`, '--out', join(scratch, 'trace')]) as Trace | string);
    return {
      note,
      opset: inspected.opset,
      nodes: graphOf(model).node.length,
      inspected: inspected.obstacle ?? 'no obstacle',
      parity,
      worst,
      trained: typeof trained === 'string' ? trained : `${trained.steps} steps`,
      traced: typeof traced === 'string' ? traced : tracedText(traced),
    };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

interface Run {
  readonly steps: number;
}

interface Trace {
  readonly queries: readonly { readonly layers: readonly { readonly completenessError: number }[] }[];
}

function tracedText({ queries }: Trace): string {
  const layers = queries[0]?.layers ?? [];
  const unexplained = Math.max(...layers.map(({ completenessError }) => completenessError));
  return `${layers.length} layers, unexplained ≤ ${unexplained.toExponential(0)}`;
}

/** Runs a command of ours. @returns its result, or its last line of complaint */
function command(args: readonly string[]): unknown {
  try {
    const text = execFileSync(process.execPath, ['dist/cli/main.js', ...args, '--json', '--quiet'], {
      encoding: 'utf8',
      maxBuffer: 2 ** 30,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return JSON.parse(text) as unknown;
  } catch (error) {
    const { stderr } = error as { stderr?: string };
    return stderr?.trim().split('\n').at(-1) ?? String(error);
  }
}

async function parityOf(model: Model, reference: ExportReference): Promise<{ parity: string; worst: number | null }> {
  try {
    const references = [reference, ...(reference.batch ? [reference.batch] : [])];
    const errors: number[] = [];
    for (const wanted of references) {
      const ours = await lossGradients(model, wanted, runtime, wanted === reference.batch);
      const { loss, worst, worstWeight, missing } = compareGradients(ours, wanted);
      if (!(loss < LIMIT)) return { parity: `loss differs by ${loss.toExponential(1)}`, worst: null };
      if (missing.length > 0) return { parity: `no gradient to ${missing.join(', ')}`, worst: null };
      if (!(worst < LIMIT)) return { parity: `${worst.toExponential(1)} at ${worstWeight}`, worst };
      errors.push(worst);
    }
    if (reference.gradients.size === 0) return { parity: 'loss equal', worst: null };
    return {
      parity: errors.map((error) => error.toExponential(1)).join(', batch statistics '),
      worst: Math.max(...errors),
    };
  } catch (error) {
    return { parity: (error as Error).message, worst: null };
  }
}

/** What stands above the table: how to export, which is written by hand. */
function writtenByHand(): string {
  return readFileSync(PAGE, 'utf8').split('\n\nMade by a command;')[0]!;
}

function page(found: readonly Finding[]): string {
  const versions = new Map(found.flatMap(({ note }) => Object.entries(note.versions)));
  const cell = (text: string) => text.replace(/\|/g, '\\|');
  const rows = found
    .toSorted((a, b) => a.note.model.localeCompare(b.note.model) || a.note.exporter.localeCompare(b.note.exporter))
    .map(({ note, opset, nodes, parity, trained, traced }) => {
      const parameters = note.parameters === 0 ? '' : `${note.covered} of ${note.parameters}`;
      const own = note.float32 === null ? '' : note.float32.toExponential(1);
      return `| ${[note.model, note.exporter, opset, nodes, parameters, parity, own, trained, traced].map((value) => cell(String(value))).join(' | ')} |`;
    });
  const measured = found.filter(({ note }) => note.parameters > 0);
  const good = measured.filter(({ worst }) => worst !== null && worst < LIMIT).length;
  const worst = Math.max(...measured.map(({ worst: error }) => error ?? Infinity));
  const trains = found.filter(({ trained }) => /^\d+ steps$/.test(trained)).length;
  const traces = found.filter(({ traced }) => /^\d+ layers/.test(traced)).length;
  return `${writtenByHand()}

Made by a command; do not edit:

\`\`\`
python scripts/fixtures/exporters <folder>
python scripts/fixtures/exporters <folder> vit-tiny bert-tiny --families torch --exporters dynamo-23
npm run build && npx tsx scripts/exporters-table.ts <folder>
\`\`\`

${found.length} exports with random weights and a few random examples (${[...versions].map(([name, version]) => `${name} ${version}`).join(', ')}).
${measured.length} have gradients to compare with: ${good} are within ${LIMIT.toExponential(0)}, the worst at ${worst.toExponential(1)}. ${trains} train and ${traces} trace.

- _Parameters_: how many of the framework's parameters stand behind the compared weights. An exporter may fold several into
  one (a batch normalisation into the convolution before it); the reference is then folded in the same way.
- _Parity_: the largest ‖g − g*‖ / ‖g*‖ over the weights, for the mean cross entropy of four examples. g is ours, through
  the rewrites that training makes, in float32; g* is PyTorch's autograd in float64 (Keras's own in float32), in eval mode.
  Exports in training mode are compared twice: with the running statistics, and with those of the batch (not DenseNet-121:
  on the statistics of four examples PyTorch's float32 is 1.5e-3 away from its float64). A gradient that
  is zero but for rounding (a bias of attention's keys) is measured against the norm of the whole gradient.
- _PyTorch float32_: the same for PyTorch's own gradients in float32. The examples are drawn until it agrees with float64:
  where one ReLU's input is zero but for rounding, PyTorch is 1e-2 away from itself. For the same reason ResNet-50 starts
  near the identity (\`zero_init_residual\`): 50 layers of random weights amplify rounding to 1e-4 and more.
- _Trained_, _traced_: \`onnx-explain train\` on twelve examples (with \`--codec float32\`, so that the log loses nothing)
  and \`onnx-explain trace\` of one, as processes; how many layers the trace takes apart, and the largest part of a layer's
  pre-activation that it leaves unexplained.

| model | exporter | opset | nodes | parameters | parity | PyTorch float32 | trained | traced |
| --- | --- | --- | --- | --- | --- | --- | --- | --- |
${rows.join('\n')}
`;
}
