/** Names that every JavaScript object has something under, which are read from files all the same. */
import { describe, expect, test } from '@jest/globals';
import { InputError } from '../../src/errors.js';
import { GraphBuilder, makeNode } from '../../src/graph/builder.js';
import { prepareModel } from '../../src/graph/prepare.js';
import { inferValues } from '../../src/graph/values.js';
import type { Model } from '../../src/onnx/model.js';
import { validateModel } from '../../src/onnx/validate.js';
import { runtime } from '../helpers/run-model.js';

describe.each(['constructor', 'toString', '__proto__'])(
  'called "%s", as something of every JavaScript object is',
  (name) => {
    const small = (op: string, output: string, attribute?: string) => {
      const g = new GraphBuilder();
      g.input('x', 'float32', ['batch', 2]);
      g.add(makeNode('Constant', [], ['c'], { [attribute ?? 'value_float']: { float: 1 } }));
      g.add(makeNode(op, ['x', 'c'], [output]));
      g.output(output, 'float32', ['batch', 2]);
      return g.model();
    };

    test('an operator, an attribute', async () => {
      const used = async (model: Model) => inferValues(await prepareModel(model, runtime), runtime);
      await expect(used(small(name, 'y'))).rejects.toThrow(InputError);
      await expect(used(small('Add', 'y', name))).rejects.toThrow(InputError);
    });

    test('a value', () => {
      expect(() => validateModel(small('Add', name), 'm.onnx')).toThrow(
        `m.onnx: node ${name} (Add) names a value "${name}", which is the name of something that every JavaScript object has; rename it`,
      );
    });
  },
);
