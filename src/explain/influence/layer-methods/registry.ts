/** The methods that need a model and its training data, but no run. To add one: a file beside this one, and a line here. */
import { influenceFunction } from './influence-function.js';
import type { LayerMethod } from './method.js';
import { representer } from './representer.js';
import { similarity } from './similarity.js';

/** By their names on the command line. */
export const LAYER_METHODS = {
  'influence-function': influenceFunction,
  representer,
  similarity,
} as const satisfies Record<string, LayerMethod>;

/** Name of such a method. */
export type LayerMethodName = keyof typeof LAYER_METHODS;

/** Whether a method needs no run. */
export function isLayerMethod(name: string): name is LayerMethodName {
  return Object.hasOwn(LAYER_METHODS, name);
}
