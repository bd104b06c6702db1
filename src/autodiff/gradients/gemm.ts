import { floatAttribute, intAttribute } from '../../onnx/attributes.js';
import { sumToShapeOf } from '../broadcast.js';
import { whereNeeded, type GradientTable } from '../gradient.js';

/** The product of two matrices, scaled, plus a third. */
export const gemm = {
  /** y = α·A'·B' + β·C, where ' transposes if transA/transB say so, and C is broadcast. */
  Gemm: {
    backward: (context) => {
      const { g, node, input, output, dims, type, dy } = context;
      const [transA, transB] = [intAttribute(node, 'transA', 0), intAttribute(node, 'transB', 0)];
      const [alpha, beta] = [floatAttribute(node, 'alpha', 1), floatAttribute(node, 'beta', 1)];
      const product = (left: string, right: string, transLeft: number, transRight: number) =>
        g.op('Gemm', [left, right], { transA: transLeft, transB: transRight, alpha: { float: alpha } });
      const [a, b, c] = [input(0), input(1), input(2)];

      const da = () => (transA ? product(b, dy, transB, 1) : product(dy, b, 0, 1 - transB));
      const db = () => (transB ? product(dy, a, 1, transA) : product(a, dy, 1 - transA, 0));
      const dc = () => {
        const sum = sumToShapeOf(context, dy, dims(output(0)), c);
        return beta === 1 ? sum : g.op('Mul', [sum, g.scalar(beta, type(output(0)))]);
      };
      return whereNeeded(context, [da, db, c === '' ? undefined : dc]);
    },
  },
} satisfies GradientTable;
