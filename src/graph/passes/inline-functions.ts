/** Puts the bodies of model-local functions into the places where they are called. */
import { cloneGraph, cloneModel } from '../../onnx/codec.js';
import { subgraphsOf } from '../../onnx/attributes.js';
import { checkFunctions, functionsOf } from '../../onnx/functions.js';
import { isStandardDomain, onnx, toNumber, type Attribute, type Model, type Node } from '../../onnx/model.js';
import { nameMaker, replaceNodes } from '../rewrite.js';
import { splice } from '../splice.js';

/**
 * The model without functions of its own. Values inside a function get the name of the calling node before theirs. The
 * functions must be in the model's operator set (see `upgrade-opset.ts`).
 * @throws InputError for functions that call each other in a circle, or that make an unreasonably large graph
 */
export function inlineFunctions(model: Model): Model {
  if (model.functions.length === 0) return model;
  checkFunctions(model);
  const inlined = cloneModel(model);
  const { functions } = inlined;
  const functionOf = functionsOf(inlined);
  inlined.functions = [];
  mergeImports(inlined, functions);
  const fresh = nameMaker(model);
  for (let calls = 1; calls > 0;) {
    calls = 0;
    replaceNodes(inlined, (node) => {
      const body = functionOf(node);
      if (!body) return [node];
      calls++;
      return callOf(node, body, fresh);
    });
  }
  return inlined;
}

function callOf(node: Node, body: onnx.FunctionProto, fresh: (hint: string) => string): Node[] {
  const prefix = `${node.name === '' ? (node.output[0] ?? body.name) : node.name}/`;
  const nodes = cloneGraph(new onnx.GraphProto({ node: body.node })).node;
  const given = new Map([...body.attributeProto, ...node.attribute].map((attribute) => [attribute.name, attribute]));
  bindAttributes(nodes, given);
  return splice({ node: nodes, inputs: body.input, outputs: body.output }, node.input, node.output, fresh, prefix)
    .nodes;
}

/** Gives attributes that refer to the function's the values of the call; those that it leaves out keep their defaults. */
function bindAttributes(nodes: readonly Node[], given: ReadonlyMap<string, Attribute>): void {
  for (const node of nodes) {
    node.attribute = node.attribute.flatMap((attribute) => {
      if (attribute.refAttrName === '') return [attribute];
      const value = given.get(attribute.refAttrName);
      return value ? [new onnx.AttributeProto({ ...value, name: attribute.name })] : [];
    });
    for (const graph of subgraphsOf(node)) bindAttributes(graph.node, given);
  }
}

/** The model imports what its functions did. */
function mergeImports(model: Model, functions: readonly onnx.FunctionProto[]): void {
  for (const { domain, version } of functions.flatMap(({ opsetImport }) => opsetImport)) {
    const same = (other: { domain: string }) =>
      other.domain === domain || (isStandardDomain(other.domain) && isStandardDomain(domain));
    const known = model.opsetImport.find(same);
    if (!known) model.opsetImport.push(new onnx.OperatorSetIdProto({ domain, version }));
    else known.version = Math.max(toNumber(known.version), toNumber(version));
  }
}
