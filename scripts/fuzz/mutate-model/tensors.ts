/** Weights, and what any stored tensor says of itself. */
import { graphOf, onnx, type Model } from '../../../src/onnx/model.js';
import type { Random } from '../../../src/numeric/random.js';
import { graphsOf, namesIn } from './graphs.js';
import { ODD_INTEGERS, oddList, pick } from './odd-values.js';

export function mutateWeight(model: Model, random: Random): void {
  const graph = pick([...graphsOf(graphOf(model))], random);
  if (graph.initializer.length === 0) return;
  const weight = pick(graph.initializer, random);
  const change = random.below(6);
  if (change === 0) graph.initializer = graph.initializer.filter((each) => each !== weight);
  else if (change === 1) graph.initializer.push(weight);
  else if (change === 2) weight.name = pick([...namesIn(graph), ''], random);
  else mutateTensor(weight, random);
}

export function mutateTensor(stored: onnx.TensorProto, random: Random): void {
  const { INT64 } = onnx.TensorProto.DataType;
  // A shape or a count: the number itself decides what is allocated.
  if (
    (stored.dataType as onnx.TensorProto.DataType) === INT64 &&
    stored.rawData.length >= 8 &&
    stored.rawData.length % 8 === 0 &&
    random.uniform() < 0.8
  ) {
    const values = new BigInt64Array(Uint8Array.from(stored.rawData).buffer);
    values[random.below(values.length)] = BigInt(pick(ODD_INTEGERS, random));
    stored.rawData = new Uint8Array(values.buffer);
    return;
  }
  const change = random.below(7);
  if (change === 0) stored.dataType = random.below(25);
  else if (change === 1) stored.dims = oddList(random, stored.dims as number[]);
  else if (change === 2) stored.dims = [];
  else if (change === 3) stored.rawData = stored.rawData.slice(0, random.below(stored.rawData.length + 1));
  else if (change === 4) [stored.dims, stored.rawData] = [[0, ...stored.dims], new Uint8Array(0)];
  else if (change === 5) {
    const entry = (key: string, value: string) => new onnx.StringStringEntryProto({ key, value });
    stored.dataLocation = onnx.TensorProto.DataLocation.EXTERNAL;
    stored.externalData = [
      entry('location', pick(['model.onnx', '/etc/passwd', 'x', '.'], random)),
      entry('length', '1000000000000'),
    ];
  } else {
    const bytes = Uint8Array.from(stored.rawData);
    for (let i = 0; i < bytes.length; i += 1 + random.below(16)) bytes[i] = random.below(256);
    stored.rawData = bytes;
  }
}
