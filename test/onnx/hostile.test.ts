/** Files that are cut off, damaged or made to do harm: an InputError of one line, never a crash, never a hang. */
import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { InputError } from '../../src/errors.js';
import { GraphBuilder, makeNode } from '../../src/graph/builder.js';
import { cutBefore } from '../../src/graph/cut.js';
import { dropDead } from '../../src/graph/drop-dead.js';
import { foldBatchNorm } from '../../src/graph/fold-batch-norm.js';
import { traceableLayers } from '../../src/graph/layers.js';
import { liftConstants } from '../../src/graph/passes/lift-constants.js';
import { parametersOf } from '../../src/graph/parameters.js';
import { upgradeOpset } from '../../src/graph/passes/upgrade-opset.js';
import { inferValues } from '../../src/graph/values.js';
import { float, floatAttribute, intAttribute, intsAttribute, stringAttribute } from '../../src/onnx/attributes.js';
import { decodeModel, encodeModel } from '../../src/onnx/codec.js';
import { storedTensors } from '../../src/onnx/stored-tensors.js';
import { graphOf, onnx, OPSET_RANGE, type Model } from '../../src/onnx/model.js';
import { decodeTensor } from '../../src/onnx/tensor-proto.js';
import { validateModel } from '../../src/onnx/validate.js';
import { float32, int64 } from '../../src/tensor.js';
import { runtime } from '../helpers/run-model.js';

const folder = new URL('../fixtures/onnx/', import.meta.url);
const fixtures = new Map(
  readdirSync(folder)
    .filter((name) => name.endsWith('.onnx'))
    .map((name) => [name, readFileSync(new URL(name, folder))]),
);

/** All that is done with a model before it runs. What it returns says how far that went. */
function readAndRewrite(bytes: Uint8Array): 'done' | 'refused' {
  try {
    const model = decodeModel(bytes, 'm.onnx');
    validateModel(model, 'm.onnx');
    for (const stored of storedTensors(model)) {
      try {
        decodeTensor(stored);
      } catch (error) {
        // Element types that we do not hold are refused when they are needed.
        if (!(error instanceof InputError)) throw error;
      }
    }
    parametersOf(graphOf(model));
    traceableLayers(graphOf(model));
    const upgraded = dropDead(liftConstants(upgradeOpset(model)));
    foldBatchNorm(upgraded);
    cutBefore(upgraded, [graphOf(upgraded).output[0]!.name]);
    encodeModel(upgraded);
    return 'done';
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    expect(error.message).not.toMatch(/\p{Cc}/u);
    return 'refused';
  }
}

const readFixture = (name: string) => readFileSync(new URL(name, folder));

test.each(['functions.onnx', 'every-corner.onnx', 'control-flow.onnx'])('%s cut off after any byte', (name) => {
  const bytes = readFixture(name);
  let refused = 0;
  for (let length = 0; length < bytes.length; length++) {
    if (readAndRewrite(bytes.subarray(0, length)) === 'refused') refused++;
  }
  // A cut between two fields of the outermost message leaves a shorter model; there are no more such places than fields.
  expect(bytes.length - refused).toBeLessThan(20);
});

test('any byte changed', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...fixtures.keys()),
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }),
      (name, changes) => {
        const bytes = Uint8Array.from(fixtures.get(name)!);
        for (const [place, value] of changes) bytes[place % bytes.length] = value;
        expect(['done', 'refused']).toContain(readAndRewrite(bytes));
      },
    ),
    { numRuns: 300 },
  );
});

test('random bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      expect(readAndRewrite(bytes)).toBe('refused');
    }),
    { numRuns: 500 },
  );
});

/** A length-delimited field of a protobuf message, outermost first: what stands before its content. */
function header(field: number, length: number): number[] {
  const bytes = [(field << 3) | 2];
  for (let rest = length; ; rest = Math.floor(rest / 128)) {
    bytes.push(rest >= 128 ? (rest % 128) | 128 : rest);
    if (rest < 128) return bytes;
  }
}

test('a graph in a graph, ten thousand times over', () => {
  let length = 0;
  const parts: number[][] = [];
  for (let depth = 0; depth < 10_000; depth++) {
    // Graph ⊃ node (1) ⊃ attribute (5) ⊃ graph (6).
    for (const field of [6, 5, 1]) {
      const part = header(field, length);
      parts.push(part);
      length += part.length;
    }
  }
  parts.push(header(7, length));
  const bytes = Uint8Array.from(parts.reverse().flat());
  expect(() => decodeModel(bytes, 'deep.onnx')).toThrow(InputError);
  expect(() => decodeModel(bytes, 'deep.onnx')).toThrow(/deep.onnx: graphs are nested too deep/);
});

