/** Linear maps that are sums over named axes: Einsum with a stored operand, and products with a stack of matrices. */
import { parseEquation } from './einsum-equation.js';

/** A sum of products of an input and a weight. */
export interface Contraction {
  /** As Einsum has it. */
  readonly equation: string;
  /** Which of the two operands is the weight. */
  readonly weightAt: number;
  /** The weight's dimensions, one for each of its labels. */
  readonly weightDims: readonly number[];
}

/** What the axes of a contraction are to the layer, by their labels. */
export interface Roles {
  readonly weight: readonly string[];
  readonly input: readonly string[];
  /** In the weight, the input and the result: each has a matrix of its own. */
  readonly groups: readonly string[];
  /** In the weight and the result: rows of the matrices. */
  readonly units: readonly string[];
  /** In the weight and the input: columns of the matrices. What else the input has are examples and positions. */
  readonly inputs: readonly string[];
  /** Sizes of the groups and units: the dimensions of a bias. */
  readonly outputs: readonly number[];
  /** Whether the result ends in them, so that a bias can be added as it is. */
  readonly endsInOutputs: boolean;
}

/**
 * The roles of a contraction's axes.
 * @param inputRank axes of the input; one more than its labels by default, which an ellipsis stands for
 * @returns undefined where it is no matrix product: axes that are summed alone, diagonals, a weight of the batch's size
 */
export function rolesOf({ equation, weightAt, weightDims }: Contraction, inputRank?: number): Roles | undefined {
  const terms = equation.replace(/\s/g, '').split('->')[0]!.split(',');
  if (terms.length !== 2 || terms[weightAt]!.includes('...')) return undefined;
  const named = terms[1 - weightAt]!.replace('...', '').length;
  const rank = inputRank ?? named + (terms[1 - weightAt]!.includes('...') ? 1 : 0);
  const { operands, result } = parseEquation(
    equation,
    weightAt === 0 ? [weightDims.length, rank] : [rank, weightDims.length],
  );
  const [weight, input] = [operands[weightAt]!, operands[1 - weightAt]!];
  if ([weight, input, result].some((labels) => new Set(labels).size < labels.length)) return undefined;
  if (weight.length !== weightDims.length || input.length !== rank || weight.includes(input[0] ?? '')) return undefined;
  const isSummedAlone = (label: string) =>
    !result.includes(label) && !(weight.includes(label) && input.includes(label));
  if ([...weight, ...input].some(isSummedAlone)) return undefined;
  const shared = weight.filter((label) => input.includes(label));
  const inputs = shared.filter((label) => !result.includes(label));
  if (inputs.length === 0) return undefined;
  const groups = shared.filter((label) => result.includes(label));
  const units = weight.filter((label) => !input.includes(label));
  const outputs = [...groups, ...units];
  return {
    weight,
    input,
    groups,
    units,
    inputs,
    outputs: outputs.map((label) => weightDims[weight.indexOf(label)]!),
    endsInOutputs: outputs.every((label, i) => result.at(i - outputs.length) === label),
  };
}

/** A MatMul with a stored operand as a contraction; undefined where that operand is a matrix, axes of one element aside. */
export function stackedProduct(weightAt: number, stored: readonly number[]): Contraction | undefined {
  const first = stored.findIndex((size) => size !== 1);
  const weightDims = stored.slice(Math.min(Math.max(first, 0), stored.length - 2));
  if (weightDims.length < 3) return undefined;
  const stack = [...'abcdefghijklmnopqrstuvw'].slice(0, weightDims.length - 2).join('');
  const left = `${weightAt === 0 ? '' : '...'}${stack}xy`;
  const right = `${weightAt === 1 ? '' : '...'}${stack}yz`;
  return { equation: `${left},${right}->...${stack}xz`, weightAt, weightDims };
}
