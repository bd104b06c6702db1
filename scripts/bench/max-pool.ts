/**
 * Times every form of MaxPool with its gradient, and of the gradient of that, and says which one is taken.
 * Run: npx tsx scripts/bench/max-pool.ts [--cpu] [part of a pool's name]
 *
 * Wall time on two threads, or with --cpu the processor time of one thread, which other load on the machine hardly
 * changes. The least of several runs counts.
 */
import { emitBackward, emitForward, registeredRule, type RuleFor } from '../../src/autodiff/differentiate.js';
import type { MaxPoolForm } from '../../src/autodiff/max-pool/form.js';
import { formFor, MAX_POOL_FORMS } from '../../src/autodiff/max-pool/table.js';
import { GraphBuilder, makeNode, type Attributes } from '../../src/graph/builder.js';
import { BATCH, inferValues } from '../../src/graph/values.js';
import { encodeModel } from '../../src/onnx/codec.js';
import { nodeRuntime } from '../../src/runtime/node.js';
import { elementCount, float32, type Tensor } from '../../src/tensor.js';

const EXAMPLES = 128;
/** Runs of a form: as many as fit into this many milliseconds, but at least six. */
const BUDGET = 1000;
const byProcessor = process.argv.includes('--cpu');
const wanted = process.argv.slice(2).find((argument) => argument !== '--cpu') ?? '';
const runtime = nodeRuntime({ threads: byProcessor ? 1 : 2 });

/** Channels and size of the input, and the pool. */
type Pool = readonly [number, readonly number[], Attributes];

const square = (kernel: number, stride: number, pad = 0): Attributes => ({
  kernel_shape: [kernel, kernel],
  strides: [stride, stride],
  pads: [pad, pad, pad, pad],
});

const POOLS: readonly Pool[] = [
  [6, [28, 28], square(2, 2)],
  [16, [10, 10], square(2, 2)],
  [64, [32, 32], square(2, 2)],
  [128, [16, 16], square(2, 2)],
  [256, [8, 8], square(2, 2)],
  [512, [4, 4], square(2, 2)],
  [512, [2, 2], square(2, 2)],
  [32, [27, 27], square(3, 3)],
  [16, [28, 28], square(2, 2)],
  [32, [28, 28], square(2, 2)],
  [32, [14, 14], square(2, 2)],
  [64, [14, 14], square(2, 2)],
  [32, [27, 27], square(2, 2)],
  [64, [33, 33], square(2, 3)],
  [32, [512], { kernel_shape: [4], strides: [4] }],
  [16, [8, 16, 16], { kernel_shape: [2, 2, 2], strides: [2, 2, 2] }],
];

/** What is built: y and dx; or besides the gradient of ⟨dx, λ⟩ to dy. */
async function build(dims: readonly number[], attributes: Attributes, form: MaxPoolForm, twice: boolean) {
  let taken: MaxPoolForm | undefined;
  const node = makeNode('MaxPool', ['x'], ['y'], attributes);
  const ruleFor: RuleFor = (given) =>
    given.opType === 'MaxPool'
      ? {
          forward: (context) => {
            taken = formFor(context);
            return form.forward(context);
          },
          backward: (context) => [form.backward(context)],
        }
      : registeredRule(given);
  const open = [BATCH, ...dims.slice(1)];
  const bare = new GraphBuilder();
  bare.input('x', 'float32', open);
  bare.add(node);
  const values = await inferValues(bare.model(), runtime);
  const pool = new GraphBuilder();
  pool.input('x', 'float32', open);
  const tape = emitForward(pool, [node], values, ['x'], ruleFor);
  pool.input('dy', 'float32', values.of('y').dims);
  const dx = emitBackward(pool, tape, new Map([['y', 'dy']]), ['x']).get('x')!;
  if (!twice) return { g: pool, outputs: ['y', dx], isTaken: taken === form };
  const known = await inferValues(pool.model(), runtime);
  const g = new GraphBuilder({ prefix: 'twice/' });
  for (const name of ['x', 'dy']) g.input(name, 'float32', known.of(name).dims);
  for (const stored of pool.graph.initializer) g.store(stored);
  const again = emitForward(g, pool.graph.node, known, ['dy'], ruleFor);
  g.input('lambda', 'float32', open);
  const second = emitBackward(g, again, new Map([[dx, 'lambda']]), ['dy']).get('dy')!;
  return { g, outputs: ['y', second], isTaken: taken === form };
}

async function time([channels, sizes, attributes]: Pool, form: MaxPoolForm, twice: boolean): Promise<string> {
  const dims = [EXAMPLES, channels, ...sizes];
  const { g, outputs, isTaken } = await build(dims, attributes, form, twice);
  for (const name of outputs) {
    // One element comes out: the copy of a whole gradient would be timed too.
    g.output(g.op('Slice', [g.op('Reshape', [name, g.ints([-1])]), g.ints([0]), g.ints([1])]), 'float32');
  }
  const session = await runtime.createSession(encodeModel(g.model()));
  // Half of what a ReLU lets through is 0.
  const x = noise(dims, (value) => Math.max(value, 0));
  const pooled = sizes.map((size, i) => {
    const [kernel, stride, pad] = ['kernel_shape', 'strides', 'pads'].map((key) => (attributes[key] as number[])?.[i]);
    return Math.floor((size + 2 * (pad ?? 0) - kernel!) / stride!) + 1;
  });
  const all: Record<string, Tensor> = { x, dy: noise([EXAMPLES, channels, ...pooled]), lambda: noise(dims) };
  const feeds = Object.fromEntries(session.inputs.map(({ name }) => [name, all[name]!]));
  let least = Infinity;
  for (let run = 0, spent = 0; run < 6 || spent < BUDGET; run++) {
    const [before, start] = [process.cpuUsage(), performance.now()];
    await session.run(feeds);
    const elapsed = performance.now() - start;
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, byProcessor ? (user + system) / 1000 : elapsed);
    spent += elapsed;
  }
  await session.release();
  return isTaken ? `**${least.toFixed(2)}**` : least.toFixed(2);
}

function noise(dims: readonly number[], of: (value: number) => number = (value) => value): Tensor {
  return float32(
    Float32Array.from({ length: elementCount(dims) }, () => of(Math.random() - 0.5)),
    dims,
  );
}

for (const twice of [false, true]) {
  console.log(
    `\n| ${twice ? 'gradient of the gradient' : 'y and dx'}, ms | ${MAX_POOL_FORMS.map(({ name }) => name).join(' | ')} |`,
  );
  console.log(`|${' --- |'.repeat(MAX_POOL_FORMS.length + 1)}`);
  for (const pool of POOLS) {
    const [channels, sizes, attributes] = pool;
    const name = `${(attributes.kernel_shape as number[]).join()} /${(attributes.strides as number[]).join()} of ${channels} @ ${sizes.join('×')}`;
    if (!name.includes(wanted)) continue;
    const cells: string[] = [];
    for (const form of MAX_POOL_FORMS) cells.push(await time(pool, form, twice));
    console.log(`| ${name} | ${cells.join(' | ')} |`);
  }
}
