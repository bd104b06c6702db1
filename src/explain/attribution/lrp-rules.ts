/** Gives every node of a network its rule of layer-wise relevance propagation. */
import { untrainedRule, type RuleFor } from '../../autodiff/differentiate.js';
import type { BackwardContext, Gradient } from '../../autodiff/gradient.js';
import { InputError } from '../../errors.js';
import { findNode, nodeName } from '../../graph/find-node.js';
import { describeNodes } from '../../onnx/describe-nodes.js';
import { graphOf, nodeLabel, type Node } from '../../onnx/model.js';
import { compositeFor } from './composites/registry.js';
import type { Composite } from './composites/composite.js';
import type { Classifier } from '../../classifier/classifier.js';
import { linearMap } from './rules/linear-map.js';
import { positivelyRelevant } from './rules/positively-relevant.js';
import { relevanceGraphOf, type RelevanceGraph } from './rules/relevance-graph.js';
import type { NodeKind } from './rules/node-kind.js';
import { parseRuleSpec, ruleNamed } from './rules/registry.js';
import type { LrpNodeContext, LrpRule, RuleParameters, RuleSpec } from './rules/rule.js';
import type { AttributionSettings } from './settings.js';

/** Rules of nodes that composites say nothing about. */
const BASE: Readonly<Record<Exclude<NodeKind, 'linear' | 'other'>, RuleSpec>> = {
  bias: { rule: 'pass' },
  elementwise: { rule: 'pass' },
  sum: { rule: 'epsilon' },
  average: { rule: 'epsilon' },
  max: { rule: 'gradient' },
  move: { rule: 'gradient' },
  product: { rule: 'gate' },
};

/** Is told what the bias of a node took, in the shape of the node's output. */
type TookBias = (node: Node, share: string) => void;

/** Rules of a whole network. */
export interface LrpRules {
  /** @param tookBias is told what the bias of a node took; where nobody wants to know it is not computed */
  ruleFor(tookBias?: TookBias): RuleFor;
  /** Name of the rule that serves a node. */
  nameOf(node: Node): string;
}

/**
 * A rule for every node that relevance passes: that of the override for its layer, or of the composite for its kind.
 * @param fed names of weights that change from call to call
 * @throws InputError listing every node that has none, for an override of a layer that does not exist, or a rule that
 *   does not serve a node
 */
export function chooseRules(
  explained: Classifier,
  settings: AttributionSettings,
  fed: readonly string[] = [],
): LrpRules {
  const network = relevanceGraphOf(explained, fed);
  const composite = compositeFor(settings.composite, network.first);
  const overrides = findOverrides(explained, network, settings.rules);
  const specs = new Map<Node, RuleSpec>();
  const without: Node[] = [];
  for (const [node, kind] of network.kinds) {
    const spec = overrides.get(node) ?? specOf(node, kind, network, composite);
    const rule = spec && ruleNamed(spec.rule, nodeLabel(node));
    const serves = rule?.serves.includes(kind) && (rule.name !== 'gradient' || untrainedRule(node) !== undefined);
    if (rule && !serves && overrides.has(node)) {
      throw new InputError(`rule ${rule.name} does not serve node ${nodeLabel(node)}; choose another rule for it`);
    }
    if (rule && serves) specs.set(node, complete(spec, rule, settings));
    else if (settings.fallback === 'gradient' && untrainedRule(node)) specs.set(node, { rule: 'gradient' });
    else without.push(node);
  }
  if (without.length > 0) {
    const stuck = without.filter((node) => !untrainedRule(node));
    const mend =
      stuck.length === 0
        ? 'give `fallback` gradient to pass them by their gradient (relevance is then not conserved there)'
        : `${describeNodes(stuck)} ${stuck.length === 1 ? 'has' : 'have'} no gradient either: ` +
          'replace what has none in the model';
    throw new InputError(`operators without an LRP rule: ${describeNodes(without)}; ${mend}`);
  }
  const onlyWherePositive = positivelyRelevant(network, explained.scores, (node) => specs.get(node)?.rule);
  return {
    nameOf: (node) => specs.get(node)?.rule ?? '',
    ruleFor: (tookBias) => (node) => {
      const spec = specs.get(node);
      if (!spec) return untrainedRule(node);
      return asGradient(node, spec, { network, onlyWherePositive }, tookBias);
    },
  };
}

function specOf(
  node: Node,
  kind: NodeKind,
  network: RelevanceGraph,
  { layers, first, max }: Composite,
): RuleSpec | undefined {
  if (kind === 'other') return undefined;
  if (kind === 'max' && max && node.opType === 'MaxPool') return max;
  if (kind !== 'linear') return BASE[kind];
  const which = node.opType.startsWith('Conv') ? 'conv' : 'dense';
  return (network.first.has(node) ? first?.[which] : undefined) ?? layers[which];
}

function findOverrides(
  { model }: Classifier,
  { kinds, biasOf }: RelevanceGraph,
  rules: AttributionSettings['rules'],
): Map<Node, RuleSpec> {
  const nodes = [...kinds.keys()];
  const found = new Map<Node, RuleSpec>();
  const names = new Map<Node, string>();
  for (const [name, spec] of Object.entries(rules)) {
    const named = findNode(graphOf(model), name, nodes);
    // A layer whose bias stands apart is named by either of its nodes.
    const node = biasOf.get(named) ?? named;
    const other = names.get(node);
    if (other !== undefined) throw new InputError(`"${other}" and "${name}" are one layer; give it one rule`);
    names.set(node, name);
    found.set(node, parseRuleSpec(spec, `layer "${name}"`));
  }
  return found;
}

/** Fills in what the settings say for all rules. */
function complete(spec: RuleSpec, { defaults }: LrpRule, { bounds, ignoreBias }: AttributionSettings): RuleSpec {
  return {
    ...('low' in defaults
      ? { ...bounds, encloses: bounds.encloses === true && !('low' in spec || 'high' in spec) }
      : {}),
    ...('bias' in defaults && ignoreBias ? { bias: false } : {}),
    ...spec,
  };
}

/** A rule as what the backward pass takes. */
function asGradient(
  node: Node,
  { rule: name, ...parameters }: RuleSpec,
  around: Pick<LrpNodeContext, 'network' | 'onlyWherePositive'>,
  tookBias: TookBias | undefined,
): Gradient {
  const rule = ruleNamed(name, nodeName(node));
  const registered = untrainedRule(node);
  const layer = around.network.linear.get(node);
  const known = { ...around, layer, kind: around.network.kinds.get(node)! };
  const backward = (context: BackwardContext) => {
    const { inputs, bias } = rule.propagate(
      {
        ...context,
        ...known,
        linear: layer && registered && linearMap(context, layer, registered, tookBias !== undefined),
        gradient: (dy) => registered!.backward({ ...context, dy, outputGradients: [dy] }),
      },
      parameters as RuleParameters,
    );
    if (bias !== undefined) tookBias?.(node, bias);
    return inputs;
  };
  const ownForward = rule.forward?.bind(rule);
  return {
    forward: ownForward
      ? (context) => ownForward({ ...context, ...known }, parameters as RuleParameters)
      : registered?.forward && ((context) => registered.forward!(context)),
    backward,
  };
}
