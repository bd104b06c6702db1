import { algebra, type Algebra } from '../../../autodiff/algebra.js';
import { attributesOf, type Saved } from '../../../autodiff/gradient.js';
import { makeNode } from '../../../graph/builder.js';
import { intAttribute } from '../../../onnx/attributes.js';
import type { LinearMap } from './linear-map.js';
import { defineLinearRule, type LinearPropagated, type LrpNodeContext, type LrpRuleContext } from './rule.js';
import { STABILIZER, stabilized } from './stabilize.js';
import { signed } from './zplus.js';

/**
 * LRP-γ ([Montavon et al. 2019]) in its generalised form ([Andéol et al. 2021]): positive contributions count 1 + γ
 * times where the output is positive, negative ones where it is negative. With inputs that are never negative it is the
 * original rule.
 */
export const gamma = defineLinearRule({
  name: 'gamma',
  summary: 'contributions of the sign of the output favoured by gamma',
  isProportional: true,
  defaults: { gamma: 0.25, stabilizer: STABILIZER, bias: true },
  forward: (context, { gamma: factor, stabilizer, bias: withBias }) => {
    if (sharesColumns(context, withBias)) return withFavoured(context, factor, stabilizer);
    context.g.add(context.node);
    return {};
  },
  propagate: (linear, context, { gamma: factor, stabilizer, bias: withBias }) => {
    const { math } = linear;
    const half = (sign: 1 | -1) => halfOf(linear, context, sign, { factor, stabilizer, withBias });
    const above = half(1);
    // Where the output is not positive nothing has arrived.
    if (context.onlyWherePositive(linear.y)) return above;
    const below = half(-1);
    return {
      input: math.add(above.input, below.input),
      bias: above.bias && below.bias && math.add(above.bias, below.bias),
    };
  },
});

interface Settings {
  readonly factor: number;
  readonly stabilizer: number;
  readonly withBias: boolean;
}

interface Term {
  readonly x: string;
  readonly weight: string;
  readonly bias: string | undefined;
}

/**
 * Whether the layer and its copy with favoured weights are one convolution. ONNX Runtime lays out the columns of an input anew for each
 * convolution, which takes about as long as the product of 32 filters. Not so with weights that it knows: it has no columns then.
 */
function sharesColumns({ node, layer, network, onlyWherePositive }: LrpNodeContext, withBias: boolean): boolean {
  if (node.opType !== 'Conv' || !layer || intAttribute(node, 'group', 1) !== 1) return false;
  const [x, weight] = [node.input[layer.data]!, node.input[layer.weight]!];
  const isAlone = network.nonNegative(x) && onlyWherePositive(layer.output);
  return network.isFed(weight) && isAlone && (withBias || layer.bias === undefined);
}

/** Emits both as one, and the outputs apart; to z the stabilizer is added with the bias, where there is one. */
function withFavoured({ g, node, layer, dims, type }: LrpNodeContext, factor: number, stabilizer: number): Saved {
  const [x, weight] = [node.input[layer!.data]!, node.input[layer!.weight]!];
  const filters = dims(weight)[0] as number;
  const math = algebra(g, type(x));
  const favouredWeight = favoured(math, weight, factor, 1);
  const operands = [x, g.op('Concat', [weight, favouredWeight], { axis: 0 })];
  const bias = layer!.bias === undefined ? undefined : favoured(math, layer!.bias, factor, 1);
  if (bias !== undefined) operands.push(g.op('Concat', [layer!.bias!, math.add(bias, stabilizer)], { axis: 0 }));
  const [both, z] = [g.fresh('both'), g.fresh('favoured')];
  g.add(makeNode('Conv', operands, [both], attributesOf(node)));
  g.add(makeNode('Split', [both, g.ints([filters, filters])], [node.output[0]!, z], { axis: 1 }));
  return { [bias === undefined ? 'z' : 'stabilizedZ']: z, weight: favouredWeight, ...(bias !== undefined && { bias }) };
}

/** A value with its part of one sign 1 + γ times. */
function favoured(math: Algebra, value: string, factor: number, sign: 1 | -1): string {
  return math.add(value, math.mul(factor, signed({ math }, value, sign)));
}

/** What outputs of one sign hand on. */
function halfOf(
  linear: LinearMap,
  { dy, network, onlyWherePositive, saved }: LrpRuleContext,
  sign: 1 | -1,
  { factor, stabilizer, withBias }: Settings,
): LinearPropagated {
  const { x, y, weight, math } = linear;
  const onlyPositive = network.nonNegative(x);
  const favour = (value: string, of: 1 | -1) => favoured(math, value, factor, of);
  const bias = saved.bias ?? (withBias && linear.bias !== undefined ? favour(linear.bias, sign) : undefined);
  const favouredWeight = saved.weight ?? favour(weight, sign);
  const terms: Term[] = [{ x: onlyPositive ? x : signed(linear, x, 1), weight: favouredWeight, bias }];
  if (!onlyPositive) {
    terms.push({ x: signed(linear, x, -1), weight: favour(weight, sign === 1 ? -1 : 1), bias: undefined });
  }
  const z = saved.z ?? saved.stabilizedZ ?? total(linear, terms);
  const seedOf = (): string => {
    // With the positive contributions favoured, z is no less than y. Where y is not positive 0 is divided, by what must not be 0.
    if (stabilizer > 0 && saved.stabilizedZ !== undefined) {
      return math.div(dy, math.atLeast(saved.stabilizedZ, stabilizer));
    }
    if (stabilizer > 0 && onlyWherePositive(y)) {
      return math.div(dy, stabilized(math, math.apply('Relu', z), stabilizer, true));
    }
    const share = math.div(dy, stabilized(math, z, stabilizer));
    return math.where(math.compare(sign === 1 ? 'Greater' : 'Less', y, 0), share, 0);
  };
  const seed = seedOf();
  const parts = terms.map((term) => math.mul(term.x, linear.back(seed, term.weight)));
  return { input: math.add(...parts), bias: linear.biasShare(seed, bias) };
}

function total(linear: LinearMap, terms: readonly Term[]): string {
  return linear.math.add(...terms.map((term) => linear.apply(term.x, term.weight, term.bias)));
}
