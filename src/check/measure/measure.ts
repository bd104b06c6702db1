/** Everything that a check needs to know of one model, measured on the probes. */
import type { Normalization } from '../../data/normalization.js';
import { reason } from '../../data/printable.js';
import { nodesIn } from '../../graph/rewrite.js';
import { withEffort } from '../../effort.js';
import { ATTRIBUTION_DEFAULTS } from '../../explain/attribution/settings.js';
import type { Reporting } from '../../progress.js';
import type { Runtime, Session } from '../../runtime/runtime.js';
import type { CheckedModel } from './checked-model.js';
import { attributionMaps, type AttributionMaps } from './attributions.js';
import { measureSpeed, memoryOf, type Speed } from './cost.js';
import { decide, decisionRule, type Decision, type DecisionRule, type OutputRows } from './decisions.js';
import { explainable } from './explainable.js';
import { sketchLayers, type LayerSketch } from './layer-sketches.js';
import { feedsFor, type ProbeFeed } from './feeds.js';
import type { Probes } from '../probes/probes.js';
import { representerValues } from './representer-values.js';
import { rowsMix } from './rows-mix.js';
import { WHOLE, type Division } from '../../shards/division.js';
import { runBlocks } from './run-blocks.js';
import { fixedRows, runRows } from './run-rows.js';
import { portText, type Signature } from './signature.js';
import { relativeError } from './statistics.js';
import type { PointValues, TrainingPoints } from '../probes/training-points.js';
import { attempt, CouldNotRun, need, type Measured } from '../unavailable.js';
import { shapesOf } from './value-shapes.js';

/** Parts of a measurement that cost time, and are left out when no rule needs them. */
export type PartName = 'repeat' | 'layers' | 'maps' | 'points' | 'speed' | 'memory' | 'web';

/** A model to measure, the probes that it is fed with, and which parts of a measurement are wanted. */
export interface MeasureRequest extends Reporting {
  readonly file: CheckedModel;
  readonly probes: Probes;
  readonly normalization: Normalization;
  readonly parts: ReadonlySet<PartName>;
  readonly methods: readonly string[];
  /** The composite of LRP; as `attribute` chooses it where there is not a baseline. */
  readonly composite?: string | undefined;
  /** How scores are read and which classes are explained; the model's own decisions where there is not a baseline. */
  readonly decided?: { readonly rule: DecisionRule | null; readonly classes: readonly number[] } | undefined;
  /** How many probes layers and explanations are measured on; as many as the baseline had. */
  readonly traced?: number | undefined;
  /** Which probes are run here; all by default. */
  readonly division?: Division | undefined;
  /** Training points that decisions are explained by. */
  readonly training?: Measured<TrainingPoints> | undefined;
  readonly runtime: Runtime;
  /** Loads onnxruntime-web. */
  readonly webRuntime?: (() => Promise<Runtime>) | undefined;
}

/** A measured model. */
export interface Measurement {
  readonly signature: Signature;
  readonly normalization: Normalization;
  readonly outputs: Measured<readonly OutputRows[]>;
  readonly rule: DecisionRule | null;
  readonly decisions: Measured<readonly Decision[]>;
  /** Largest relative difference between two runs on the same probes. */
  readonly repeat: Measured<number> | undefined;
  readonly layers: Measured<readonly LayerSketch[]> | undefined;
  readonly maps: Measured<readonly AttributionMaps[]> | undefined;
  readonly points: Measured<PointValues> | undefined;
  readonly speed: Measured<Speed> | undefined;
  readonly memory: Measured<number> | undefined;
  /** Outputs on onnxruntime-web for the first probes. */
  readonly web: Measured<WebRun> | undefined;
}

/** What onnxruntime-web made of the model. */
export interface WebRun {
  /** Name and version. */
  readonly runtime: string;
  readonly probes: number;
  /** Largest relative error against onnxruntime-node over the outputs. */
  readonly error: number;
}

/** Layers are compared, and decisions explained, on the first so many probes: outputs need all to judge decisions by. */
export const TRACED_PROBES = 6;

/** So many probes are run twice, to see whether the model repeats itself. */
const REPEATED_PROBES = 2;

