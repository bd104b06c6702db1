/**
 * What a trace with an equal split (`--split batch`) reads, computes, writes and holds in memory, as formulas over the sizes of
 * run and questions. They follow the code; the constants that are no sizes are measured (`calibrate.ts`) or assumed (`ASSUMED`).
 */

/** A dense layer with a bias, as `create mlp` makes it. */
export interface Dense {
  readonly units: number;
  readonly inputs: number;
}

/** A run, and what is asked of it. */
export interface Sizes {
  readonly layers: readonly Dense[];
  readonly examples: number;
  readonly batch: number;
  readonly queries: number;
  readonly references: number;
  /** Bytes of an example in its file. */
  readonly exampleBytes: number;
  readonly shards: number;
  /** Whether inputs share a pass whatever the merge holds of them, as they do not today; false by default. */
  readonly sharesPasses?: boolean;
}

/** What is measured on the machine that computes. Seconds are those of one core. */
export interface Rates {
  /** A shard that has no step to read: starting, models, inputs. */
  readonly startSeconds: number;
  /** Bytes that this reads besides the data. */
  readonly startBytes: number;
  /** Bytes of the data that are opened in a second: read, checked and hashed, to tell whether they are the run's. */
  readonly opened: number;
  /** Bytes of the log that are read, checked and handed to ONNX Runtime in a second. */
  readonly read: number;
  /** Bytes that a core takes in from a store in a second, */
  readonly fetched: number;
  /** and what a shard that has no step to read takes longer because of it, */
  readonly storeSeconds: number;
  /** and its requests. */
  readonly startRequests: number;
  /** Multiplications and additions in a second. */
  readonly computed: number;
  /** A merge of nothing, and */
  readonly mergeSeconds: number;
  /** what each query adds to it: lists, tables, report. */
  readonly querySeconds: number;
  /** Bytes of the steps' records that are read and decoded in a second, */
  readonly recordsRead: number;
  /** numbers that are added to examples of a large array, */
  readonly added: number;
  /** and examples that are ranked. */
  readonly ranked: number;
}

/** Nothing of this is measured here: prices of a large provider, and what it says of its storage. */
export const ASSUMED = {
  /** Seconds to the first byte of an answer: Amazon's guide for S3 says 0.1 to 0.2. */
  firstByte: 0.1,
  /** Bytes in a second of one answer: the same guide says 85 to 90 MB. */
  stream: 85e6,
  /** Bytes in a second of a machine's network: 12.5 Gbit, */
  network: 12.5e9 / 8,
  /** and its cores. */
  cores: 16,
  /** Dollars for an hour of a machine's core, */
  coreHour: 0.05,
  /** a million reading requests, */
  gets: 0.4,
  /** a million writing requests, */
  puts: 5,
  /** and a terabyte that is kept for a month. */
  terabyteMonth: 23,
} as const;

/** As in `layer-plan.ts`, `measure/stretches.ts`, `log/read/reader.ts` and `references.ts`. */
const QUERY_BYTES = 2 ** 29 / 6;
const STRETCH_STEPS = 64;
const CHUNK_BYTES = 2 ** 21;
const MOST_CHUNK_STEPS = 128;
const LIST_BYTES = 2 ** 27;
const FEWEST_LISTS = 8;
const KEPT_NUMBERS = 2 ** 21;
/** As in `logits.ts`. */
const MOST_SCORES = 200;
/** Bytes of an update that are no numbers of it: frame and record. */
const RECORD_BYTES = 60;

const sum = <T>(of: readonly T[], value: (each: T) => number) => of.reduce((total, each) => total + value(each), 0);
const weightsOf = ({ units, inputs }: Dense) => units * (inputs + 1);

/** Scores that an exact split tells apart by examples: all where they are few, of others two an input, for a hundred inputs. */
function scoresSplit(queries: number, classes: number): number {
  return queries * classes <= MOST_SCORES ? queries * classes : Math.min(MOST_SCORES, 2 * queries);
}

