/** Which shard a process is. */
import { expect, test } from '@jest/globals';
import { whichShard, type ShardChoice } from '../../src/shards/which.js';

const K8S = (index: string) => ({ JOB_COMPLETION_INDEX: index });
const SLURM = (id: string, least?: string) => ({ SLURM_ARRAY_TASK_ID: id, SLURM_ARRAY_TASK_MIN: least });

test.each<[ShardChoice, Record<string, string | undefined>, unknown]>([
  [{}, {}, undefined],
  // A job of many that does not divide its work.
  [{}, K8S('3'), undefined],
  [{ shard: '1/1' }, {}, { shard: 1, of: 1 }],
  [{ shard: '7/8' }, K8S('0'), { shard: 7, of: 8 }],
  [{ shard: '7/8', shards: 8 }, {}, { shard: 7, of: 8 }],
  [{ shards: 4 }, K8S('0'), { shard: 1, of: 4 }],
  [{ shards: 4 }, K8S('3'), { shard: 4, of: 4 }],
  [{ shards: 4 }, SLURM('0'), { shard: 1, of: 4 }],
  [{ shards: 4 }, SLURM('5', '2'), { shard: 4, of: 4 }],
])('%j with %j', (choice, environment, expected) => {
  expect(whichShard(choice, environment)).toEqual(expected);
});

test.each<[ShardChoice, Record<string, string | undefined>, RegExp]>([
  [{ shard: '0/3' }, {}, /`shard` 0\/3: expected a number and how many there are, such as 1\/8/],
  [{ shard: '4/3' }, {}, /`shard` 4\/3/],
  [{ shard: '1' }, {}, /`shard` 1:/],
  [{ shard: '1/2/3' }, {}, /`shard` 1\/2\/3/],
  [{ shard: '-1/3' }, {}, /`shard` -1\/3/],
  [{ shard: '1/1000000' }, {}, /`shard` 1\/1000000/],
  [{ shard: '1/3', shards: 4 }, {}, /`shards` says that there are 4/],
  [{ shards: 0 }, K8S('0'), /`shards` 0: expected a whole number from 1/],
  [{ shards: 1.5 }, K8S('0'), /`shards` 1\.5/],
  [{ shards: 4 }, {}, /no scheduler says which of them this is \(JOB_COMPLETION_INDEX or SLURM_ARRAY_TASK_ID\)/],
  [{ shards: 4 }, K8S('4'), /JOB_COMPLETION_INDEX=4: `shards` 4 are numbered 0 to 3; plan as many as the job has/],
  [{ shards: 4 }, K8S('x'), /JOB_COMPLETION_INDEX=x/],
  [{ shards: 4 }, SLURM('1', '2'), /SLURM_ARRAY_TASK_ID=1: `shards` 4 are numbered 2 to 5/],
])('%j with %j is refused', (choice, environment, message) => {
  expect(() => whichShard(choice, environment)).toThrow(message);
});
