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
import type { Architecture, OpenSize } from './architecture.js';
import { architecture, ARCHITECTURES } from './registry.js';

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
  /** What channels and units of hidden layers are multiplied by, for `vgg11`, `vgg16`, `resnet18`, `vit-tiny` and `gin`; 1 by default. */
  readonly width?: number;
  /** How many layers of those that repeat there are, for `gin`, 5 by default, and `vit-tiny`, 6. */
  readonly depth?: number;
  /** What follows its layers, `relu` by default, for `vit-tiny` `gelu`. */
  readonly activation?: ActivationName;
  /** What its weights are drawn from, `he` by default. */
  readonly init?: InitName;
}

/** How pixels from 0 to 255 become the input: (pixel / 255 − mean) / std, here from −1 to 1. */
const PIXEL_MEAN = 0.5;
const PIXEL_STD = 0.5;

const OPEN_SIZES: readonly OpenSize[] = ['hidden', 'width', 'depth'];

/** Beyond it, even the narrowest network of the zoo would take gigabytes. */
const LARGEST_WIDTH = 8;

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
  const { seed = 0, classes = 10, inputShape: shape = inputShape, hidden, width, depth } = options;
  const { activation = chosen.activation ?? DEFAULT_ACTIVATION, init = DEFAULT_INIT } = options;
  checkSizes('classes', [classes]);
  checkSizes('input shape', shape);
  checkOpen(chosen, options);
  if (hidden) checkSizes('hidden', hidden);
  if (depth !== undefined) checkSizes('depth', [depth]);
  if (width !== undefined && !(width > 0 && width <= LARGEST_WIDTH)) {
    throw new InputError(`width: ${width} is not a number above 0 and up to ${LARGEST_WIDTH}`);
  }
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
  output(net, 'logits', chosen.build(net, x, { classes, hidden, width, depth }));
  const model = net.g.model();
  setMetadata(model, 'onnx-explain.architecture', name);
  if (shape.length === 3) {
    const perChannel = (value: number) => new Array<number>(shape[0]!).fill(value).join(',');
    setMetadata(model, 'onnx-explain.mean', perChannel(PIXEL_MEAN));
    setMetadata(model, 'onnx-explain.std', perChannel(PIXEL_STD));
  }
  return model;
}

/** @throws InputError for a size that the architecture does not leave open */
function checkOpen({ name, open = [] }: Architecture, options: CreateOptions): void {
  const fixed = OPEN_SIZES.find((size) => options[size] !== undefined && !open.includes(size));
  if (fixed === undefined) return;
  const takers = ARCHITECTURES.filter((each) => each.open?.includes(fixed)).map((each) => each.name);
  throw new InputError(`${fixed}: ${name} has no such choice; ${takers.join(', ')} can be given one`);
}

function checkSizes(what: string, sizes: readonly number[]): void {
  const wrong = sizes.find((size) => !Number.isSafeInteger(size) || size < 1);
  if (wrong !== undefined) throw new InputError(`${what}: ${wrong} is not a whole number above 0`);
  if (sizes.length === 0) throw new InputError(`${what}: no sizes given`);
}
