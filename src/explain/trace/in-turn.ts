/** Runs passes over a log one after the other, each prepared while the steps of the one before it are measured. */
import type { TraceLayer } from '../../results/trace.js';
import { partly } from '../../shards/division.js';
import type { LayerPass } from './trace-layer.js';

/**
 * What passes come to, in their order; undefined in a shard, which has a part of each.
 * @param begins begins each pass
 * @param overlap whether a pass is begun before the one before it has ended: where other threads measure its steps, this one
 *   would wait for them otherwise
 */
export async function* inTurn(
  begins: readonly (() => Promise<LayerPass>)[],
  overlap: boolean,
): AsyncGenerator<TraceLayer[] | undefined> {
  let next: Promise<LayerPass> | undefined;
  const beginNext = (i: number) => {
    next = begins[i]?.();
    // Looked at when its turn comes; until then a failure is no unhandled one.
    next?.catch(() => undefined);
  };
  try {
    for (let i = 0; i < begins.length; i++) {
      if (!next) beginNext(i);
      const pass = await next!;
      next = undefined;
      try {
        if (overlap) beginNext(i + 1);
        yield await partly(() => pass.finish());
      } finally {
        await pass.close();
      }
    }
  } finally {
    await next?.then(
      (pass) => pass.close(),
      () => undefined,
    );
  }
}
