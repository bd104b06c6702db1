/**
 * The result of `attribute`: which part of an input speaks for a class, by one or several methods. Each entry is one
 * input explained by one method; its map lies beside the result as a NumPy array.
 */
import * as v from 'valibot';
import { count, list, magnitude, number, share } from '../schema/fields.js';
import { namedClass, probableClass, trueClass } from './classes.js';
import { explainedInput, trainingExample } from './example.js';
import { header } from './header.js';

/** A node that relevance passed; `in` − `out` is what it absorbed, of which its bias took `bias`. */
const ledgerEntry = v.object({
  node: v.string(),
  op: v.string(),
  /** The rule that served it. */
  rule: v.string(),
  in: number,
  out: number,
  bias: number,
});

/** A layer in the ranking of influential layers. */
const rankedLayer = v.object({
  layer: v.string(),
  op: v.string(),
  units: count,
  /** 0 at the input's side, 1 at the class scores. */
  depth: share,
  /**
   * Share of the outputs' variance that a linear model of the layer explains on unseen examples; below 0 is worse than
   * none.
   */
  fidelity: v.pipe(number, v.maxValue(1)),
  /** Gini coefficient of |φ| over the layer's units, the mean over the inputs. */
  spread: share,
  /** Places by either criterion, 1 for the best. */
  fidelityRank: count,
  spreadRank: count,
});

/** One layer of a layered explanation. Its pictures lie in one array [1 + 3 · shares, …input]. */
const layeredLayer = v.object({
  layer: v.string(),
  /**
   * Array of the pictures: the largest activation (Max); then for each share all units, the positive, the negative
   * ones.
   */
  file: v.string(),
  /** Array with the influence φ of every unit, in the layer's own shape. */
  influence: v.string(),
  /** How many units each share is. */
  units: list(count),
  /** The most influential units, largest |φ| first. */
  strongest: list(
    v.object({
      unit: count,
      phi: number,
      activation: number,
      /**
       * The compared examples that activate the unit most, the largest activation first, none that leaves it at 0; of `split`. Absent in
       * results of earlier versions.
       */
      examples: v.optional(list(v.object({ ...trainingExample, activation: number }))),
    }),
  ),
});

/** How the units of hidden layers explain the decision ([Ho n.d.]). */
const layered = v.object({
  /** Kernel of the influence measure. */
  kernel: v.string(),
  /** Examples of the data that the input was compared with. */
  compared: count,
  /** The split that these are of. Absent in results of earlier versions. */
  split: v.optional(v.picklist(['train', 'test'])),
  /** The layer that was taken, and why. */
  layer: v.string(),
  reason: v.string(),
  /** All layers, in the network's order. */
  ranking: list(rankedLayer),
  /** Shares of a layer's units that were brought back to the input, by |φ|. */
  shares: list(share),
  /** Mean pairwise cosine of the layers' pictures: of the largest activation, and of each share. */
  agreement: v.object({ max: number, shares: list(number) }),
  /** In the network's order; the layer of the class scores is not among them. */
  layers: list(layeredLayer),
});

const query = v.object({
  ...explainedInput,
  /** Its position among the inputs, from 0. */
  index: count,
  predicted: probableClass,
  /** The true class, when it is known. */
  truth: v.optional(trueClass),
  /**
   * Why no share of this decision can be stated, in a line: its class scores are the same for every input.
   */
  undecided: v.optional(v.string()),
  /** The most probable classes, best first; the first is the predicted one. */
  topClasses: list(probableClass),
  method: v.string(),
  /** The layer that the map was made at, where the method has one. */
  layer: v.optional(v.string()),
  /** The class that the map speaks for. */
  target: v.object(namedClass),
  /** Sum of the map. */
  sum: number,
  /** Score of the target, before a softmax or sigmoid. */
  output: number,
  /** What the sum should be, where the method promises one: the output, or its difference to the baseline's. */
  expected: v.optional(number),
  /** |expected − sum| / |expected|; null where the method promises no sum. */
  conservationError: v.nullable(magnitude),
  /** Shape of the map: that of the input, or its height and width. */
  shape: list(count),
  /** The map, a NumPy array; relative to the folder of the result. */
  file: v.string(),
  /**
   * Integrated gradients: how many gradients were computed along the path; `options.steps` unless the tolerance asked
   * for more.
   */
  steps: v.optional(count),
  /** Of an input that is no image: its strongest features, largest magnitude first. Absent in results of earlier versions. */
  features: v.optional(
    list(
      v.object({
        /** Its number among the elements of the map. */
        feature: count,
        /** What the data call it. */
        name: v.optional(v.string()),
        /** What the model was fed of it. */
        value: number,
        relevance: number,
      }),
    ),
  ),
  /**
   * Of text whose data name its tokens: all of them in reading order, each with the sum of the map over its place. A token
   * without text is padding.
   */
  tokens: v.optional(list(v.object({ token: v.string(), relevance: number }))),
  /** LRP: from the output to the input. The output minus all that was absorbed is the sum. */
  ledger: v.optional(list(ledgerEntry)),
  /** MIM. */
  layered: v.optional(layered),
});

/** Schema of an attribute result. */
export const attributeSchema = v.object({ kind: v.literal('attribute'), ...header, queries: list(query) });

/** What `attribute` found: which parts of each input speak for its class, by each method. */
export type AttributeResult = v.InferOutput<typeof attributeSchema>;
/** One input explained by one method. */
export type AttributeQuery = v.InferOutput<typeof query>;
/** A feature of an input, and its part of the map. */
export type AttributeFeature = NonNullable<AttributeQuery['features']>[number];
/** A token of a text, and its part of the map. */
export type AttributeToken = NonNullable<AttributeQuery['tokens']>[number];
/** A node of the conservation ledger. */
export type LedgerRow = v.InferOutput<typeof ledgerEntry>;
/** How the units of hidden layers explain a decision. */
export type Layered = v.InferOutput<typeof layered>;
