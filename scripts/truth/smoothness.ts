/**
 * How smooth is a training? The weights of all examples are moved to 1 ± ε, each in a random direction, and trained with:
 * what metagradients predict beside what the margins of 12 test examples do. Where the change no longer shrinks with ε, the
 * training amplifies whatever differs, which no derivative predicts.
 *
 *   npm run build && npx tsx scripts/truth/smoothness.ts <run>…
 */
import type { Bench } from '../../dist/evaluate/bench.js';
import { EVALUATED_METHODS } from '../../dist/evaluate/methods/registry.js';
import { seededRandom } from '../../dist/numeric/random.js';
import { pearson } from '../../dist/numeric/statistics.js';
import { nodeRuntime } from '../../dist/runtime/node.js';
import { withBench } from './run-bench.js';

const CHANGES = [0.3, 0.1, 0.03, 0.01, 0.003, 0.001];
const DIRECTIONS = 3;
const QUERIES = 12;

async function smoothness(bench: Bench, runDirectory: string): Promise<void> {
  const { values, examples } = await bench.effects(EVALUATED_METHODS.metagradient!);
  for (const change of CHANGES) {
    const predicted: number[] = [];
    const actual: number[] = [];
    for (let d = 0; d < DIRECTIONS; d++) {
      const random = seededRandom(d, 5);
      const direction = Float32Array.from({ length: examples }, () => (random.uniform() < 0.5 ? -1 : 1));
      const up = await bench.retrained(direction.map((sign) => 1 + change * sign));
      const down = await bench.retrained(direction.map((sign) => 1 - change * sign));
      up.forEach((margin, q) => {
        const effects = values.subarray(q * examples, (q + 1) * examples);
        predicted.push(change * effects.reduce((sum, effect, i) => sum + direction[i]! * effect, 0));
        actual.push((margin - down[q]!) / 2);
      });
    }
    console.log(
      `${runDirectory} ±${change}: correlation ${pearson(predicted, actual).toFixed(3)}, predicted ${size(predicted)}, actual ${size(actual)}`,
    );
  }
}

/** Root of the mean square. */
function size(values: readonly number[]): string {
  return Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0) / values.length).toPrecision(2);
}

async function main(): Promise<void> {
  for (const runDirectory of process.argv.slice(2)) {
    await withBench(runDirectory, QUERIES, nodeRuntime({ threads: 1 }), (bench) => smoothness(bench, runDirectory));
  }
}

void main();
