import { foldBatchNorm } from '../../../graph/fold-batch-norm.js';
import { inferValues } from '../../../graph/values.js';
import type { Classifier } from '../../../classifier/classifier.js';
import { LEDGER, recordLedger } from '../ledger.js';
import { chooseRules } from '../lrp-rules.js';
import type { Method, MethodContext } from '../method.js';
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
  open: async (context) => {
    const explained = await withoutBatchNorm(context);
    const { input, scores, values } = explained;
    const rules = chooseRules(explained, context.settings);
    const ledger = recordLedger(rules.ruleFor((node, share) => ledger.tookBias(node, share)));
    let seed = '';
    const { g, gradients } = emitPass(explained, {
      from: scores,
      seed: (builder) => (seed = targetSeed(explained, 'score')(builder)),
      wrt: [input.name],
      ruleFor: ledger.ruleFor,
    });
    g.output(g.rename(gradients[0]!, RELEVANCE), 'float32', values.of(input.name).dims);
    ledger.emit(g, values, scores, seed);
    const runner = openRunner(context.runtime, g, explained);
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
            ledger: ledger.read(result[LEDGER]!, (node) => rules.nameOf(node)),
          };
        });
      },
      release: () => runner.release(),
    };
  },
};

async function withoutBatchNorm({ explained, runtime }: MethodContext): Promise<Classifier> {
  const { model, values, input } = explained;
  const rankOf = (value: string) => (values.has(value) ? values.of(value).dims.length : undefined);
  const folded = foldBatchNorm(model, rankOf);
  return { ...explained, model: folded, values: await inferValues(folded, runtime, { [input.name]: input.dims }) };
}
