import type { Gradient } from '../gradient.js';
import { cast } from './cast.js';

/** y = x in the type of a second operand, whose elements do not matter. */
export const castLike: Gradient = { op: 'CastLike', backward: (context) => cast.backward(context) };
