/** A run with test examples of it, opened as `evaluate` opens it, for questions that no protocol asks. */
import { openBench, type Bench } from '../../dist/evaluate/bench.js';
import { EVALUATE_DEFAULTS } from '../../dist/evaluate/evaluate.js';
import { drawQueries } from '../../dist/evaluate/queries.js';
import { openReplay } from '../../dist/replay/recorded.js';
import { readManifest } from '../../dist/run/manifest-file.js';
import type { Runtime } from '../../dist/runtime/runtime.js';
import { openRun } from '../../dist/workflows/open-run.js';

/** Bytes for the replay, and as many for cotangents. */
const MEMORY = 2 ** 28;

/**
 * Opens a run, and releases it after some work.
 * @param count how many test examples are drawn
 */
export async function withBench(
  runDirectory: string,
  count: number,
  runtime: Runtime,
  work: (bench: Bench) => Promise<void>,
): Promise<void> {
  const manifest = await readManifest(runDirectory);
  const opened = await openRun({ runDirectory, manifest, runtime });
  const run = { ...opened, manifest, memory: MEMORY };
  const classifier = { ...opened.classifier, normalization: manifest.input.normalization };
  const replay = await openReplay(run);
  try {
    const queries = await drawQueries(classifier, opened.test!, count, 0);
    const more = { methods: [], options: EVALUATE_DEFAULTS, memory: MEMORY, onWork: () => undefined };
    const bench = await openBench({ run, classifier, replay, queries, heldOut: queries, ...more });
    try {
      await work(bench);
    } finally {
      await bench.release();
    }
  } finally {
    await replay.release();
  }
}
