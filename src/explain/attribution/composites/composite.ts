/** Which rule serves which layer. */
import type { RuleSpec } from '../rules/rule.js';

/** Rules of linear layers by kind. */
export interface LayerRules {
  /** Of convolutions, transposed ones too. */
  readonly conv: RuleSpec;
  /** Of fully connected layers. */
  readonly dense: RuleSpec;
}

/** A composite: one file in this folder, and a line in `registry.ts`. */
export interface Composite {
  readonly name: string;
  /** One line for `--help` and the docs. */
  readonly summary: string;
  readonly layers: LayerRules;
  /** Of layers that see the input with no other layer between. */
  readonly first?: Partial<LayerRules>;
  /** Of maxima; the winner takes all by default. */
  readonly max?: RuleSpec;
}
