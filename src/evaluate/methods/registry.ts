/** The methods that are judged: all of `influence`, and baselines. To add a baseline: a file, and a line here. */
import { LAYER_METHODS } from '../../explain/influence/layer-methods/registry.js';
import { RUN_METHODS } from '../../explain/influence/methods/registry.js';
import type { EvaluatedMethod } from './method.js';
import { gradientNorm, loss } from './of-examples.js';
import { ofLayer } from './of-layer.js';
import { random } from './random.js';
import { sameClass } from './same-class.js';

/** γ is of the layers' outputs, whatever is measured: it ranks no labels. */
const NO_LABELS: ReadonlySet<string> = new Set(['gamma']);

/** Every method by its name, in the order of tables: those under test, then baselines. */
export const EVALUATED_METHODS: Readonly<Record<string, EvaluatedMethod>> = {
  ...Object.fromEntries(
    Object.entries(RUN_METHODS).map(([name, method]): [string, EvaluatedMethod] => [
      name,
      {
        name,
        says: method.says,
        noLabels: NO_LABELS.has(name),
        byQuery: true,
        cost: (queries) => method.cost(queries),
        effects: (subject) => method.effects(subject),
      },
    ]),
  ),
  ...Object.fromEntries(Object.entries(LAYER_METHODS).map(([name, method]) => [name, ofLayer(method)])),
  'same-class': sameClass,
  'gradient-norm': gradientNorm,
  loss,
  random,
};
