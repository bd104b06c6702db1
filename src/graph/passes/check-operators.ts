/** Finds operators that the runtime does not know, all at once: it names only the first that it meets itself. */
import { InputError } from '../../errors.js';
import { encodeModel } from '../../onnx/codec.js';
import { describeNodes } from '../../onnx/describe-nodes.js';
import { isStandardDomain, onnx, toNumber, type Model, type Node } from '../../onnx/model.js';
import type { Runtime } from '../../runtime/runtime.js';
import { nodesIn } from '../rewrite.js';

/** How ONNX Runtime says that it does not know an operator. */
const UNKNOWN = 'not a registered function/op';

/** What each runtime has been asked already, by operator and operator set. */
const answers = new WeakMap<Runtime, Map<string, Promise<boolean>>>();

/**
 * Checks that the runtime knows every operator of a model.
 * @throws InputError listing the operators that it does not know, with operator set, number of nodes and the first of them
 */
export async function checkOperators(model: Model, runtime: Runtime): Promise<Model> {
  const functions = new Set(model.functions.map(({ domain, name }) => `${domain}:${name}`));
  const nodesOf = new Map<string, Node[]>();
  for (const node of nodesIn(model)) {
    const key = `${node.domain}:${node.opType}`;
    if (functions.has(key)) continue;
    const nodes = nodesOf.get(key);
    if (nodes) nodes.push(node);
    else nodesOf.set(key, [node]);
  }
  const unknown: Node[] = [];
  for (const nodes of nodesOf.values()) if (!(await knows(runtime, model, nodes[0]!))) unknown.push(...nodes);
  if (unknown.length === 0) return model;
  const described = describeNodes(unknown, (node) => `${node.opType} of ${operatorSet(model, node)}`);
  throw new InputError(`operators that ONNX Runtime does not know: ${described}; export without them`);
}

function knows(runtime: Runtime, model: Model, node: Node): Promise<boolean> {
  const known = answers.get(runtime) ?? new Map<string, Promise<boolean>>();
  answers.set(runtime, known);
  const key = `${node.opType} of ${operatorSet(model, node)} in ${toNumber(model.irVersion)}`;
  const answer = known.get(key) ?? ask(runtime, model, node);
  known.set(key, answer);
  return answer;
}

/** Whether the runtime takes a node for what it is; what is wrong with it otherwise shows when the model is loaded. */
async function ask(runtime: Runtime, model: Model, { domain, opType }: Node): Promise<boolean> {
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
