import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { InputError } from '../../../src/errors.js';
import { GraphBuilder, makeNode } from '../../../src/graph/builder.js';
import { dropIdentities } from '../../../src/graph/passes/drop-identities.js';
import { inlineFunctions } from '../../../src/graph/passes/inline-functions.js';
import { traceableLayers } from '../../../src/graph/layers.js';
import { hasControlFlow, unroll } from '../../../src/graph/passes/unroll.js';
import { inferValues } from '../../../src/graph/values.js';
import { decodeModel } from '../../../src/onnx/codec.js';
import { graphOf, onnx, type Graph, type Model } from '../../../src/onnx/model.js';
import { decodeTensor } from '../../../src/onnx/tensor-proto.js';
import { float32, int64, type Tensor } from '../../../src/tensor.js';
import { awayFromZero } from '../../helpers/gradients/gradient-check.js';
import { expectSameOutputs, runtime } from '../../helpers/run-model.js';

const x = (...dims: number[]) => float32(Float32Array.from(awayFromZero(dims).data), dims);
const bool = (value: boolean): Tensor => ({ type: 'bool', dims: [], data: Uint8Array.of(value ? 1 : 0) });
const fixture = (name: string) =>
  decodeModel(readFileSync(new URL(`../../fixtures/onnx/${name}.onnx`, import.meta.url)), name);
const opsOf = (model: Model) => graphOf(model).node.map(({ opType }) => opType);

function graph(build: (g: GraphBuilder) => void): Graph {
  const g = new GraphBuilder();
  build(g);
  return g.graph;
}

function modelOf(build: (g: GraphBuilder) => void): Model {
  const g = new GraphBuilder();
  g.input('x', 'float32', ['batch', 3]);
  build(g);
  g.output('y', 'float32');
  return g.model();
}