function modelOf(build: (g: GraphBuilder) => void, output = 'y'): Model {
  const g = new GraphBuilder();
  g.input('x', 'float32', [2]);
  build(g);
  g.output(output, 'float32');
  return g.model();
}

describe('a structure that makes no sense', () => {
  test.each<[string, (g: GraphBuilder) => void, RegExp]>([
    [
      'a cycle',
      (g) => {
        g.add(makeNode('Add', ['x', 'b'], ['a']));
        g.add(makeNode('Relu', ['a'], ['b']));
        g.add(makeNode('Relu', ['b'], ['y']));
      },
      /node a \(Add\) is part of a cycle/,
    ],
    ['a node that reads itself', (g) => g.add(makeNode('Add', ['x', 'y'], ['y'])), /part of a cycle/],
    ['an input that is missing', (g) => g.add(makeNode('Relu', ['q'], ['y'])), /reads "q", which nothing computes/],
    ['an output that is missing', (g) => g.add(makeNode('Relu', ['x'], ['z'])), /nothing computes the output "y"/],
    [
      'a value computed twice',
      (g) => {
        g.add(makeNode('Relu', ['x'], ['y']));
        g.add(makeNode('Neg', ['x'], ['y']));
      },
      /defines "y", which is defined already/,
    ],
    [
      'a value that is a weight too',
      (g) => {
        g.initializer('y', float32([1, 2]));
        g.add(makeNode('Relu', ['x'], ['y']));
      },
      /defines "y", which is defined already/,
    ],
    [
      'a weight that stands twice',
      (g) => {
        g.initializer('w', float32([1, 2]));
        g.initializer('w', float32([1, 2]));
        g.add(makeNode('Add', ['x', 'w'], ['y']));
      },
      /a weight defines "w"/,
    ],
    [
      'an input that stands twice',
      (g) => {
        g.input('x', 'float32', [2]);
        g.add(makeNode('Relu', ['x'], ['y']));
      },
      /an input defines "x"/,
    ],
    [
      'a domain that is not imported',
      (g) => {
        const node = makeNode('Relu', ['x'], ['y']);
        node.domain = 'com.example';
        g.add(node);
      },
      /domain "com.example", which the model does not import/,
    ],
  ])('%s', (_, build, message) => {
    const model = decodeModel(encodeModel(modelOf(build)), 'm.onnx');
    expect(() => validateModel(model, 'm.onnx')).toThrow(InputError);
    expect(() => validateModel(model, 'm.onnx')).toThrow(message);
  });

  test('a missing value in a branch', () => {
    const branch = new GraphBuilder();
    branch.add(makeNode('Relu', ['q'], ['r']));
    branch.output('r', 'float32');
    const model = modelOf((g) => {
      g.input('yes', 'bool', []);
      g.add(makeNode('If', ['yes'], ['y'], { then_branch: branch.graph, else_branch: branch.graph }));
    });
    expect(() => validateModel(model, 'm.onnx')).toThrow(/reads "q", which nothing computes/);
  });

  test('nodes in any order are put in order', () => {
    const model = modelOf((g) => {
      g.add(makeNode('Relu', ['b'], ['y']));
      g.add(makeNode('Relu', ['a'], ['b']));
      g.add(makeNode('Relu', ['x'], ['a']));
    });
    validateModel(model, 'm.onnx');
    expect(graphOf(model).node.map(({ output }) => output[0])).toEqual(['a', 'b', 'y']);
  });
});

