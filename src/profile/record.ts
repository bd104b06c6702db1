/** A runtime whose sessions are recorded while a command works. Node only. */
import { readdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { InputError } from '../errors.js';
import { subgraphsOf } from '../onnx/attributes.js';
import { decodeModel } from '../onnx/codec.js';
import { graphOf, type Graph } from '../onnx/model.js';
import { markOf, type NodeMark } from '../onnx/node-mark.js';
import type { Runtime, Session, SessionOptions } from '../runtime/runtime.js';
import { readRecording, type Recorded } from './events.js';
import { recordingFolder } from './folder.js';
import { summarize, type GraphMarks, type Profile, type SessionRecord } from './profile.js';

/**
 * A session is recorded until its calls have taken so many seconds together: a kernel is some 600 bytes of the recording, which
 * ONNX Runtime keeps in memory until it ends.
 */
export const RECORDED_SECONDS = 3;

/** A runtime that records, and how to get what it recorded. */
export interface Recording {
  readonly runtime: Runtime;
  /** Ends the recording and sums it. Call it, or `discard`, once. */
  readonly end: () => Promise<Profile>;
  /** Takes away what was recorded. */
  readonly discard: () => Promise<void>;
}

/**
 * Records every session that a runtime makes. ONNX Runtime writes to a folder for temporary files.
 * @param limit seconds of its calls after which a session is recorded no longer
 * @throws InputError when the runtime records nothing
 */
export async function record(runtime: Runtime, limit = RECORDED_SECONDS): Promise<Recording> {
  if (runtime.profiles !== true) {
    throw new InputError(
      '`profile`: ONNX Runtime records what kernels of its CPU provider take, and of no other; leave out `executionProvider`',
    );
  }
  const folder = await recordingFolder();
  const began = performance.now();
  const sessions: Recorder[] = [];
  const createSession = async (model: Uint8Array, options?: SessionOptions): Promise<Session> => {
    const recorder = new Recorder(marksIn(model), join(folder, `${sessions.length}_`), limit);
    sessions.push(recorder);
    return recorder.watch(await runtime.createSession(model, { ...options, profile: recorder.prefix }));
  };
  const discard = () => rm(folder, { recursive: true, force: true });
  return {
    runtime: { ...runtime, createSession },
    discard,
    end: async () => {
      const seconds = (performance.now() - began) / 1000;
      try {
        const records: SessionRecord[] = [];
        for (const session of sessions) records.push(await session.end());
        return summarize(records, seconds);
      } finally {
        await discard();
      }
    },
  };
}

/** What the nodes of a graph, and of those inside of it, are there for: what has no mark is the model's own. */
function marksIn(bytes: Uint8Array): GraphMarks {
  const graph = graphOf(decodeModel(bytes, 'graph'));
  const nodes = new Map<string, NodeMark>();
  const visit = ({ node }: Graph): void => {
    for (const each of node) {
      const name = each.name ?? '';
      if (name !== '') nodes.set(name, markOf(each) ?? { part: 'forward', layer: name });
      subgraphsOf(each).forEach(visit);
    }
  };
  visit(graph);
  return { graph: graph.name || 'graph', nodes };
}

/** Records one session. */
class Recorder {
  private calls = 0;
  private seconds = 0;
  private recordedCalls = 0;
  private recorded: Promise<Recorded> | undefined;
  private session: Session | undefined;

  constructor(
    private readonly marks: GraphMarks,
    /** What the path of the recording begins with. */
    readonly prefix: string,
    private readonly limit: number,
  ) {}

  watch(session: Session): Session {
    this.session = session;
    return {
      ...session,
      run: async (feeds, fetches) => {
        const started = performance.now();
        const outputs = await session.run(feeds, fetches);
        this.calls++;
        this.seconds += (performance.now() - started) / 1000;
        if (this.recorded === undefined) {
          this.recordedCalls++;
          if (this.seconds > this.limit) await this.close();
        }
        return outputs;
      },
      release: async () => {
        await this.close();
        await session.release();
      },
    };
  }

  async end(): Promise<SessionRecord> {
    const { marks, calls, seconds, recordedCalls } = this;
    return { marks, calls, seconds, recordedCalls, recorded: await this.close() };
  }

  /** Ends the recording, reads it and takes it away: many sessions may come and go. */
  private close(): Promise<Recorded> {
    this.recorded ??= this.read();
    return this.recorded;
  }

  private async read(): Promise<Recorded> {
    const nothing: Recorded = { kernels: new Map(), loading: 0, running: 0 };
    if (this.session?.endProfiling === undefined) return nothing;
    this.session.endProfiling();
    const folder = dirname(this.prefix);
    // ONNX Runtime puts the time behind the name.
    const name = (await readdir(folder)).find((each) => each.startsWith(basename(this.prefix)));
    if (name === undefined) return nothing;
    const path = join(folder, name);
    const recorded = await readRecording(path);
    await rm(path, { force: true });
    return recorded;
  }
}
