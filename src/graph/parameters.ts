/** Which of a model's weights are parameters: what training changes. */
import { tensorMetadata, setTensorMetadata, type Graph, type Node, type StoredTensor } from '../onnx/model.js';
import { isFloatTensor } from '../onnx/element-type.js';
import { dimsOf } from '../onnx/tensor-proto.js';
import { elementCount } from '../tensor.js';
import { table } from '../table.js';
import { isScan, scanOf } from './scan.js';

/** Operands that hold learned numbers, by operator. Statistics (the mean and variance of a batch norm) are not learned. */
const LEARNED_OPERANDS = table<readonly number[]>({
  BatchNormalization: [1, 2],
  Conv: [1, 2],
  ConvTranspose: [1, 2],
  Einsum: [0, 1, 2, 3],
  GRU: [1, 2, 3],
  Gather: [0],
  Gemm: [0, 1, 2],
  GroupNormalization: [1, 2],
  InstanceNormalization: [1, 2],
  LSTM: [1, 2, 3, 7],
  LayerNormalization: [1, 2],
  MatMul: [0, 1],
  PRelu: [1],
  RMSNormalization: [1],
  RNN: [1, 2, 3],
});

/** Operators whose operands may be learned or be constants of a formula (the ½ of a GELU): a single number is the latter. */
const ARITHMETIC = new Set(['Add', 'Sub', 'Mul', 'Div', 'Sum', 'Concat']);

/** Operators that hand a weight on in another form. */
const FORWARDING = new Set(['Identity', 'Transpose', 'Reshape', 'Flatten', 'Squeeze', 'Unsqueeze', 'Cast', 'Expand']);

const FROZEN = 'onnx-explain.frozen';

/** Marks weights as not to be trained. The mark is metadata of the weight itself and stays in the model's file. */
export function freeze(graph: Graph, names: readonly string[]): void {
  const wanted = new Set(names);
  for (const stored of graph.initializer) if (wanted.has(stored.name)) setTensorMetadata(stored, FROZEN, 'true');
}

/** Whether a weight is marked as not to be trained. */
export function isFrozen(stored: StoredTensor): boolean {
  return tensorMetadata(stored, FROZEN) === 'true';
}

/**
 * Names of a graph's parameters, in the order of its weights: floating-point weights that are not frozen and that some
 * node uses as a learned operand. A number that scales or shifts the raw input (a mean to subtract, say) prepares the
 * data and is not a parameter; neither is a single number in arithmetic.
 */
export function parametersOf(graph: Graph): string[] {
  const weights = new Map(
    graph.initializer
      .filter((stored) => isFloatTensor(stored) && !isFrozen(stored))
      .map((stored) => [stored.name, elementCount(dimsOf(stored))]),
  );
  /** Values that are a weight in another form, with that weight. */
  const origin = new Map([...weights.keys()].map((name) => [name, name]));
  const initializers = new Set(graph.initializer.map(({ name }) => name));
  /** Values that are the input, but for arithmetic with constants. */
  const raw = new Set(graph.input.map(({ name }) => name).filter((name) => !initializers.has(name)));
  const learned = new Set<string>();
  for (const node of withSteps(graph)) {
    for (const operand of learnedOperands(node)) {
      const name = origin.get(node.input[operand] ?? '');
      if (name === undefined) continue;
      const arithmetic = ARITHMETIC.has(node.opType);
      const preparesData = arithmetic && node.input.some((input) => raw.has(input));
      const partOfFormula = arithmetic && weights.get(name) === 1;
      // Constants that are joined to one another are the parts of one: of a list of scales, say.
      const partOfConstant = node.opType === 'Concat' && node.input.every((input) => initializers.has(input));
      if (!preparesData && !partOfFormula && !partOfConstant) learned.add(name);
    }
    const first = node.input[0] ?? '';
    const source = FORWARDING.has(node.opType) ? origin.get(first) : undefined;
    if (source !== undefined) origin.set(node.output[0]!, source);
    const isPreparation = FORWARDING.has(node.opType) || ARITHMETIC.has(node.opType);
    const inputs = node.input.filter((name) => name !== '');
    if (
      isPreparation &&
      inputs.some((name) => raw.has(name)) &&
      inputs.every((name) => raw.has(name) || initializers.has(name))
    ) {
      raw.add(node.output[0]!);
    }
  }
  return [...weights.keys()].filter((name) => learned.has(name));
}

/** The nodes of a graph, each Scan with those of its body behind it, which gradients pass. */
function withSteps(graph: Graph): Node[] {
  return graph.node.flatMap((node) => (isScan(node) ? [node, ...withSteps(scanOf(node).body)] : [node]));
}

/** Places among a node's operands where learned numbers may stand. */
export function learnedOperands(node: Node): readonly number[] {
  if (ARITHMETIC.has(node.opType)) return node.input.map((_, index) => index);
  return LEARNED_OPERANDS[node.opType] ?? [];
}
