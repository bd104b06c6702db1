import { ghostDrawer } from './ghosts.js';
import type { Batch, Sampler } from './sampler.js';

/** Ordinary mini-batches: all classes mixed; the last batch of an epoch may be short. */
export const shuffled: Sampler = {
  name: 'shuffled',
  planEpoch: (task, random) => {
    const draw = ghostDrawer(task, random);
    const order = random.shuffle(Int32Array.from(task.labels.keys()));
    const size = task.batchSize - task.ghostSize;
    const batches: Batch[] = [];
    for (let start = 0; start < order.length; start += size) {
      batches.push({ examples: order.subarray(start, start + size), ghosts: draw(), label: -1 });
    }
    return batches;
  },
};
