/** A thread that reads steps and projects them, with sessions of one thread each. */
import { answerCalls } from '../../../log/worker-call.js';
import { readStored, roomFor, type ReadPlace } from '../../../log/read/read-stored.js';
import { nodeRuntime } from '../../../runtime/node.js';
import { shareSessions } from '../../../runtime/shared-sessions.js';
import type { StepMatrix } from '../layer-matrix.js';
import { openProjector, type ProjectedQueries, type Projector } from '../projector.js';
import { strategyNamed } from '../strategies/registry.js';
import { layoutOf, type StoredOrder } from '../weight-layout.js';
import type { MeasuredSteps } from './measured-steps.js';

/** A layer and the queries of a pass, as they go to another thread. */
export interface PassData {
  readonly matrix: Omit<StepMatrix, 'layout'> & { readonly order: StoredOrder };
  readonly queries: readonly (ProjectedQueries & { readonly strategy: string; readonly chunkSteps: number })[];
}

/** What the thread is asked for; `pass` is a number that the asking side chooses. */
export type ThreadRequest =
  | { readonly ask: 'open'; readonly pass: number; readonly data: PassData }
  | { readonly ask: 'measure'; readonly pass: number; readonly place: ReadPlace }
  | { readonly ask: 'close'; readonly pass: number }
  /** No more passes. */
  | { readonly ask: 'end' };

const sessions = shareSessions(nodeRuntime({ threads: 1 }));
const passes = new Map<number, readonly Projector[]>();
/** Read into again and again: memory that is new to a process costs as much as reading into it. */
let room = new ArrayBuffer(0);

function open({ matrix: { order, ...sizes }, queries }: PassData): Projector[] {
  const matrix = { ...sizes, layout: layoutOf(order) };
  return queries.map(({ strategy, chunkSteps, ...each }) =>
    openProjector(sessions.runtime, matrix, strategyNamed(strategy), each, chunkSteps),
  );
}

async function measure(projectors: readonly Projector[], place: ReadPlace): Promise<MeasuredSteps> {
  if (room.byteLength < roomFor(place)) room = new ArrayBuffer(roomFor(place));
  const chunk = await readStored(place, room);
  const { firstStep, count } = chunk;
  const isOwed = 'owed' in place;
  const queries = [];
  for (const [i, projector] of projectors.entries()) {
    if (i === 0 || !isOwed) queries.push(await projector.measure(chunk, count, i === 0 && !isOwed));
  }
  return { firstStep, count, isOwed, queries };
}

/** What was measured, with the buffers of its sums and outputs, which go over without a copy. */
function handedOver(measured: MeasuredSteps): [MeasuredSteps, ArrayBuffer[]] {
  const large = measured.queries.flatMap(({ sums, outputs = [] }) => [...sums, ...outputs]);
  return [measured, large.map(({ buffer }) => buffer as ArrayBuffer)];
}

answerCalls<ThreadRequest, MeasuredSteps | undefined>(async (request) => {
  switch (request.ask) {
    case 'open':
      passes.set(request.pass, open(request.data));
      return [undefined, []];
    case 'measure':
      return handedOver(await measure(passes.get(request.pass)!, request.place));
    case 'close':
      for (const projector of passes.get(request.pass) ?? []) await projector.release();
      passes.delete(request.pass);
      return [undefined, []];
    case 'end':
      await sessions.release();
      return [undefined, []];
  }
});
