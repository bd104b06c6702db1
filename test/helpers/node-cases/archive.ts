/** The ONNX project's own node tests, from the archive that scripts/fixtures/onnx-node-cases.py writes. */
import { readFileSync } from 'node:fs';
import { strFromU8, unzipSync } from 'fflate';
import { onnx } from '../../../src/onnx/model.js';
import { decodeTensor } from '../../../src/onnx/tensor-proto.js';
import type { Tensor } from '../../../src/tensor.js';

/** The fixture, from the repository's root. */
export const NODE_CASES = 'test/fixtures/onnx-node-cases.zip';

/** One node test. */
export interface NodeCase {
  readonly name: string;
  /** The model as ONNX made it. */
  readonly bytes: Uint8Array;
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  /** Allowed error, as ONNX states it: absolute + relative · |expected|. */
  readonly relative: number;
  readonly absolute: number;
}

/** All of them, and why others were left out. */
export interface NodeCases {
  readonly onnxVersion: string;
  readonly cases: readonly NodeCase[];
  /** How many, by reason. */
  readonly leftOut: Readonly<Record<string, number>>;
}

interface Index {
  readonly versions: { readonly onnx: string };
  readonly leftOut: Readonly<Record<string, number>>;
  readonly cases: readonly {
    readonly name: string;
    readonly rtol: number;
    readonly atol: number;
    readonly model: number;
    readonly inputs: readonly number[];
    readonly outputs: readonly number[];
  }[];
}

/** Reads the archive that scripts/fixtures/onnx-node-cases.py writes. */
export function readNodeCases(path: string): NodeCases {
  const files = unzipSync(readFileSync(path));
  const index = JSON.parse(strFromU8(files['index.json']!)) as Index;
  let place = 0;
  const take = (length: number) => files['data.bin']!.subarray(place, (place += length));
  const takeTensor = (length: number) => decodeTensor(onnx.TensorProto.decode(take(length)));
  const cases = index.cases.map(({ name, rtol, atol, model, inputs, outputs }) => ({
    name,
    relative: rtol,
    absolute: atol,
    bytes: take(model),
    inputs: inputs.map(takeTensor),
    outputs: outputs.map(takeTensor),
  }));
  return { onnxVersion: index.versions.onnx, leftOut: index.leftOut, cases };
}