/** Operators that may draw random numbers. */
const RANDOM = new Set([
  ...['Dropout', 'Bernoulli', 'Multinomial'],
  ...['RandomNormal', 'RandomNormalLike', 'RandomUniform', 'RandomUniformLike'],
]);

/** Outputs, shapes, and the model that is explained, besides the parts. */
const OTHER_STAGES = 3;

/** So many probes are run on onnxruntime-web, which takes ten times as long. */
const WEB_PROBES = 1;

/**
 * Runs a model on the probes, and takes down what rules compare: outputs and decisions, and the parts asked for.
 * @throws InputError when ONNX Runtime refuses the model, or the probes do not fit its inputs
 */
export async function measureModel(asked: MeasureRequest): Promise<Measurement> {
  const request = { ...asked, runtime: measuring(asked.runtime) };
  const { file, probes, normalization, parts, decided, runtime, traced = TRACED_PROBES } = request;
  const { division = WHOLE, methods, composite = ATTRIBUTION_DEFAULTS.composite } = request;
  const { model, bytes, signature } = file;
  const feeds = feedsFor(probes, signature.inputs, normalization);
  const say = teller(request);
  const session = await withEffort(bytes.length, () => runtime.createSession(bytes));
  try {
    const names = signature.outputs.map(({ name }) => name);
    say('outputs');
    const rows = (await withEffort(bytes.length, () => rowsMix(session, feeds, names))) ? 1 : undefined;
    if (rows === 1) request.onNotice?.('the rows of a batch influence one another: every example is run alone');
    const outputs = await attempt(async () => {
      const found = await runBlocks(session, feeds, names, { rows, division });
      return signature.outputs.map(({ name, type, shape }): OutputRows => ({
        name,
        type,
        // Of some outputs ONNX Runtime does not know the rank.
        dims: shape.length > 0 ? shape.slice(1) : [found[name]!.size],
        rows: found[name]!,
      }));
    });
    const needsClasses = parts.has('maps') || parts.has('points');
    if (needsClasses) say('model to be explained');
    // How decisions are read follows from what ends the model; a baseline has it on record.
    const opened = needsClasses || !decided ? await attempt(() => explainable(model, feeds, runtime)) : undefined;
    const classifier = opened && 'value' in opened ? { ...opened.value, rowsMix: rows === 1 } : undefined;
    const rule = decided ? decided.rule : 'value' in outputs ? decisionRule(outputs.value, classifier) : null;
    const decisions = await attempt(() => Promise.resolve(decisionsFrom(outputs, rule)));
    const optional = async <T>(part: PartName, make: () => Promise<T>): Promise<Measured<T> | undefined> => {
      if (!parts.has(part)) return undefined;
      say(part);
      return 'problem' in outputs ? outputs : attempt(make);
    };
    const repeat = await optional('repeat', () => repeatedRun(request, session, feeds, { names, rows }));
    const speed =
      division.kind === 'whole'
        ? await optional('speed', () => measureSpeed(session, feeds, names, runtime, rows))
        : { problem: 'not measured, as the check was computed in shards' };
    const needsShapes = parts.has('layers') || parts.has('memory');
    if (needsShapes) say('shapes');
    const shapes = needsShapes ? await attempt(() => shapesOf(file, feeds, runtime)) : undefined;
    const shapesOrThrow = () => need(shapes, 'shapes');
    const explainedOrThrow = () => {
      if (!rule) throw new CouldNotRun('the model’s outputs are not class scores');
      return classifier ?? need(opened, 'the model');
    };
    const ownClasses = 'value' in decisions ? decisions.value.map((each) => each.class) : [];
    const classes = (decided?.classes ?? ownClasses).slice(0, traced);
    return {
      signature,
      normalization,
      outputs,
      rule,
      decisions,
      repeat,
      speed,
      layers: await optional('layers', () =>
        sketchLayers(file, shapesOrThrow(), feeds, { count: traced, rows }, runtime),
      ),
      memory: await optional('memory', () => Promise.resolve(memoryOf(model, shapesOrThrow()))),
      maps: await optional('maps', () =>
        attributionMaps(explainedOrThrow(), feeds[0]!, classes, { methods, composite }, runtime),
      ),
      points: await optional('points', async () => {
        const points = need(request.training, 'the training split');
        const { indices, sha256 } = points;
        const values = await representerValues(explainedOrThrow(), feeds[0]!, classes, points, normalization, runtime);
        return { indices, sha256, values };
      }),
      web: await optional('web', () => runOnWeb(request, feeds, outputs)),
    };
  } finally {
    await session.release();
  }
}