describe('weights that are not what they say', () => {
  const withWeight = (weight: Partial<onnx.TensorProto>) => {
    const model = modelOf((g) => g.add(makeNode('Add', ['x', 'w'], ['y'])));
    graphOf(model).initializer.push(new onnx.TensorProto({ name: 'w', dataType: 1, ...weight }));
    return decodeModel(encodeModel(model), 'm.onnx');
  };

  test.each<[string, Partial<onnx.TensorProto>, RegExp]>([
    ['a negative dimension', { dims: [-2], floatData: [1, 2] }, /"w" has a negative dimension: \[-2\]/],
    ['too few bytes', { dims: [3], rawData: new Uint8Array(8) }, /shape \[3\] needs 12 bytes, the file has 8/],
    ['too many bytes', { dims: [1], rawData: new Uint8Array(8) }, /needs 4 bytes, the file has 8/],
    ['too few elements', { dims: [3], floatData: [1, 2] }, /needs 3 elements, the file has 2/],
    ['no elements', { dims: [2] }, /needs 2 elements, the file has 0/],
    ['enormous dimensions', { dims: [2 ** 40, 2 ** 40] }, /needs 1.2089258196146292e\+24 elements, the file has 0/],
    ['elements of another type', { dims: [2], int32Data: [1, 2] }, /needs 2 elements, the file has 0/],
  ])('%s', (_, weight, message) => {
    const model = withWeight(weight);
    expect(() => validateModel(model, 'm.onnx')).toThrow(InputError);
    expect(() => validateModel(model, 'm.onnx')).toThrow(message);
    expect(() => decodeTensor(graphOf(model).initializer[0]!)).toThrow(InputError);
  });

  test('an element type that we do not hold is refused when it is read', () => {
    const model = withWeight({ dims: [1], dataType: onnx.TensorProto.DataType.COMPLEX64, floatData: [1, 2] });
    validateModel(model, 'm.onnx');
    expect(() => decodeTensor(graphOf(model).initializer[0]!)).toThrow(/complex64 is not supported/);
  });

  test('elements of every kind of field are read', () => {
    const tensor = (weight: Partial<onnx.TensorProto>) => decodeTensor(graphOf(withWeight(weight)).initializer[0]!);
    const { DataType } = onnx.TensorProto;
    expect(tensor({ dims: [2], floatData: [1.5, 2] }).data).toEqual(Float32Array.of(1.5, 2));
    expect(tensor({ dims: [2], dataType: DataType.BOOL, int32Data: [1, 0] }).data).toEqual(Uint8Array.of(1, 0));
    expect(tensor({ dims: [1], dataType: DataType.FLOAT16, int32Data: [0x3c00] }).data).toEqual(Uint16Array.of(0x3c00));
    expect(tensor({ dims: [1], dataType: DataType.INT64, int64Data: [-5] }).data).toEqual(BigInt64Array.of(-5n));
    expect(tensor({ dims: [0] }).data).toEqual(new Float32Array(0));
    const corner = graphOf(decodeModel(readFixture('every-corner.onnx'), 'm.onnx')).initializer;
    expect(decodeTensor(corner.find(({ name }) => name === 'u64')!).data).toEqual(BigUint64Array.of(2n ** 64n - 1n));
  });
});

test('attributes of another type than expected', () => {
  const node = makeNode('Op', ['x'], ['y'], { number: 3, text: 'a', list: [1], real: float(0.5), tensor: int64([1]) });
  node.name = 'n';
  expect(() => intAttribute(node, 'text', 0)).toThrow('node n (Op): attribute "text" is of type STRING, expected INT');
  expect(() => floatAttribute(node, 'number', 0)).toThrow(InputError);
  expect(() => intsAttribute(node, 'tensor')).toThrow(InputError);
  expect(() => stringAttribute(node, 'list', '')).toThrow(InputError);
  expect([intAttribute(node, 'number', 0), intAttribute(node, 'absent', 7)]).toEqual([3, 7]);
});

test.each([8, OPSET_RANGE.newest + 1, 0])('operator set %d', (version) => {
  const model = modelOf((g) => g.add(makeNode('Relu', ['x'], ['y'])));
  model.opsetImport[0]!.version = version;
  const decode = () => decodeModel(encodeModel(model), 'm.onnx');
  expect(decode).toThrow(InputError);
  expect(decode).toThrow(`m.onnx: operator set ${version} is not supported; export it with an operator set from 9 to`);
});

test('the newest operator set is the newest that ONNX Runtime takes', async () => {
  const model = modelOf((g) => g.add(makeNode('Relu', ['x'], ['y'])));
  model.opsetImport[0]!.version = OPSET_RANGE.newest;
  await (await runtime.createSession(encodeModel(model))).release();
  model.opsetImport[0]!.version = OPSET_RANGE.newest + 1;
  await expect(runtime.createSession(encodeModel(model))).rejects.toThrow(InputError);
});

test('an input of enormous size is refused before it is made', async () => {
  const g = new GraphBuilder();
  g.input('x', 'float32', ['batch', 100_000, 100_000]);
  g.add(makeNode('Relu', ['x'], ['y']));
  g.output('y', 'float32');
  await expect(inferValues(g.model(), runtime)).rejects.toThrow(/input "x" of shape .* no example is that large/);
});

test.each([
  ['nothing', new Uint8Array(0), /the file is empty/],
  ['text', new TextEncoder().encode('<!doctype html><title>404</title>'), /not an ONNX model/],
  ['a model without a graph', encodeModel(new onnx.ModelProto({ irVersion: 8 })), /holds no graph/],
])('%s', (_, bytes, message) => {
  expect(() => decodeModel(bytes, 'm.onnx')).toThrow(InputError);
  expect(() => decodeModel(bytes, 'm.onnx')).toThrow(message);
});
