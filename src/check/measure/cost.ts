/** Time and memory of a model, in units that mean the same on every machine. */
import { GraphBuilder, makeNode } from '../../graph/builder.js';
import { encodeModel } from '../../onnx/codec.js';
import { storedTensors } from '../../onnx/stored-tensors.js';
import { elementTypeName, STORAGE } from '../../onnx/element-type.js';
import { feedsOf, graphOf, type Model } from '../../onnx/model.js';
import { dimsOf } from '../../onnx/tensor-proto.js';
import { valuesReadBy } from '../../onnx/validate.js';
import type { Runtime, Session } from '../../runtime/runtime.js';
import { elementCount, float32 } from '../../tensor.js';
import type { ProbeFeed } from './feeds.js';
import { runRows } from './run-rows.js';
import type { ValueShapes } from './value-shapes.js';

/** How fast a model is. */
export interface Speed {
  /** Of one example, in the fastest of several passes: what disturbs a machine only ever makes it slower. */
  readonly secondsPerProbe: number;
  /** Of a fixed piece of work on this machine at this time: what the model's time is measured in. */
  readonly referenceSeconds: number;
}

/** How often a pass is timed: so often at least, and more often while all passes together are short, where noise counts. */
const PASSES = 3;
const SHORT_MS = 40;
const MOST_PASSES = 100;

/** Passes on more examples than this say nothing more. */
const TIMED_PROBES = 2;

/** Measures a loaded model, and the machine right after. @param rows examples a call, as in `runRows` */
export async function measureSpeed(
  session: Session,
  feeds: readonly ProbeFeed[],
  fetches: readonly string[],
  runtime: Runtime,
  rows?: number,
): Promise<Speed> {
  const count = Math.min(TIMED_PROBES, feeds[0]?.dims[0] ?? 1);
  const seconds = await fastest(() => runRows(session, feeds, fetches, { count, rows }));
  return { secondsPerProbe: seconds / count, referenceSeconds: await referenceWork(runtime) };
}

/** Seconds of the fastest of several runs. */
async function fastest(run: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  let best = Infinity;
  for (let i = 0; i < PASSES || (i < MOST_PASSES && performance.now() - start < SHORT_MS); i++) {
    const began = performance.now();
    await run();
    best = Math.min(best, performance.now() - began);
  }
  return best / 1000;
}

/** Edge of the matrices of the reference work: some 34 million multiplications. */
const EDGE = 256;

/** The fastest of several products of two matrices, seconds. */
async function referenceWork(runtime: Runtime): Promise<number> {
  const g = new GraphBuilder();
  const x = g.input('x', 'float32', [EDGE, EDGE]);
  g.add(makeNode('MatMul', [x, x], ['square']));
  g.add(makeNode('MatMul', ['square', x], ['cube']));
  g.output('cube', 'float32', [EDGE, EDGE]);
  const session = await runtime.createSession(encodeModel(g.model()));
  try {
    const feeds = { x: float32(new Float32Array(EDGE * EDGE).fill(1 / EDGE), [EDGE, EDGE]) };
    return await fastest(() => session.run(feeds));
  } finally {
    await session.release();
  }
}

/**
 * Bytes that the model needs for one example: its weights, and the most that its values take at any one time when each is
 * freed after its last use. It follows from the graph alone, so it is the same on every machine.
 */
export function memoryOf(model: Model, shapes: ValueShapes): number {
  const graph = graphOf(model);
  const sizeOf = (name: string) => {
    const shape = shapes.of(name);
    if (!shape || !(shape.type in STORAGE)) return 0;
    const rows = shape.dims[0]! % shapes.batch === 0 ? shapes.batch : 1;
    return (elementCount(shape.dims) / rows) * STORAGE[shape.type as keyof typeof STORAGE].bytes;
  };
  const lastUse = new Map<string, number>();
  graph.node.forEach((node, at) => valuesReadBy(node).forEach((name) => lastUse.set(name, at)));
  for (const { name } of graph.output) lastUse.set(name, graph.node.length);
  const stored = new Set(graph.initializer.map(({ name }) => name));
  let live = feedsOf(graph).reduce((sum, { name }) => sum + sizeOf(name), 0);
  let most = live;
  graph.node.forEach((node, at) => {
    live += node.output.filter((name) => name !== '').reduce((sum, name) => sum + sizeOf(name), 0);
    most = Math.max(most, live);
    const done = new Set([...valuesReadBy(node), ...node.output]);
    for (const name of done)
      if (!stored.has(name) && name !== '' && (lastUse.get(name) ?? at) <= at) live -= sizeOf(name);
  });
  return weightBytes(model) + most;
}

function weightBytes(model: Model): number {
  let bytes = 0;
  for (const stored of storedTensors(model)) {
    const type = elementTypeName(stored.dataType);
    if (type && type !== 'string') bytes += elementCount(dimsOf(stored)) * STORAGE[type].bytes;
  }
  return bytes;
}
