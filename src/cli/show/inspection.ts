/** Inspections as text. */
import { bytesText, shapeText } from '../../data/printable.js';
import type { ModelInspection } from '../../inspect/inspect-model.js';
import type { RunInspection } from '../../inspect/inspect-run.js';
import { RUN_FILES } from '../../run/manifest.js';
import { styled } from '../colour.js';
import { numbers, type Cell } from '../table.js';
import type { Terminal } from '../terminal.js';

/** Prints a model: inputs, outputs, layers, and every node of which something is not possible (or, on request, all). */
export function showModel(ui: Terminal, path: string, inspection: ModelInspection, allNodes: boolean): void {
  const { producer, opset, inputs, outputs, layers, nodes, totals, obstacle, invalid } = inspection;
  ui.verdict(
    `${path}: opset ${opset}${producer ? `, from ${producer}` : ''}, ${totals.nodes} nodes, ${bytesText(totals.bytes)}`,
  );
  const value = (dims: readonly (number | string)[] | undefined) => (dims ? `[${dims.join(', ')}]` : '?');
  for (const { name, type, dims } of inputs) ui.print(`input   ${name}: ${type} ${value(dims)}`);
  for (const { name, type, dims } of outputs) ui.print(`output  ${name}: ${type} ${value(dims)}`);
  const count = (number: number) => number.toLocaleString('en-US');
  ui.print(`${count(totals.parameters)} parameters, ${count(totals.traceable)} of them in traceable layers`);
  if (obstacle !== undefined && !invalid)
    ui.verdict([styled('cannot be trained as it is', 'warning'), `: ${obstacle}`]);
  ui.print('');
  const rows = layers.map(({ index, name, op, weight, weightDims, bias, parameters, trainable, outputDims }) => {
    const shape = `${shapeText(weightDims)}${bias === undefined ? '' : ' + bias'}`;
    return [index, name, op, weight, shape, parameters, value(outputDims), trainable ? 'yes' : 'frozen'];
  });
  ui.table(['#', 'layer', 'op', 'weight', 'shape', 'parameters', 'output', 'trained'], rows);

  const shown = nodes.filter(
    ({ forward, differentiable, traceable }) =>
      allNodes || forward !== true || differentiable !== true || (traceable !== undefined && traceable !== true),
  );
  if (shown.length === 0) {
    if (obstacle !== undefined) return;
    ui.print('');
    ui.print('every node can be computed and differentiated (--nodes lists them)');
    return;
  }
  ui.print('');
  const verdict = (answer: true | string | undefined) => (answer === true ? 'yes' : (answer ?? ''));
  const nodeRows = shown.map(({ name, op, forward, differentiable, traceable }) => {
    return [name, op, verdict(forward), verdict(differentiable), verdict(traceable)];
  });
  ui.table(['node', 'op', 'forward', 'differentiable', 'traceable'], nodeRows);
}

/** Prints a run: its log, layers, epochs, and the proof of the log where that was asked for. */
export function showRun(
  ui: Terminal,
  path: string,
  { manifest, layers, untraced, logBytes, denseBytes, loggedSteps, warnings, checks }: RunInspection,
): void {
  const { data, epochs, status, seed } = manifest;
  const say = checks ? ui.print : ui.verdict;
  say(`${path}: ${status}, ${loggedSteps} logged steps, seed ${seed}, data ${data.spec} (${data.examples} examples)`);
  for (const warning of warnings) ui.notice(warning, 'warning');
  if (manifest.files.some(({ path: file }) => file === RUN_FILES.sampleWeights)) {
    ui.print(`examples weigh in the loss as ${RUN_FILES.sampleWeights} says`);
  }
  const { corrections } = manifest.input;
  if (corrections) {
    ui.print(`${corrections.relabelled.length} examples were relabelled, ${corrections.dropped.length} dropped`);
  }
  ui.print(
    `log: ${bytesText(logBytes)}, ${(denseBytes / Math.max(1, logBytes)).toFixed(1)}× smaller than plain float32`,
  );
  ui.print('');
  const rows = layers.map((layer, i) => {
    const [weight, bias] = layer.tensors;
    const shape = `${shapeOf(weight!)}${bias ? ' + bias' : ''}`;
    return [i, layer.name, layer.op, shape, layer.parameters, codecText(layer)];
  });
  // Without a number, as no trace can name them.
  for (const { name, op, tensors, parameters, ...how } of untraced) {
    rows.push(['', name, op, tensors.map(shapeOf).join(' + '), parameters, codecText(how)]);
  }
  ui.table(['#', 'layer', 'op', 'weight', 'parameters', 'codec'], rows);
  if (epochs.length > 0) {
    ui.print('');
    const percent = (share: number | undefined) => (share === undefined ? '' : `${(100 * share).toFixed(2)} %`);
    const results = epochs.map(({ epoch, step, trainLoss, testLoss, testAccuracy, atChance }) => {
      const reached = percent(testAccuracy) + (atChance ? ' (at chance)' : '');
      return [epoch, step, trainLoss.toFixed(4), testLoss?.toFixed(4) ?? '', reached];
    });
    ui.table(['epoch', 'step', ...['train loss', 'test loss', 'test accuracy'].map(numbers)], results);
  }
  if (!checks) return;
  ui.print('');
  const verified = checks.map((check): Cell[] => {
    const sizes = [check.error, check.reportedError, check.unexplained].map((value) => value.toExponential(2));
    return [check.tensor, check.codec, ...sizes, check.passed ? styled('yes', 'good') : styled('NO', 'bad')];
  });
  ui.table(['tensor', 'codec', ...['error', 'reported', 'unexplained'].map(numbers), 'verified'], verified);
  const failed = checks.filter(({ passed }) => !passed).length;
  ui.verdict(
    failed === 0
      ? styled(`the log adds up to all ${checks.length} trained tensors`, 'good')
      : styled(`the log does not add up to ${failed} of ${checks.length} trained tensors`, 'bad'),
  );
}

const codecText = ({ codec, rank }: { readonly codec: string; readonly rank?: number | undefined }) =>
  rank === undefined ? codec : `${codec} ${rank}`;

const shapeOf = ({ dims }: { readonly dims: readonly number[] }) => `[${dims.join(', ')}]`;
