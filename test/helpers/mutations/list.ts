/**
 * Ways in which an export changes, rightly or wrongly, as rewrites of a small trained model; and what the check must say of
 * each. The table in docs/check.md and the test come from this list.
 */
import { FAITHFUL } from './faithful.js';
import { INPUT } from './input.js';
import { LAYERS } from './layers.js';
import type { Mutation } from './mutation.js';
import { PRECISION } from './precision.js';
import { WEIGHTS } from './weights.js';

/** Every way, right ones first. */
export const MUTATIONS: readonly Mutation[] = [...FAITHFUL, ...PRECISION, ...INPUT, ...WEIGHTS, ...LAYERS];
