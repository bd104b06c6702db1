/** What a rule of layer-wise relevance propagation is. */
import type { BackwardContext, NodeContext, Saved } from '../../../autodiff/gradient.js';
import type { LinearMap, LinearNode } from './linear-map.js';
import type { RelevanceGraph } from './relevance-graph.js';
import type { NodeKind } from './node-kind.js';

/** A setting of a rule. */
export type RuleParameter = number | boolean | readonly number[];

/** Settings of a rule by name. */
export type RuleParameters = Readonly<Record<string, RuleParameter>>;

/** A rule with settings, as composites and overrides name it: `{ rule: 'gamma', gamma: 0.25 }`. */
export type RuleSpec = { readonly rule: string } & Readonly<Record<string, RuleParameter | string>>;

/** A node that relevance will pass, and what is known of the network around it. */
export interface LrpNodeContext extends NodeContext {
  readonly kind: NodeKind;
  readonly network: RelevanceGraph;
  /** Where the node has its operands, if it is a linear layer. */
  readonly layer: LinearNode | undefined;
  /** Whether a value is known to get relevance only where it is above zero: exactly none elsewhere. */
  readonly onlyWherePositive: (value: string) => boolean;
}

/** A node that relevance has arrived at. `dy` is the relevance of its first output. */
export interface LrpRuleContext extends BackwardContext, LrpNodeContext {
  /** The weights and what can be done with them, where the node is a linear layer. */
  readonly linear: LinearMap | undefined;
  /** The vector–Jacobian product of the node itself. */
  readonly gradient: (dy: string) => readonly (string | undefined)[];
}

/** Where relevance goes. */
export interface Propagated {
  /** Relevance of each input, in the input's shape; undefined for those that get none. */
  readonly inputs: readonly (string | undefined)[];
  /** What the bias took, in the shape of the output; it leaves the network here. */
  readonly bias?: string | undefined;
}

/** A rule, its settings filled in where it is used. */
export interface LrpRule {
  readonly name: string;
  /** One line for `--help` and the docs. */
  readonly summary: string;
  /** The kinds of node that it serves. */
  readonly serves: readonly NodeKind[];
  /** Whether an input's relevance is the input times something: none where the input is 0. */
  readonly isProportional?: boolean;
  /** Settings that it has, with their defaults. */
  readonly defaults: RuleParameters;
  /**
   * Emits the node where the rule has a way of its own, and says what `propagate` finds in `saved`. By default the node is
   * emitted as its gradient needs it.
   */
  forward?(context: LrpNodeContext, parameters: RuleParameters): Saved;
  /** Emits the way back. */
  propagate(context: LrpRuleContext, parameters: RuleParameters): Propagated;
}

/** Makes a rule whose settings are typed by their defaults; one file in this folder, and a line in `registry.ts`. */
export function defineLrpRule<P extends RuleParameters>(rule: {
  readonly name: string;
  readonly summary: string;
  readonly serves: readonly NodeKind[];
  readonly isProportional?: boolean;
  readonly defaults: P;
  forward?(context: LrpNodeContext, parameters: P): Saved;
  propagate(context: LrpRuleContext, parameters: P): Propagated;
}): LrpRule {
  const forward = rule.forward?.bind(rule);
  const complete = (parameters: RuleParameters) => ({ ...rule.defaults, ...parameters });
  return {
    ...rule,
    ...(forward && { forward: (context, parameters) => forward(context, complete(parameters)) }),
    propagate: (context, parameters) => rule.propagate(context, complete(parameters)),
  };
}

/** A rule of linear layers, its settings typed by their defaults. */
export function defineLinearRule<P extends RuleParameters>(rule: {
  readonly name: string;
  readonly summary: string;
  readonly isProportional?: boolean;
  readonly defaults: P;
  forward?(context: LrpNodeContext, parameters: P): Saved;
  propagate(linear: LinearMap, context: LrpRuleContext, parameters: P): LinearPropagated;
}): LrpRule {
  return defineLrpRule({
    ...rule,
    serves: ['linear'],
    propagate: (context, parameters) => {
      const linear = context.linear!;
      const { input, bias } = rule.propagate(linear, context, parameters);
      return { inputs: linear.atInput(input), bias };
    },
  });
}

/** Where relevance of a linear layer goes. */
export interface LinearPropagated {
  readonly input: string;
  readonly bias?: string | undefined;
}