/** How large everything is. */
export function volumesOf(sizes: Sizes) {
  const { layers, examples, batch, queries, references, exampleBytes, shards, sharesPasses = false } = sizes;
  const steps = Math.ceil(examples / batch);
  const weights = sum(layers, weightsOf);
  const log = steps * sum(layers, (layer) => 4 * weightsOf(layer) + RECORD_BYTES);
  // An index takes a byte for each 7 bits.
  const records = steps * (batch * Math.ceil(Math.log2(examples) / 7) + 28);
  /** Queries that share a reading of a layer: what is kept of each, f and r, and in the merge a number for each example. */
  const together = layers.map(({ units, inputs }) =>
    Math.max(1, Math.floor(QUERY_BYTES / (4 * (units + inputs) + (sharesPasses ? 0 : 8 * examples)))),
  );
  const passes = together.map((each) => Math.ceil(queries / each));
  const read = sum(layers, (layer) => passes[layers.indexOf(layer)]! * steps * (4 * weightsOf(layer) + RECORD_BYTES));
  const requests = sum(layers, (layer) => {
    const chunk = Math.min(
      MOST_CHUNK_STEPS,
      Math.max(1, Math.floor(CHUNK_BYTES / (4 * weightsOf(layer) + RECORD_BYTES))),
    );
    return passes[layers.indexOf(layer)]! * Math.ceil(steps / chunk);
  });
  /** For each step: Δ f of each query and each reference, with product and norm. */
  const operations = sum(layers, (layer) => {
    const all = queries + references * passes[layers.indexOf(layer)]!;
    return 2 * steps * weightsOf(layer) * all;
  });
  const stretches = Math.ceil(steps / STRETCH_STEPS);
  /** γ and norm of each step and query and each reference (which has no norm: zeros), Σ Δ f of each stretch and query, Δ f of each step at the scores. */
  const partials = sum(layers, (layer) => {
    const at = layers.indexOf(layer);
    const scores = at === layers.length - 1 ? 4 * steps * layer.units * queries : 0;
    return (
      16 * steps * queries + 16 * steps * references * passes[at]! + 8 * stretches * layer.units * queries + scores
    );
  });
  const lists = Math.min(references, Math.max(FEWEST_LISTS, Math.floor(LIST_BYTES / (8 * examples))));
  /** What the merge adds: to queries in each pass, to the mean once a pass, to the lists of references once a layer. */
  const additions = layers.length * batch * steps * (queries + lists) + sum(passes, (each) => each * batch * steps);
  const isKept = steps * (16 + batch) <= KEPT_NUMBERS;
  return {
    steps,
    weights,
    log,
    records,
    data: examples * exampleBytes,
    together: Math.min(...together),
    passes: Math.max(...passes),
    read,
    requests,
    operations,
    partials,
    additions,
    /** Bytes of the steps' records that the merge reads: once, or once a pass where they are too many to be kept. */
    recordsRead: records * (isKept ? 1 : sum(passes, (each) => each)),
    rankings: layers.length * queries * examples,
    /** Labels and counts (four bytes), sums of a pass's queries, the mean, lists, and two copies while one is ranked. */
    mergeBytes: examples * (4 + 4 + 8 * (Math.min(queries, Math.max(...together)) + 1 + lists + 2)),
    /** Of an exact split: a number for each example and direction: inputs, references and their mean, and scores of the decision. */
    exactPartials:
      8 * examples * (layers.length * (queries + FEWEST_LISTS + 1) + scoresSplit(queries, layers.at(-1)!.units)),
    dataRead: shards * examples * exampleBytes,
    /** What the shard with the most stretches has, of what it would have if all had the same. */
    uneven: Math.ceil(stretches / shards) / (stretches / shards),
  };
}

/** How long that takes one core, with the files at hand: on a disk, or in memory. */
export function secondsOf(sizes: Sizes, rates: Rates) {
  const volumes = volumesOf(sizes);
  return {
    start: sizes.shards * rates.startSeconds + volumes.dataRead / rates.opened,
    read: volumes.read / rates.read,
    compute: volumes.operations / rates.computed,
    merge:
      rates.mergeSeconds +
      sizes.queries * rates.querySeconds +
      volumes.data / rates.opened +
      volumes.recordsRead / rates.recordsRead +
      volumes.additions / rates.added +
      volumes.rankings / rates.ranked,
  };
}

/** How long it takes where the files are in object storage. @param cores of all machines together */
export function fromStorage(sizes: Sizes, rates: Rates, cores: number, stream = Infinity) {
  const volumes = volumesOf(sizes);
  const seconds = secondsOf(sizes, rates);
  const requests = volumes.requests + sizes.shards * rates.startRequests;
  // A shard asks for a chunk, waits, computes, and asks for the next one.
  const waiting = requests * ASSUMED.firstByte + (volumes.read + volumes.dataRead) / stream;
  const fetching = volumes.read / rates.fetched + sizes.shards * rates.storeSeconds;
  const processor = seconds.start + seconds.read + seconds.compute + fetching;
  return {
    requests,
    waiting,
    processor,
    shard: Math.max((volumes.uneven * (waiting + processor)) / sizes.shards, processor / cores),
    merge: seconds.merge + (volumes.partials + volumes.recordsRead + volumes.data) / stream,
  };
}

/** The same on machines of a provider, and what it costs. */
export function inTheCloud(sizes: Sizes, rates: Rates) {
  const volumes = volumesOf(sizes);
  const machines = Math.ceil(sizes.shards / ASSUMED.cores);
  const cores = machines * ASSUMED.cores;
  const { requests, waiting, processor, shard, merge } = fromStorage(sizes, rates, cores, ASSUMED.stream);
  const network = (volumes.read + volumes.dataRead) / (machines * ASSUMED.network);
  const shardHours = Math.max(shard, network) / 3600;
  const mergeHours = merge / 3600;
  const opening = volumes.dataRead / rates.opened + volumes.dataRead / ASSUMED.stream;
  return {
    machines,
    waitingShare: waiting / (waiting + processor),
    openingShare: opening / (waiting + processor),
    shardHours,
    mergeHours,
    dollars:
      // The merge has one core of a small machine.
      (shardHours * cores + mergeHours) * ASSUMED.coreHour +
      (requests * ASSUMED.gets + sizes.shards * ASSUMED.puts) / 1e6,
    storedDollars: ((volumes.log + volumes.partials) / 1e12) * ASSUMED.terabyteMonth,
  };
}