describe('control flow', () => {
  test('If, Loop and Scan with constant counts', async () => {
    const model = fixture('control-flow');
    const written = unroll(model, await inferValues(model, runtime));
    // The rows that Scan walks over come out of the loop, so their number is known from the model's shapes.
    expect(hasControlFlow(graphOf(written))).toBe(false);
    expect(opsOf(written).filter((op) => op === 'MatMul')).toHaveLength(3);
    await expectSameOutputs(written, model, { input: x(2, 4) }, 1e-6);
    expect(traceableLayers(graphOf(written)).map(({ weight }) => weight)).toEqual(['w', 'w', 'w']);
  });

  test.each([true, false])('a branch that reads and hands on values from outside (%p)', async (condition) => {
    const model = modelOf((g) => {
      g.initializer('condition', bool(condition));
      g.add(makeNode('Relu', ['x'], ['h']));
      const then = graph((b) => {
        b.initializer('h_scale', float32([2]));
        b.add(makeNode('Mul', ['h', 'h_scale'], ['result']));
        b.output('result', 'float32');
      });
      const otherwise = graph((b) => {
        b.add(makeNode('Identity', ['x'], ['result']));
        b.output('result', 'float32');
      });
      g.add(makeNode('If', ['condition'], ['y'], { then_branch: then, else_branch: otherwise }));
    });
    const written = unroll(model);
    expect(opsOf(written)).not.toContain('If');
    await expectSameOutputs(written, model, { x: x(2, 3) });
  });

  test('a loop in a loop, with a branch inside that the counter decides', async () => {
    const body = (name: string, inside: (b: GraphBuilder) => void) =>
      graph((b) => {
        b.input(`${name}_i`, 'int64', []);
        b.input(`${name}_on`, 'bool', []);
        b.input(`${name}_state`, 'float32');
        inside(b);
        b.add(makeNode('Identity', [`${name}_on`], [`${name}_still`]));
        b.output(`${name}_still`, 'bool', []);
        b.output(`${name}_next`, 'float32');
      });
    const model = modelOf((g) => {
      g.initializer('two', int64([2], []));
      g.initializer('three', int64([3], []));
      const inner = body('inner', (b) => b.add(makeNode('Add', ['inner_state', 'x'], ['inner_next'])));
      const outer = body('outer', (b) => {
        b.add(makeNode('Loop', ['three', '', 'outer_state'], ['summed'], { body: inner }));
        b.add(makeNode('Tanh', ['summed'], ['outer_next']));
      });
      g.add(makeNode('Loop', ['two', '', 'x'], ['y'], { body: outer }));
    });
    const written = unroll(model);
    expect(opsOf(written).filter((op) => op === 'Add')).toHaveLength(6);
    await expectSameOutputs(written, model, { x: x(2, 3) });
  });

  test('Scan backwards, collecting along another axis', async () => {
    const body = graph((b) => {
      b.input('sum', 'float32', [2]);
      b.input('row', 'float32', [2]);
      b.add(makeNode('Add', ['sum', 'row'], ['next']));
      b.add(makeNode('Exp', ['next'], ['kept']));
      b.output('next', 'float32', [2]);
      b.output('kept', 'float32', [2]);
    });
    const g = new GraphBuilder();
    g.input('x', 'float32', [2, 4]);
    g.initializer('zero', float32([0, 0]));
    g.add(
      makeNode('Scan', ['zero', 'x'], ['last', 'y'], {
        body,
        num_scan_inputs: 1,
        scan_input_axes: [1],
        scan_input_directions: [1],
        scan_output_axes: [-1],
        scan_output_directions: [1],
      }),
    );
    g.output('last', 'float32');
    g.output('y', 'float32');
    const model = g.model();
    const written = unroll(model, await inferValues(model, runtime));
    expect(opsOf(written)).not.toContain('Scan');
    await expectSameOutputs(written, model, { x: x(2, 4) });
  });

  test('what depends on the input stays', () => {
    const counting = graph((b) => {
      b.input('i', 'int64', []);
      b.input('on', 'bool', []);
      b.input('state', 'float32');
      b.add(makeNode('Add', ['state', 'state'], ['next']));
      b.add(makeNode('Less', [b.op('ReduceMax', ['next'], { keepdims: 0 }), b.scalar(100)], ['small']));
      b.output('small', 'bool', []);
      b.output('next', 'float32');
    });
    const model = modelOf((g) => {
      g.initializer('many', int64([50], []));
      g.add(makeNode('Loop', ['many', '', 'x'], ['y'], { body: counting }));
    });
    expect(opsOf(unroll(model))).toEqual(['Loop']);
  });

  test('a count that would fill the memory is refused', () => {
    const body = graph((b) => {
      b.input('i', 'int64', []);
      b.input('on', 'bool', []);
      b.input('state', 'float32');
      b.add(makeNode('Relu', ['state'], ['next']));
      b.output('on', 'bool', []);
      b.output('next', 'float32');
    });
    const model = modelOf((g) => {
      g.initializer('count', int64([2 ** 40], []));
      g.add(makeNode('Loop', ['count', '', 'x'], ['y'], { body }));
    });
    expect(() => unroll(model)).toThrow(InputError);
  });
});

