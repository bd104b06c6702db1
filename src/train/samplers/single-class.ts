import { examplesByClass, ghostDrawer } from './ghosts.js';
import type { Batch, Sampler } from './sampler.js';

/**
 * Batches whose examples are all of one class, so that an update can be attributed to a class ([Pfahler & Morik 2021],
 * "Mini-Batch Training"). The class of each batch is drawn in proportion to what each class has left; the last batch of
 * a class may be short.
 */
export const singleClass: Sampler = {
  name: 'single-class',
  planEpoch: (task, random) => {
    const { labels, classes, batchSize, ghostSize } = task;
    const size = batchSize - ghostSize;
    const queues = examplesByClass(labels, classes).map((indices) => random.shuffle(indices));
    const used = new Int32Array(classes);
    const draw = ghostDrawer(task, random);
    const batches: Batch[] = [];
    for (let left = labels.length; left > 0;) {
      let ticket = random.below(left);
      let label = 0;
      while (ticket >= queues[label]!.length - used[label]!) {
        ticket -= queues[label]!.length - used[label]!;
        label++;
      }
      const examples = queues[label]!.subarray(used[label], used[label]! + size);
      used[label]! += examples.length;
      left -= examples.length;
      batches.push({ examples, ghosts: draw(), label });
    }
    return batches;
  },
};
