/** The inputs that are explained: brought into the form that the model takes, with what it says of them. */
import { exampleDims } from '../../data/example-shape.js';
import type { Input } from '../../data/input.js';
import { normalize, type Normalization } from '../../data/normalization.js';
import { InputError } from '../../errors.js';
import { toNumber, type Model } from '../../onnx/model.js';
import type { AttributeQuery } from '../../results/attribute.js';
import type { Runtime } from '../../runtime/runtime.js';
import { float32 } from '../../tensor.js';
import { openActivations, probabilitiesOf } from '../trace/activations.js';
import { inputOf, type ExplainedModel } from './explained-model.js';
import type { Example } from './method.js';
import { targetClass } from './targets.js';

/** Classes listed of an input, at most. */
const LISTED_CLASSES = 10;

/** An input, described and ready to be explained. */
export interface ExplainedInput {
  readonly example: Example;
  readonly facts: Pick<AttributeQuery, 'input' | 'index' | 'predicted' | 'truth' | 'topClasses' | 'target'>;
}

/** The dimensions that inputs are fed under: one for all of them. @throws InputError for inputs that do not fit */
export function inputDims(model: Model, inputs: readonly Input[]): number[] {
  const shape = inputOf(model).type?.tensorType?.shape?.dim;
  const wanted = shape?.slice(1).map(({ dimValue }) => toNumber(dimValue) || null);
  const [first, ...others] = inputs.map(({ name, shape: have }) => ({
    name,
    dims: wanted ? exampleDims(name, have, wanted) : [...have],
  }));
  const other = others.find(({ dims }) => dims.join() !== first!.dims.join());
  if (other) {
    throw new InputError(
      `${other.name}: is [${other.dims.join(', ')}], but ${first!.name} is [${first!.dims.join(', ')}]; ` +
        'explain inputs of different sizes one by one, or give `resize`',
    );
  }
  return first!.dims;
}

/**
 * Runs the model on each input, and finds the class that is explained.
 * @param wanted `predicted`, `true`, a class name or number
 * @throws InputError for a class that the model does not have, or numbers that are not finite
 */
export async function describeInputs(
  { runtime, inputs, normalization }: { runtime: Runtime; inputs: readonly Input[]; normalization: Normalization },
  { model, input, scores, classes }: ExplainedModel,
  { wanted, classNames }: { wanted: string; classNames: readonly string[] },
): Promise<ExplainedInput[]> {
  const xs = inputs.map(({ data, shape, name }) => finite(normalize(data, shape, normalization), name));
  const activations = await openActivations(model, runtime, [scores]);
  try {
    const feeds = xs.map((x) => ({ [input.name]: float32(x, [1, ...input.dims]) }));
    const found = await activations.of(scores, feeds);
    return inputs.map((each, index) => {
      const ofInput = found[index]!.data as Float32Array;
      if (!ofInput.every(Number.isFinite)) {
        throw new InputError(
          `${each.name}: the model's scores are not finite; check its weights, \`mean\` and \`std\``,
        );
      }
      const named = probabilitiesOf(ofInput).map((entry) => ({ ...entry, label: classNames[entry.class]! }));
      const predicted = named[0]!;
      // Another data set's class numbers mean nothing here.
      const truth = each.classNames?.join('\n') === classNames.join('\n') ? each.label : undefined;
      const question = { wanted, predicted: predicted.class, truth, input: each.name };
      const target = targetClass(question, classNames, classes);
      return {
        example: { x: xs[index]!, target, index },
        facts: {
          input: each.name,
          index,
          predicted,
          ...(truth === undefined ? {} : { truth: { class: truth, label: classNames[truth]! } }),
          topClasses: named.slice(0, LISTED_CLASSES),
          target: { class: target, label: classNames[target]! },
        },
      };
    });
  } finally {
    await activations.release();
  }
}

function finite(x: Float32Array, name: string): Float32Array {
  const place = x.findIndex((value) => !Number.isFinite(value));
  if (place < 0) return x;
  throw new InputError(`${name}: element ${place} is not a finite number; replace it`);
}
