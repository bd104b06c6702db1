/**
 * Times every lowering of a convolution and of its gradients, and says which one the cost rule picks and what it expected of each.
 * Run: npx tsx scripts/bench/conv-lowerings.ts [--cpu] [part of a layer's name]
 *
 * A cell has milliseconds and, in brackets, the cost: milliseconds too, were a thread to do 10¹¹ multiply–adds a second.
 * Wall time on two threads, or with --cpu the processor time of one thread, which other load on the machine hardly
 * changes. The least of several runs counts.
 */
import { emitForward } from '../../src/autodiff/differentiate.js';
import {
  cheapest,
  convGeometry,
  sharing,
  type Candidate,
  type ConvGeometry,
} from '../../src/autodiff/conv/geometry.js';
import { NEWEST } from '../../src/autodiff/conv/table.js';
import type { NodeContext } from '../../src/autodiff/gradient.js';
import { GraphBuilder, makeNode, type Attributes } from '../../src/graph/builder.js';
import { BATCH, valuesOf, type ValueType } from '../../src/graph/values.js';
import { encodeModel } from '../../src/onnx/codec.js';
import { nodeRuntime } from '../../src/runtime/node.js';
import { elementCount, float32, type Tensor } from '../../src/tensor.js';

const EXAMPLES = 128;
/** Runs of a lowering: as many as fit into this many milliseconds, but at least four. */
const BUDGET = 500;
const byProcessor = process.argv.includes('--cpu');
const runtime = nodeRuntime({ threads: byProcessor ? 1 : 2 });

/** Milliseconds that a call takes. */
async function clock(call: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  const start = performance.now();
  await call();
  const elapsed = performance.now() - start;
  const { user, system } = process.cpuUsage(before);
  return byProcessor ? (user + system) / 1000 : elapsed;
}

interface Layer {
  readonly name: string;
  readonly channels: number;
  readonly filters: number;
  readonly size: number;
  readonly kernel: number;
  readonly pad: number;
  readonly stride: number;
}

function layer(channels: number, filters: number, size: number, kernel: number, pad: number, stride = 1): Layer {
  const steps = stride === 1 ? '' : ` /${stride}`;
  return {
    name: `${channels}→${filters} ${kernel}×${kernel} @ ${size}${steps}`,
    channels,
    filters,
    size,
    kernel,
    pad,
    stride,
  };
}

const LAYERS = [
  layer(1, 6, 28, 5, 2),
  layer(6, 16, 14, 5, 0),
  layer(1, 16, 28, 5, 2),
  layer(16, 32, 14, 5, 0),
  layer(1, 32, 28, 3, 1),
  layer(3, 64, 32, 3, 1),
  layer(32, 64, 14, 3, 1),
  layer(64, 64, 32, 3, 1),
  layer(64, 128, 32, 1, 0),
  layer(64, 128, 32, 3, 1, 2),
  layer(64, 128, 32, 1, 0, 2),
  layer(64, 128, 16, 3, 1),
  layer(128, 128, 16, 3, 1),
  layer(128, 128, 16, 3, 1, 2),
  layer(128, 256, 8, 3, 1),
  layer(256, 256, 8, 3, 1),
  layer(256, 512, 8, 3, 1, 2),
  layer(256, 512, 8, 1, 0, 2),
  layer(512, 512, 7, 3, 1),
  layer(256, 512, 4, 3, 1),
  layer(512, 512, 4, 3, 1),
  layer(512, 512, 2, 3, 1),
];

function uniform(dims: readonly number[]): Tensor {
  return float32(
    Float32Array.from({ length: elementCount(dims) }, () => Math.random() - 0.5),
    dims,
  );
}

/** What a layer is computed on. */
function dimsOf(l: Layer): Record<'x' | 'w' | 'y', number[]> {
  const out = Math.floor((l.size + 2 * l.pad - l.kernel) / l.stride) + 1;
  return {
    x: [EXAMPLES, l.channels, l.size, l.size],
    w: [l.filters, l.channels, l.kernel, l.kernel],
    y: [EXAMPLES, l.filters, out, out],
  };
}

