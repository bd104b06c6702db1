import { encodeModel } from '../../src/onnx/codec.js';
import { GraphBuilder } from '../../src/graph/builder.js';
import { nodeRuntime } from '../../src/runtime/node.js';
import type { Runtime } from '../../src/runtime/runtime.js';
import { shareSessions } from '../../src/runtime/shared-sessions.js';
import { float32 } from '../../src/tensor.js';

/** x + term */
function adding(term: number): Uint8Array {
  const g = new GraphBuilder();
  g.output(g.rename(g.op('Add', [g.input('x', 'float32', ['n']), g.scalar(term)]), 'y'), 'float32', ['n']);
  return encodeModel(g.model());
}

/** The real runtime, and how many of its sessions were made and released. */
function counting(): { runtime: Runtime; counts: { made: number; released: number } } {
  const counts = { made: 0, released: 0 };
  const own = nodeRuntime({ threads: 1 });
  const createSession: Runtime['createSession'] = async (model, options) => {
    const session = await own.createSession(model, options);
    counts.made++;
    return {
      ...session,
      release: async () => {
        counts.released++;
        await session.release();
      },
    };
  };
  return { runtime: { ...own, createSession }, counts };
}

const run = async (runtime: Runtime, term: number) => {
  const session = await runtime.createSession(adding(term));
  const { y } = await session.run({ x: float32([1, 2]) });
  return { session, y: Array.from(y!.data as Float32Array) };
};

describe('shared sessions', () => {
  test('equal graphs have one session, also while it is made; others have their own', async () => {
    const { runtime, counts } = counting();
    const shared = shareSessions(runtime);
    const found = await Promise.all([1, 1, 2].map((term) => run(shared.runtime, term)));
    expect(found.map(({ y }) => y)).toEqual([
      [2, 3],
      [2, 3],
      [3, 4],
    ]);
    expect(counts).toEqual({ made: 2, released: 0 });
    for (const { session } of found) await session.release();
    // Whoever is done with a session leaves it for the next.
    expect((await run(shared.runtime, 2)).y).toEqual([3, 4]);
    expect(counts).toEqual({ made: 2, released: 0 });
    await shared.release();
    expect(counts).toEqual({ made: 2, released: 2 });
  });

  test('of sessions that nobody has, the sixteen that were used last are kept', async () => {
    const { runtime, counts } = counting();
    const shared = shareSessions(runtime);
    const held = await run(shared.runtime, 0);
    for (let term = 1; term <= 20; term++) await (await run(shared.runtime, term)).session.release();
    expect(counts).toEqual({ made: 21, released: 4 });
    await (await run(shared.runtime, 20)).session.release();
    expect(counts.made).toBe(21);
    await (await run(shared.runtime, 1)).session.release();
    expect(counts.made).toBe(22);
    // What is held is not released, however long ago it was asked for, and a second release of it counts for nothing.
    expect((await held.session.run({ x: float32([5]) })).y!.data).toEqual(new Float32Array([5]));
    await held.session.release();
    await held.session.release();
    await shared.release();
    expect(counts.released).toBe(counts.made);
  });

  test('a graph that is refused is refused again, and one of other options is another', async () => {
    const { runtime, counts } = counting();
    const shared = shareSessions(runtime);
    for (let i = 0; i < 2; i++) {
      await expect(shared.runtime.createSession(new Uint8Array([1, 2, 3]))).rejects.toThrow(/ONNX Runtime refuses/);
    }
    await shared.runtime.createSession(adding(1), { memoryPattern: false });
    await shared.runtime.createSession(adding(1));
    expect(counts.made).toBe(2);
    await shared.release();
    expect(counts.released).toBe(2);
  });
});
