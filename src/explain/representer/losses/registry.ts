/** The suitable losses. To add one: a file beside this one, and a line here. */
import type { SuitableLoss } from './loss.js';
import { reluLoss } from './relu.js';
import { sigmoidLoss } from './sigmoid.js';
import { softmaxLoss } from './softmax.js';

/** Every loss by the activation that it is suitable to. */
export const SUITABLE_LOSSES = { softmax: softmaxLoss, sigmoid: sigmoidLoss, relu: reluLoss } as const satisfies Record<
  string,
  SuitableLoss
>;

/** Name of an activation with a suitable loss. */
export type ActivationName = keyof typeof SUITABLE_LOSSES;
