/** What ONNX Runtime records of a session, as it writes it: a list of events in JSON, one a line. Node only. */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';

/** What a session did, in microseconds. */
export interface Recorded {
  /** By the name of the node and the operator that ran. */
  readonly kernels: ReadonlyMap<string, RecordedKernel>;
  /** Loading the graph. */
  readonly loading: number;
  /** Running it, kernels and all. */
  readonly running: number;
}

/** A kernel, over all of its calls. */
export interface RecordedKernel {
  /** Name of the node, which ONNX Runtime may have changed. */
  readonly node: string;
  readonly operator: string;
  calls: number;
  time: number;
}

interface Event {
  readonly cat?: string;
  readonly name?: string;
  readonly dur?: number;
  readonly args?: { readonly op_name?: string };
}

const KERNEL = '_kernel_time';

/** Operators that run graphs of their own, whose kernels are recorded too. */
const CONTAINERS = new Set(['Loop', 'Scan', 'If']);

const LOADING = new Set(['model_loading_array', 'model_loading_uri', 'session_initialization']);

/** Reads a recording line by line: it may be large. */
export async function readRecording(path: string): Promise<Recorded> {
  const kernels = new Map<string, RecordedKernel>();
  let [loading, running] = [0, 0];
  for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Infinity })) {
    const event = parse(line);
    const { cat, name = '', dur = 0 } = event ?? {};
    if (cat === 'Session' && LOADING.has(name)) loading += dur;
    if (cat === 'Session' && name === 'model_run') running += dur;
    const operator = event?.args?.op_name;
    if (cat !== 'Node' || operator === undefined || CONTAINERS.has(operator) || !name.endsWith(KERNEL)) continue;
    const node = name.slice(0, -KERNEL.length);
    const key = `${operator} ${node}`;
    const known = kernels.get(key);
    if (known) {
      known.calls++;
      known.time += dur;
    } else kernels.set(key, { node, operator, calls: 1, time: dur });
  }
  return { kernels, loading, running };
}

/** A line of the recording; undefined for what is none: the brackets around them. */
function parse(line: string): Event | undefined {
  const text = line.trim().replace(/,$/, '');
  if (!text.startsWith('{')) return undefined;
  try {
    return JSON.parse(text) as Event;
  } catch {
    return undefined;
  }
}
