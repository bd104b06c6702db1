/**
 * Times every lowering of a convolution's gradients and says which one the cost rule picks.
 * Run: npx tsx scripts/bench/conv-lowerings.ts [--cpu] [part of a layer's name]
 *
 * Wall time on two threads, or with --cpu the processor time of one thread, which other load on the machine hardly
 * changes. The least of several runs counts.
 */
import type { BackwardContext } from '../../src/autodiff/gradient.js';
import { emitBackward, emitForward } from '../../src/autodiff/differentiate.js';
import { cheapest, convGeometry, type ConvGeometry, type Lowering } from '../../src/autodiff/conv/geometry.js';
import { UNTRAINED_INPUT_LOWERINGS, WEIGHT_LOWERINGS } from '../../src/autodiff/conv/table.js';
import { GraphBuilder, makeNode, type Attributes } from '../../src/graph/builder.js';
import { BATCH, valuesOf, type ValueType } from '../../src/graph/values.js';
import { encodeModel } from '../../src/onnx/codec.js';
import { nodeRuntime } from '../../src/runtime/node.js';
import { elementCount, float32, type Tensor } from '../../src/tensor.js';

const EXAMPLES = 128;
/** Runs of a lowering: as many as fit into this many milliseconds, but at least four. */
const BUDGET = 1500;
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
  layer(128, 128, 16, 3, 1),
  layer(256, 256, 8, 3, 1),
  layer(512, 512, 4, 3, 1),
  layer(512, 512, 2, 3, 1),
];

function uniform(dims: readonly number[]): Tensor {
  return float32(
    Float32Array.from({ length: elementCount(dims) }, () => Math.random() - 0.5),
    dims,
  );
}

/** Fastest of several runs, in milliseconds. */
async function time(
  l: Layer,
  target: 'x' | 'w',
  lowering: Lowering,
): Promise<{ ms: number; geometry: ConvGeometry } | undefined> {
  const out = Math.floor((l.size + 2 * l.pad - l.kernel) / l.stride) + 1;
  const dims = {
    x: [EXAMPLES, l.channels, l.size, l.size],
    w: [l.filters, l.channels, l.kernel, l.kernel],
    y: [EXAMPLES, l.filters, out, out],
  };
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
  const rule = {
    op: 'Conv',
    forward: () => ({}),
    backward: (context: BackwardContext) => {
      geometry = convGeometry(context);
      if (!lowering.applies(geometry)) return [];
      const gradient = lowering.emit(context, geometry);
      return target === 'x' ? [gradient] : [undefined, gradient];
    },
  };
  const tape = emitForward(g, [makeNode('Conv', ['x', 'w'], ['y'], attributes)], values, [target], () => rule);
  const gradient = emitBackward(g, tape, new Map([['y', dy]]), [target]).get(target);
  if (gradient === undefined) return undefined;
  // One element comes out: the copy of a whole gradient would be timed too.
  const first = g.op('Slice', [g.op('Reshape', [gradient, g.ints([-1])]), g.ints([0]), g.ints([1])]);
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
for (const [title, target, lowerings] of [
  ['dx', 'x', UNTRAINED_INPUT_LOWERINGS],
  ['dW', 'w', WEIGHT_LOWERINGS],
] as const) {
  console.log(`\n| ${title}, ms | ${lowerings.map(({ name }) => name).join(' | ')} | picked/best |`);
  console.log(`|${' --- |'.repeat(lowerings.length + 2)}`);
  for (const l of LAYERS.filter(({ name }) => name.includes(wanted))) {
    const results: ({ ms: number; geometry: ConvGeometry } | undefined)[] = [];
    for (const lowering of lowerings) results.push(await time(l, target, lowering));
    const geometry = results.find((result) => result)!.geometry;
    const picked = cheapest(lowerings, geometry);
    const best = Math.min(...results.map((result) => result?.ms ?? Infinity));
    const cells = results.map((result, i) => {
      if (!result) return '–';
      const text = result.ms.toFixed(2);
      return lowerings[i] === picked ? `**${text}**` : text;
    });
    const ratio = results[lowerings.indexOf(picked)]!.ms / best;
    console.log(`| ${l.name} | ${cells.join(' | ')} | ${ratio.toFixed(2)} |`);
  }
}
