/** Fresh models from the zoo. */
import { InputError } from '../errors.js';
import { BUILD_OPSET, GraphBuilder } from '../graph/builder.js';
import { setMetadata, type Model } from '../onnx/model.js';
import { seededRandom } from '../numeric/random.js';
import {
  ACTIVATIONS,
  DEFAULT_ACTIVATION,
  DEFAULT_INIT,
  INITS,
  input,
  output,
  type ActivationName,
  type InitName,
} from './network.js';
import { architecture } from './registry.js';

/** What a fresh model is to be like. */
export interface CreateOptions {
  /** Seed of the initial weights, 0 by default. */
  readonly seed?: number;
  /** Number of classes, 10 by default. */
  readonly classes?: number;
  /** Shape of one example, `[channels, height, width]` for images; the architecture's own by default. */
  readonly inputShape?: readonly number[];
  /** Widths of hidden layers, for `mlp`. */
  readonly hidden?: readonly number[];
  /** What follows its layers, `relu` by default. */
  readonly activation?: ActivationName;
  /** What its weights are drawn from, `he` by default. */
  readonly init?: InitName;
}

/** How pixels from 0 to 255 become the input: (pixel / 255 − mean) / std, here from −1 to 1. */
const PIXEL_MEAN = 0.5;
const PIXEL_STD = 0.5;

/** Operator set that brought Gelu. */
const GELU_OPSET = 20;

/**
 * Makes a model with freshly drawn weights, in inference form: input `input` [batch, …], output `logits`
 * [batch, classes]. The same options give the same bytes.
 * @throws InputError for an unknown architecture, and for sizes that it cannot have
 */
export function create(name: string, options: CreateOptions = {}): Model {
  const chosen = architecture(name);
  const { inputShape, anyRank = false } = chosen;
  const { seed = 0, classes = 10, inputShape: shape = inputShape, hidden } = options;
  const { activation = DEFAULT_ACTIVATION, init = DEFAULT_INIT } = options;
  checkSizes('classes', [classes]);
  checkSizes('input shape', shape);
  if (hidden) checkSizes('hidden', hidden);
  if (!Object.hasOwn(ACTIVATIONS, activation)) {
    throw new InputError(`activation: ${activation} is none of ${Object.keys(ACTIVATIONS).join(', ')}`);
  }
  if (!INITS.includes(init)) throw new InputError(`init: ${init} is none of ${INITS.join(', ')}`);
  if (shape.length !== inputShape.length && !anyRank) {
    const example = inputShape.join('x');
    throw new InputError(
      `input shape ${shape.join('x')}: ${name} needs ${inputShape.length} sizes an example, such as ${example}`,
    );
  }

  const opset = activation === 'gelu' ? GELU_OPSET : BUILD_OPSET;
  const net = { g: new GraphBuilder({ name, opset }), random: seededRandom(seed), activation, init };
  const x = input(net, 'input', shape);
  output(net, 'logits', chosen.build(net, x, { classes, hidden }));
  const model = net.g.model();
  setMetadata(model, 'onnx-explain.architecture', name);
  if (shape.length === 3) {
    const perChannel = (value: number) => new Array<number>(shape[0]!).fill(value).join(',');
    setMetadata(model, 'onnx-explain.mean', perChannel(PIXEL_MEAN));
    setMetadata(model, 'onnx-explain.std', perChannel(PIXEL_STD));
  }
  return model;
}

function checkSizes(what: string, sizes: readonly number[]): void {
  const wrong = sizes.find((size) => !Number.isSafeInteger(size) || size < 1);
  if (wrong !== undefined) throw new InputError(`${what}: ${wrong} is not a whole number above 0`);
  if (sizes.length === 0) throw new InputError(`${what}: no sizes given`);
}
