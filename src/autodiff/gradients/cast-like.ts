import { cast } from './cast.js';
import type { Gradient } from '../gradient.js';

/** y = x as the type of another value: dx = dy as x's type where both are floating-point; otherwise none. */
export const castLike: Gradient = {
  op: 'CastLike',
  backward: (context) => cast.backward(context),
};
