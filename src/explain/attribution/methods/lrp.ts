import { foldBatchNorm } from '../../../graph/fold-batch-norm.js';
import { inferValues } from '../../../graph/values.js';
import { graphOf, type Model } from '../../../onnx/model.js';
import { decodeTensor } from '../../../onnx/tensor-proto.js';
import { withWeights } from '../../../onnx/with-weights.js';
import { LEDGER, recordLedger } from '../ledger.js';
import { chooseRules } from '../lrp-rules.js';
import type { Method, MethodContext } from '../method.js';
import type { FedWeights } from '../pass-context.js';
import { emitPass, OUTPUT, TARGET, targetSeed } from '../pass.js';
import { openRunner, type Row } from '../runner.js';

/** Output of the graph: float32, the input's shape. */
const RELEVANCE = 'attribution/relevance';

/**
 * Layer-wise relevance propagation ([Bach et al. 2015]): the target's score is handed down from layer to layer, by the
 * rules of a composite. Batch normalisation is folded into the layers before it first.
 */
export const lrp: Method = {
  name: 'lrp',
  summary: 'the score handed down layer by layer, conserving it',
  open: async (given) => {
    const context = await withoutBatchNorm(given);
    const { explained, settings } = context;
    const { input, scores, values } = explained;
    const rules = chooseRules(explained, settings, context.weights?.names);
    const ledger =
      context.ledger === false
        ? undefined
        : recordLedger(rules.ruleFor((node, share) => ledger?.tookBias(node, share)));
    let seed = '';
    const { g, gradients } = emitPass(context, {
      from: scores,
      seed: (builder) => (seed = targetSeed(explained, 'score')(builder)),
      wrt: [input.name],
      ruleFor: ledger?.ruleFor ?? rules.ruleFor(),
    });
    g.output(g.rename(gradients[0]!, RELEVANCE), 'float32', values.of(input.name).dims);
    ledger?.emit(g, values, scores, seed);
    const runner = openRunner(context, g);
    return {
      attribute: async (examples) => {
        const rows = examples.map(({ x, target }): Row => ({ [input.name]: x, [TARGET]: target }));
        return (await runner.run(rows)).map((result) => {
          const output = result[OUTPUT]![0]!;
          return {
            map: result[RELEVANCE] as Float32Array,
            shape: input.dims,
            output,
            expected: output,
            ...(ledger && { ledger: ledger.read(result[LEDGER]!, (node) => rules.nameOf(node)) }),
          };
        });
      },
      release: () => runner.release(),
    };
  },
};

/** The context of the model with batch normalisation folded; where weights are fed, those that folding makes of them are. */
async function withoutBatchNorm(context: MethodContext): Promise<MethodContext> {
  const { explained, runtime, weights } = context;
  const { model, values, input } = explained;
  const rankOf = (value: string) => (values.has(value) ? values.of(value).dims.length : undefined);
  const folded = foldBatchNorm(model, rankOf);
  return {
    ...context,
    explained: {
      ...explained,
      model: folded,
      values: await inferValues(folded, runtime, { [input.name]: input.dims }),
    },
    weights: weights && foldedWeights(model, folded, weights, (changed) => foldBatchNorm(changed, rankOf)),
  };
}

function foldedWeights(model: Model, folded: Model, weights: FedWeights, fold: (model: Model) => Model): FedWeights {
  if (graphOf(folded).node.length === graphOf(model).node.length) return weights;
  const before = new Set(graphOf(model).initializer.map(({ name }) => name));
  const changing = new Set(weights.names);
  const names = graphOf(folded)
    .initializer.map(({ name }) => name)
    .filter((name) => changing.has(name) || !before.has(name));
  return {
    names,
    current: () => {
      const stored = graphOf(fold(withWeights(model, weights.current()))).initializer;
      const wanted = new Set(names);
      return Object.fromEntries(
        stored.filter(({ name }) => wanted.has(name)).map((tensor) => [tensor.name, decodeTensor(tensor)]),
      );
    },
  };
}
