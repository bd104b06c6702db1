/** Attributions block by block: what shards divide, and what shares a call whatever becomes of it. */
import * as v from 'valibot';
import type { Division } from '../../shards/division.js';
import type { Attribution, Example, Method, OpenMethod } from './method.js';

/** Inputs in a block: enough for calls to be worth their while, few enough to be divided. */
const BLOCK = 16;

/** A method that is asked for. */
export interface BlockTask {
  readonly method: Method;
  readonly open: OpenMethod;
}

/**
 * Explains examples by methods, one behind the other.
 * @param onMethod told when one of them is begun
 * @returns for each method one attribution for each example, in their order
 */
export async function attributeInBlocks(
  tasks: readonly BlockTask[],
  examples: readonly Example[],
  division: Division,
  onMethod: (method: Method, place: number) => void,
): Promise<Attribution[][]> {
  const found = tasks.map((): Attribution[] => []);
  const blocks = tasks.flatMap(({ method }, task) => blocksOf(method, examples).map((members) => ({ task, members })));
  const units = division.units({
    name: 'attributions',
    schema,
    compute: async function* (isOwn) {
      let last: number | undefined;
      for (const [unit, { task, members }] of blocks.entries()) {
        const { method, open } = tasks[task]!;
        if (task !== last) {
          // Its weights make room for the next one's.
          if (last !== undefined) await tasks[last]!.open.release();
          onMethod(method, task);
          last = task;
        }
        if (isOwn(unit)) yield await open.attribute(members);
      }
    },
  });
  let block = 0;
  for await (const attributions of units) found[blocks[block++]!.task]!.push(...attributions);
  return found;
}

function blocksOf({ isJoint = false }: Method, examples: readonly Example[]): (readonly Example[])[] {
  if (isJoint) return [examples];
  return Array.from({ length: Math.ceil(examples.length / BLOCK) }, (_, i) =>
    examples.slice(i * BLOCK, (i + 1) * BLOCK),
  );
}

/** What everything that follows looks at; the rest is the method's own. */
const schema = v.array(
  v.looseObject({ map: v.instance(Float32Array), shape: v.array(v.number()), output: v.number() }),
) as unknown as v.GenericSchema<unknown, Attribution[]>;