describe('functions', () => {
  test('that call each other, with attributes handed down, are inlined', async () => {
    const model = fixture('functions');
    const inlined = inlineFunctions(model);
    expect(inlined.functions).toEqual([]);
    expect(opsOf(inlined)).toEqual([
      'MatMul',
      'Add',
      'LeakyRelu',
      'Identity',
      'MatMul',
      'Add',
      'LeakyRelu',
      'Identity',
    ]);
    await expectSameOutputs(inlined, model, { input: x(3, 4) });
    expect(traceableLayers(graphOf(inlined)).map(({ weight, bias }) => [weight, bias])).toEqual([
      ['w1', 'b1'],
      ['w2', 'b2'],
    ]);
    expect(model.functions).toHaveLength(2);
  });

  /** A model that calls `f0`, each function calling others of the list. */
  function calling(bodies: readonly (readonly string[])[]): Model {
    const model = modelOf((g) => {
      const node = makeNode('f0', ['x'], ['y']);
      node.domain = 'local';
      g.add(node);
    });
    const imports = [...model.opsetImport, new onnx.OperatorSetIdProto({ domain: 'local', version: 1 })];
    model.opsetImport = imports;
    model.functions = bodies.map((calls, i) => {
      let value = 'a';
      const node = calls.map((name, k) => {
        const call = makeNode(name, [value], [k === calls.length - 1 ? 'b' : `v${k}`]);
        if (name.startsWith('f')) call.domain = 'local';
        value = `v${k}`;
        return call;
      });
      return new onnx.FunctionProto({
        name: `f${i}`,
        domain: 'local',
        input: ['a'],
        output: ['b'],
        node,
        opsetImport: imports,
      });
    });
    return model;
  }

  test('in a chain as long as there are functions', async () => {
    const model = calling([['f1', 'f2'], ['f2', 'Neg'], ['f3'], ['Relu', 'Exp']]);
    await expectSameOutputs(inlineFunctions(model), model, { x: x(2, 3) });
  });

  test('that call themselves, or each other in a circle, are refused', () => {
    expect(() => inlineFunctions(calling([['f0']]))).toThrow(/function f0 calls itself/);
    expect(() => inlineFunctions(calling([['f1'], ['Relu', 'f0']]))).toThrow(InputError);
  });

  test('that call each other twice, forty deep, are refused before memory runs out', () => {
    const bodies = Array.from({ length: 40 }, (_, i) => (i === 39 ? ['Relu'] : [`f${i + 1}`, `f${i + 1}`]));
    expect(() => inlineFunctions(calling(bodies))).toThrow(/more than \d+ nodes/);
  });

  test('with a branch inside, called twice', async () => {
    const model = calling([['f1', 'f1'], ['Relu']]);
    const branch = (name: string, op: string) =>
      graph((b) => {
        b.add(makeNode(op, ['a'], ['inner']));
        b.add(makeNode('Neg', ['inner'], [name]));
        b.output(name, 'float32');
      });
    const body = model.functions[1]!;
    const first = makeNode('ReduceSum', ['a'], ['total'], { keepdims: 0 });
    const zero = makeNode('Constant', [], ['zero'], { value: float32([0], []) });
    const compare = makeNode('Greater', ['total', 'zero'], ['positive']);
    const choose = makeNode('If', ['positive'], ['b'], {
      then_branch: branch('t', 'Exp'),
      else_branch: branch('e', 'Abs'),
    });
    body.node = [first, zero, compare, choose];
    for (const sign of [1, -1]) {
      const feeds = {
        x: float32(
          [1, 2, 3].map((value) => value * sign),
          [1, 3],
        ),
      };
      await expectSameOutputs(inlineFunctions(model), model, feeds);
    }
  });
});

describe('Identity', () => {
  test('nodes go, but for those that name an output', async () => {
    const model = modelOf((g) => {
      g.add(makeNode('Identity', ['x'], ['a']));
      g.add(makeNode('Identity', ['a'], ['b']));
      g.add(makeNode('Relu', ['b'], ['c']));
      g.add(makeNode('Identity', ['c'], ['y']));
    });
    const lean = dropIdentities(model);
    expect(opsOf(lean)).toEqual(['Relu', 'Identity']);
    await expectSameOutputs(lean, model, { x: x(2, 3) });
  });

  test('of a fresh weight makes a weight of its own; of another one it is the same weight', async () => {
    const model = modelOf((g) => {
      g.initializer('ones', float32([1, 1, 1]));
      g.initializer('tied', float32([1, 2, 3]));
      g.add(makeNode('Identity', ['ones'], ['norm2.weight']));
      g.add(makeNode('Identity', ['tied'], ['head.weight']));
      g.add(makeNode('Sum', ['x', 'ones', 'norm2.weight', 'tied', 'head.weight'], ['y']));
    });
    const lean = dropIdentities(model);
    expect(graphOf(lean).node[0]!.input).toEqual(['x', 'ones', 'norm2.weight', 'tied', 'tied']);
    expect(graphOf(lean).initializer.map((stored) => [stored.name, [...decodeTensor(stored).data]])).toEqual([
      ['ones', [1, 1, 1]],
      ['tied', [1, 2, 3]],
      ['norm2.weight', [1, 1, 1]],
    ]);
    await expectSameOutputs(lean, model, { x: x(2, 3) });
  });

  test('that a branch reads is renamed there', async () => {
    const model = modelOf((g) => {
      g.input('yes', 'bool', []);
      g.add(makeNode('Identity', ['x'], ['a']));
      const branch = (name: string, op: string) =>
        graph((b) => {
          b.add(makeNode(op, ['a'], [name]));
          b.output(name, 'float32');
        });
      g.add(makeNode('If', ['yes'], ['y'], { then_branch: branch('t', 'Relu'), else_branch: branch('e', 'Neg') }));
    });
    const lean = dropIdentities(model);
    expect(opsOf(lean)).toEqual(['If']);
    await expectSameOutputs(lean, model, { x: x(2, 3), yes: bool(true) });
  });
});
