/** Finds operators that the runtime does not know, all at once: it names only the first that it meets itself. */
import { registeredRule } from '../autodiff/differentiate.js';
import { InputError } from '../errors.js';
import { encodeModel } from '../onnx/codec.js';
import { isStandardDomain, nodeLabel, onnx, toNumber, type Model, type Node } from '../onnx/model.js';
import type { Runtime } from '../runtime/runtime.js';
import { nodesIn } from './rewrite.js';

/** How ONNX Runtime says that it does not know an operator. */
const UNKNOWN = 'not a registered function/op';

/** Nodes that a message names. */
const NAMED = 20;

/**
 * Checks that the runtime knows every operator of a model.
 * @throws InputError listing the nodes whose operators it does not know, with domain and operator set
 */
export async function checkOperators(model: Model, runtime: Runtime): Promise<Model> {
  const functions = new Set(model.functions.map(({ domain, name }) => `${domain}:${name}`));
  const doubtful = new Map<string, Node[]>();
  for (const node of nodesIn(model)) {
    const key = `${node.domain}:${node.opType}`;
    if (registeredRule(node) || functions.has(key)) continue;
    doubtful.set(key, [...(doubtful.get(key) ?? []), node]);
  }
  const unknown: Node[] = [];
  for (const nodes of doubtful.values()) if (!(await knows(runtime, model, nodes[0]!))) unknown.push(...nodes);
  if (unknown.length === 0) return model;
  const named = unknown.slice(0, NAMED).map((node) => `${nodeLabel(node)} of ${operatorSet(model, node)}`);
  const more = unknown.length > NAMED ? ` and ${unknown.length - NAMED} more` : '';
  throw new InputError(`operators that ONNX Runtime does not know: ${named.join(', ')}${more}; export without them`);
}

/** Whether the runtime takes a node for what it is; what is wrong with it otherwise shows when the model is loaded. */
async function knows(runtime: Runtime, model: Model, { domain, opType }: Node): Promise<boolean> {
  const alone = new onnx.ModelProto({
    irVersion: model.irVersion,
    opsetImport: model.opsetImport,
    graph: new onnx.GraphProto({
      name: 'probe',
      node: [new onnx.NodeProto({ domain, opType, output: ['y'] })],
      output: [new onnx.ValueInfoProto({ name: 'y' })],
    }),
  });
  try {
    const session = await runtime.createSession(encodeModel(alone), { optimization: 'disabled', threads: 1 });
    await session.release();
    return true;
  } catch (error) {
    return !(error as Error).message.includes(UNKNOWN);
  }
}

function operatorSet({ opsetImport }: Model, { domain }: Node): string {
  const same = opsetImport.find(
    (entry) => entry.domain === domain || (isStandardDomain(entry.domain) && isStandardDomain(domain)),
  );
  return `${isStandardDomain(domain) ? 'ai.onnx' : domain} ${toNumber(same?.version)}`;
}
