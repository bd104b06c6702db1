/** The Runtime that runs on onnxruntime-node; Node only. */
import './no-telemetry.js';
import { availableParallelism } from 'node:os';
import * as ort from '#onnxruntime-node';
import { InputError, ModelRefused, oneLine } from '../errors.js';
import { usableCores } from './cores.js';
import { countNodes } from './count-nodes.js';
import { stopped } from './refusal.js';
import type { Runtime, Session, SessionOptions } from './runtime.js';
import { sessionOf } from './session.js';
import { isNoAdapter, NO_ADAPTER, placed } from './webgpu.js';

// Errors come back as exceptions; what ONNX Runtime prints besides would only be noise on the terminal.
ort.env.logLevel = 'fatal';

/**
 * Most threads that a training takes unasked: whoever repeats it on a smaller machine needs as many, and each beyond the
 * cores costs time there.
 */
const MOST_THREADS_UNASKED = 16;

/**
 * A Runtime on onnxruntime-node.
 * @param defaults options that every session gets unless it says otherwise; of `threads`, as many as there are cores: more
 *   would only wait for each other. Trainings get as many as it says.
 * @throws InputError for an execution provider that ONNX Runtime does not have
 */
export function nodeRuntime(defaults: SessionOptions = {}): Runtime {
  const known = ort.listSupportedBackends().map(({ name }) => name);
  const unknown = defaults.executionProviders?.find((provider) => !known.includes(provider));
  if (unknown !== undefined) {
    throw new InputError(
      `execution provider "${unknown}": ONNX Runtime has ${known.join(', ')} here; choose one of them`,
    );
  }
  const { threads } = defaults;
  const usual = threads === undefined ? undefined : Math.min(threads, availableParallelism());
  return {
    name: `onnxruntime-node ${ort.env.versions.node ?? ''}`.trim(),
    provider: defaults.executionProviders?.[0] ?? 'cpu',
    threads: threads ?? Math.min(usableCores(), MOST_THREADS_UNASKED),
    feedsInPlace: (defaults.executionProviders ?? ['cpu']).every((provider) => provider === 'cpu'),
    // Of other providers ONNX Runtime records when their kernels were started, not what they took.
    profiles: defaults.executionProviders?.every((provider) => provider === 'cpu') ?? true,
    createSession: (model, options) => createSession(model, { ...defaults, threads: usual, ...options }),
  };
}

/** Nodes from which no plan is made of who reuses whose memory. */
const UNPLANNED_FROM = 2000;

/**
 * Nodes from which a graph is run as it is. The time of every optimisation grows with the square of their number: 6 seconds of
 * processor for 12,000, which are loaded in 0.7 without.
 */
const UNOPTIMISED_FROM = 10_000;

async function createSession(given: Uint8Array, options: SessionOptions): Promise<Session> {
  const { model, onDevice, settings } = placed(given, options);
  const others = (options.executionProviders ?? []).filter((provider) => provider !== 'cpu');
  const where = others.length === 0 ? '' : ` on ${others.join(', ')}`;
  let session: ort.InferenceSession;
  const nodes = countNodes(model, UNOPTIMISED_FROM);
  try {
    session = await ort.InferenceSession.create(model, {
      graphOptimizationLevel: nodes < UNOPTIMISED_FROM ? (options.optimization ?? 'all') : 'disabled',
      ...settings,
      logSeverityLevel: 4,
      // Independent nodes may then run side by side, and no plan is made of who reuses whose memory: in version 1.30 that takes a
      // minute for 10,000 nodes. What the nodes compute stays the same.
      ...(nodes >= UNPLANNED_FROM ? ({ executionMode: 'parallel', interOpNumThreads: 2 } as const) : {}),
      enableMemPattern: options.memoryPattern ?? true,
      ...(options.profile === undefined ? {} : { enableProfiling: true, profileFilePrefix: options.profile }),
      ...threading(options.threads),
    });
  } catch (error) {
    const reason = reasonOf(error);
    if (isNoAdapter(reason)) throw new InputError(NO_ADAPTER, { cause: error });
    throw new ModelRefused(`ONNX Runtime refuses the model${where}: ${reason}`, { cause: error });
  }
  return sessionOf(session, ort.Tensor, (error) => stopped(reasonOf(error), where, error), onDevice);
}

function threading(threads: number | undefined): ort.InferenceSession.SessionOptions {
  // Threads spin while they wait. Where they outnumber the cores, those that wait would keep those that work from a core; and so
  // would those of a session that has given its results, while the next one works: it took twice as long.
  const asleep = { session: { intra_op: { allow_spinning: '0' } } };
  const awake = { session: { force_spinning_stop: '1' } };
  if (threads === undefined) return { extra: awake };
  return { intraOpNumThreads: threads, extra: threads > availableParallelism() ? asleep : awake };
}

/** Where in its own source ONNX Runtime stood, file and function: nothing that a user could mend anything by. */
const SOURCE_PLACE = /\/onnxruntime_src\/\S+ [^()]*\((?:[^()]|\([^()]*\))*\)(?: const)? /g;

/** More of a reason than this (of an invalid Loop, ONNX Runtime lists every value) is noise. */
const LONGEST_REASON = 600;

function reasonOf(error: unknown): string {
  const line = oneLine(error)
    .replace(SOURCE_PLACE, '')
    .replace(/^Error: /, '')
    .trim();
  if (line.length <= LONGEST_REASON) return line;
  // What is wrong stands first or last.
  return `${line.slice(0, LONGEST_REASON / 2)} … ${line.slice(-LONGEST_REASON / 2)}`;
}
