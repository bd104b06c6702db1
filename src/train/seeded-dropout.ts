/**
 * Dropout in training, from the run's seed: ONNX Runtime's own random operators keep state inside a session, which would
 * make a resumed run differ from one that never stopped. Here the mask is a hash of (step seed, node, element).
 */
import type { Gradient } from '../autodiff/gradient.js';
import { elementTypeCode } from '../onnx/element-type.js';
import { int32, toNumbers } from '../tensor.js';
import { floatAttribute } from '../onnx/attributes.js';
import { makeNode } from '../graph/builder.js';

/**
 * The rule that replaces Dropout in a training graph: y = x·m/(1 − p), m = 1 with probability 1 − p.
 * @param seed of this step: an int32 scalar
 * @param salt tells the dropouts of a model apart
 */
export function seededDropout(seed: string, salt: number): Gradient {
  return {
    replaces: true,
    forward: (context) => {
      const { g, node, input, output, values, type } = context;
      const given = input(1) === '' ? undefined : values.constant(input(1));
      const ratio = given ? toNumbers(given)[0]! : floatAttribute(node, 'ratio', 0.5);
      const x = input(0);
      const constant = (value: number) => g.constant(int32([value], []));
      const count = g.op('Cast', [g.op('Size', [x])], { to: elementTypeCode('int32') });
      const element = g.op('Range', [constant(0), count, constant(1)]);

      // Two rounds of multiply and shift-xor (32-bit, wrapping) spread every bit of seed and position over the result.
      const cast = (value: string, to: 'int32' | 'uint32') => g.op('Cast', [value], { to: elementTypeCode(to) });
      const shiftXor = (value: string, by: number) => {
        const bits = cast(value, 'uint32');
        const shift = g.constant({ type: 'uint32', dims: [], data: Uint32Array.of(by) });
        return cast(g.op('BitwiseXor', [bits, g.op('BitShift', [bits, shift], { direction: 'RIGHT' })]), 'int32');
      };
      const salted = g.op('Add', [g.op('Mul', [element, constant(0x9e3779b1 | 0)]), seed]);
      let hash = shiftXor(g.op('Add', [salted, constant(Math.imul(salt + 1, 0x85ebca6b))]), 16);
      hash = shiftXor(g.op('Mul', [hash, constant(0x7feb352d)]), 15);
      hash = shiftXor(g.op('Mul', [hash, constant(0x846ca68b | 0)]), 16);

      // Uniform over all 32-bit integers, so the ratio is a threshold among them.
      const threshold = Math.min(Math.round((ratio - 0.5) * 2 ** 32), 2 ** 31 - 1);
      const kept = g.op('Not', [g.op('Less', [hash, constant(threshold)])]);
      const shaped = g.op('Reshape', [kept, g.op('Shape', [x])]);
      const scaled = g.op('Mul', [
        g.op('Cast', [shaped], { to: elementTypeCode(type(x)) }),
        g.scalar(1 / (1 - ratio), type(x)),
      ]);
      g.add(makeNode('Mul', [x, scaled], [output(0)]));
      if (output(1) !== '') g.add(makeNode('Identity', [shaped], [output(1)]));
      return { mask: scaled };
    },
    backward: ({ g, dy, saved }) => [g.op('Mul', [dy, saved.mask!])],
  };
}