/** Fastest of several runs, in milliseconds; undefined where the lowering does not apply. */
async function time(l: Layer, { lowering }: Candidate): Promise<{ ms: number; geometry: ConvGeometry } | undefined> {
  const dims = dimsOf(l);
  const attributes: Attributes = { pads: [l.pad, l.pad, l.pad, l.pad], strides: [l.stride, l.stride] };
  const known = new Map(
    Object.entries(dims).map(([name, sizes]): [string, ValueType] => {
      return [name, { type: 'float32', dims: name === 'w' ? sizes : [BATCH, ...sizes.slice(1)] }];
    }),
  );
  const g = new GraphBuilder();
  const values = valuesOf(g.graph, known);
  for (const name of ['x', 'w']) g.input(name, 'float32', values.of(name).dims);
  const dy = g.input('dy', 'float32', values.of('y').dims);
  let geometry: ConvGeometry | undefined;
  let result: string | undefined;
  const forward = (context: NodeContext) => {
    geometry = convGeometry(context);
    if (lowering.applies(geometry)) result = lowering.emit({ ...context, dy, shared: sharing() }, geometry);
    return {};
  };
  const node = makeNode('Conv', ['x', 'w'], ['y'], attributes);
  emitForward(g, [node], values, ['x', 'w'], () => ({ forward, backward: () => [] }));
  if (result === undefined) return undefined;
  // One element comes out: the copy of a whole gradient would be timed too.
  const first = g.op('Slice', [g.op('Reshape', [result, g.ints([-1])]), g.ints([0]), g.ints([1])]);
  g.output(first, 'float32');
  const session = await runtime.createSession(encodeModel(g.model()));
  const feeds = { x: uniform(dims.x), w: uniform(dims.w), dy: uniform(dims.y) };
  const used = Object.fromEntries(
    Object.entries(feeds).filter(([name]) => session.inputs.some((i) => i.name === name)),
  );
  let ms = Infinity;
  for (let run = 0, spent = 0; run < 4 || spent < BUDGET; run++) {
    const elapsed = await clock(() => session.run(used));
    ms = Math.min(ms, elapsed);
    spent += elapsed;
  }
  await session.release();
  return { ms, geometry: geometry! };
}

const wanted = process.argv.slice(2).find((argument) => argument !== '--cpu') ?? '';
const { output, input, weight } = NEWEST;
const tables: [string, readonly Candidate[]][] = [
  ['y', output],
  ['dx', input],
  ['dW', weight],
];
for (const [title, candidates] of tables) {
  console.log(`\n| ${title}, ms | ${candidates.map(({ lowering }) => lowering.name).join(' | ')} | picked/best |`);
  console.log(`|${' --- |'.repeat(candidates.length + 2)}`);
  for (const l of LAYERS.filter(({ name }) => name.includes(wanted))) {
    const results: ({ ms: number; geometry: ConvGeometry } | undefined)[] = [];
    for (const candidate of candidates) results.push(await time(l, candidate));
    const geometry = results.find((result) => result)!.geometry;
    const picked = cheapest(candidates, geometry);
    const best = Math.min(...results.map((result) => result?.ms ?? Infinity));
    const cells = results.map((result, i) => {
      if (!result) return '–';
      const { lowering, cost } = candidates[i]!;
      const text = `${result.ms.toFixed(2)} (${((cost(geometry) * EXAMPLES) / 100).toFixed(2)})`;
      return lowering === picked ? `**${text}**` : text;
    });
    const ratio = results[candidates.findIndex(({ lowering }) => lowering === picked)]!.ms / best;
    console.log(`| ${l.name} | ${cells.join(' | ')} | ${ratio.toFixed(2)} |`);
  }
}
