/** A thread that lays points out: whoever waits for it stays free for signals and progress. */
import { UMAP } from 'umap-js';
import { answerCalls } from '../../log/worker-call.js';
import { seededRandom } from '../../numeric/random.js';

/** Points to lay out. */
export interface LayoutRequest {
  readonly points: number[][];
  readonly seed: number;
  /** The purpose of its random numbers. */
  readonly purpose: number;
}

/** The library's own 500 take more than twice as long, and show the same. */
const EPOCHS = 200;
const NEIGHBOURS = 15;

answerCalls<LayoutRequest, number[][]>(({ points, seed, purpose }) => {
  const random = seededRandom(seed, purpose);
  const umap = new UMAP({
    nComponents: 2,
    nNeighbors: Math.min(NEIGHBOURS, points.length - 1),
    nEpochs: EPOCHS,
    random: () => random.uniform(),
  });
  return [umap.fit(points), []];
});