/**
 * Largest relative difference of two runs. Where nodes may be random the graph runs as it is written: ONNX Runtime's
 * optimisation takes a Dropout out even where it is in training mode, and another runtime would not.
 */
async function repeatedRun(
  { file, probes, runtime }: MeasureRequest,
  loaded: Session,
  feeds: readonly ProbeFeed[],
  { names, rows }: { readonly names: readonly string[]; readonly rows: number | undefined },
): Promise<number> {
  const mayBeRandom = [...nodesIn(file.model)].some(({ opType }) => RANDOM.has(opType));
  const session = mayBeRandom ? await runtime.createSession(file.bytes, { optimization: 'disabled' }) : loaded;
  try {
    const count = Math.min(REPEATED_PROBES, probes.count);
    const first = await runRows(session, feeds, names, { count, rows });
    const second = await runRows(session, feeds, names, { count, rows });
    // What is not a number twice is the same twice.
    const plain = (data: Float32Array) => data.map((value) => (Number.isFinite(value) ? value : 0));
    return Math.max(...names.map((name) => relativeError(plain(second[name]!.data), plain(first[name]!.data))));
  } finally {
    if (session !== loaded) await session.release();
  }
}

function decisionsFrom(outputs: Measured<readonly OutputRows[]>, rule: DecisionRule | null): Decision[] {
  if ('problem' in outputs) throw new CouldNotRun(outputs.problem);
  if (!rule) throw new CouldNotRun('the outputs are not class scores');
  const output = outputs.value[rule.output];
  const classes = rule.threshold === null ? output?.rows.size : 2;
  if (!output || classes !== rule.classes) {
    const found = output ? portText({ ...output, shape: [null, ...output.dims] }) : 'no such output';
    throw new CouldNotRun(`expected scores of ${rule.classes} classes, found ${found}`);
  }
  return decide(output.rows, rule);
}

async function runOnWeb(
  { file, probes, webRuntime }: MeasureRequest,
  feeds: readonly ProbeFeed[],
  outputs: Measured<readonly OutputRows[]>,
): Promise<WebRun> {
  if (!webRuntime) throw new CouldNotRun('onnxruntime-web is not there');
  const web = await webRuntime();
  const session = await web.createSession(file.bytes);
  try {
    const native = need(outputs, 'the outputs');
    // Batched as they were: the rows of a fixed batch may influence one another.
    const count = Math.min(fixedRows(session) ?? WEB_PROBES, probes.count);
    const names = native.map(({ name }) => name);
    const found = await runRows(session, feeds, names, { count });
    const errors = native.map(({ name, rows }) => {
      const { data } = found[name]!;
      return relativeError(data, rows.data.subarray(0, data.length));
    });
    return { runtime: web.name, probes: count, error: Math.max(...errors) };
  } finally {
    await session.release();
  }
}

/** A runtime whose failures to run a graph are no faults of ours: what it was to tell of the model cannot be measured. */
function measuring(runtime: Runtime): Runtime {
  return {
    ...runtime,
    createSession: async (model, options) => {
      const session = await runtime.createSession(model, options);
      const run: Session['run'] = (feeds, fetches) =>
        session.run(feeds, fetches).catch((error: unknown) => {
          throw new CouldNotRun(reason(error), { cause: error });
        });
      return { ...session, run };
    },
  };
}

/** Says which part of the measurement begins. */
function teller({ parts, onProgress }: MeasureRequest): (what: string) => void {
  const total = parts.size + OTHER_STAGES;
  let done = 0;
  return (what) => onProgress?.(what, Math.min(done++, total), total);
}
