/** What a model declares: the types of its values, operator sets, names, functions. */
import { graphOf, onnx, type Model } from '../../../src/onnx/model.js';
import type { Random } from '../../../src/numeric/random.js';
import { graphsOf, namesIn } from './graphs.js';
import { DOMAINS, ODD_INTEGERS, ODD_TEXTS, pick } from './odd-values.js';

export function mutateDeclaration(model: Model, random: Random): void {
  const graph = pick([...graphsOf(graphOf(model))], random);
  const list = pick([graph.input, graph.output, graph.valueInfo], random);
  const { TypeProto, TensorShapeProto } = onnx;
  if (list.length === 0) return;
  const info = pick(list, random);
  const tensor = info.type?.tensorType;
  const dims = tensor?.shape?.dim ?? [];
  const change = random.below(11);
  if (change === 0) info.type = undefined;
  else if (change === 1 && tensor) tensor.elemType = random.below(25);
  else if (change === 2 && tensor) tensor.shape = undefined;
  else if (change === 3) info.type = new TypeProto({ sequenceType: new TypeProto.Sequence({ elemType: info.type }) });
  else if (change === 4) info.type = new TypeProto({ optionalType: new TypeProto.Optional({ elemType: info.type }) });
  else if (change === 5)
    info.type = new TypeProto({ mapType: new TypeProto.Map({ keyType: 7, valueType: info.type }) });
  else if (change === 6) info.name = pick([...namesIn(graph), '', '\x1b[2J'], random);
  else if (change === 7) dims.splice(random.below(dims.length + 1), 1);
  else if (change === 8)
    dims.splice(
      random.below(dims.length + 1),
      0,
      new TensorShapeProto.Dimension({ dimValue: pick(ODD_INTEGERS, random) }),
    );
  else if (dims.length > 0) {
    const odd = { dimValue: pick(ODD_INTEGERS, random) };
    dims[random.below(dims.length)] = new TensorShapeProto.Dimension(pick([odd, odd, { dimParam: 'n' }, {}], random));
  }
}

export function mutateOpset(model: Model, random: Random): void {
  const change = random.below(4);
  if (change === 0) model.opsetImport = [];
  else if (change === 1) model.irVersion = pick(ODD_INTEGERS, random);
  else if (change === 2)
    model.opsetImport.push(new onnx.OperatorSetIdProto({ domain: pick(DOMAINS, random), version: 1 }));
  else for (const entry of model.opsetImport) entry.version = random.below(30);
}

/** All names alike but for their number, or all nodes without a name. */
export function renameEverything(model: Model, random: Random): void {
  const named = random.uniform() < 0.5 ? '' : pick(ODD_TEXTS, random);
  for (const graph of graphsOf(graphOf(model))) for (const node of graph.node) node.name = named;
}

/** A function that a node calls, and that may call itself. */
export function addFunction(model: Model, random: Random): void {
  const graph = graphOf(model);
  if (graph.node.length === 0) return;
  const node = pick(graph.node, random);
  const inner = new onnx.NodeProto({ ...node });
  if (random.uniform() < 0.5) [inner.opType, inner.domain] = ['F', 'made.up'];
  const { input, output } = node;
  const opsetImport = [...model.opsetImport, new onnx.OperatorSetIdProto({ domain: 'made.up', version: 1 })];
  model.functions.push(
    new onnx.FunctionProto({ name: 'F', domain: 'made.up', input, output, node: [inner], opsetImport }),
  );
  [node.opType, node.domain] = ['F', 'made.up'];
  if (random.uniform() < 0.8) model.opsetImport = opsetImport;
}
