/** What a replay may keep in memory, and what it takes beside that. */
import { elementCount } from '../tensor.js';
import type { Carried } from '../train/training-graph.js';
import { repetitions } from './states.js';

/** What of the memory states of past steps may take at most; the rest is for what is pulled back. */
const STATES_SHARE = 0.75;

/**
 * States that a replay works with beside those that it keeps: the first and the last of the run, the one that a step starts
 * from, cotangents before and after it, and what the sessions of the training and of the derivative hold. Measured of
 * perceptrons with momentum, of 10 to 89 MB a state, as the peak less that of one with next to no weights: 10.5 to 12.2.
 */
const WORKING_STATES = 12;

/** Bytes of those that fit into the 300 MB beside `memory`: Node.js, ONNX Runtime and the data take the rest. */
const WORKING_BESIDE = 120 * 2 ** 20;

/** A replay keeps so many states at least, however little memory there is … */
const LEAST_SLOTS = 6;

/** … and so many that no step is run more often than this on one way back. */
const MOST_REPETITIONS = 5;

/** How many states are kept. */
export interface Room {
  /** States beside the first one. */
  readonly slots: number;
  /** Bytes of a state. */
  readonly state: number;
  /** From how many bytes of memory on a replay keeps to them. */
  readonly least: number;
}

/** What a replay that may take so many bytes leaves to what is pulled back over the steps. */
export function memoryForCotangents(memory: number): number {
  return (1 - STATES_SHARE) * memory;
}

/**
 * How many states a replay keeps: as many as fit beside what it works with, and never so few that steps are run over and
 * over.
 * @param memory bytes that it may take
 * @param steps of the run
 */
export function roomFor(memory: number, carried: readonly Pick<Carried, 'dims'>[], steps: number): Room {
  const state = 4 * carried.reduce((sum, { dims }) => sum + elementCount(dims), 0);
  // Two cotangents are counted among what it works with.
  const cotangents = Math.max(0, memoryForCotangents(memory) - 2 * state);
  const free = memory + WORKING_BESIDE - cotangents - WORKING_STATES * state;
  const fitting = Math.floor(Math.min(STATES_SHARE * memory, free) / state);
  const slots = leastSlots(steps);
  const taken = (WORKING_STATES + slots) * state - WORKING_BESIDE;
  const least = Math.max(0, taken, (taken - 2 * state) / STATES_SHARE);
  return { slots: Math.max(slots, fitting), state, least };
}

function leastSlots(steps: number): number {
  let slots = Math.min(LEAST_SLOTS, steps - 1);
  while (repetitions(steps, slots) > MOST_REPETITIONS) slots++;
  return slots;
}

/** What is to be said of a replay that takes more than it was given; undefined where it does not. */
export function shortOfMemory(memory: number, { state, least }: Room): string | undefined {
  if (memory >= least) return undefined;
  const [given, one, enough] = [memory, state, least].map((bytes) => bytes / 2 ** 20) as [number, number, number];
  return (
    `\`memory\` ${Number(given.toPrecision(4))}: a state of this training takes ${one.toFixed(1)} MB, so that the replay takes some ` +
    `${Math.ceil(enough - given)} MB more than that; it keeps to a \`memory\` of ${Math.ceil(enough)} or more`
  );
}
