/** How far an influence result is to be trusted. */
import type { VNode } from 'preact';
import { formatCount, formatNumber, formatPercent } from '../../../plot/format.js';
import type { InfluenceResult } from '../../../results/influence.js';
import { verificationPlot } from '../../influence/figures.js';
import { correlationText } from '../../influence/terms.js';
import { Facts, Notice, Plot, timeFact } from '../parts/basics.js';
import type { Part } from '../payload.js';

/** How the effects were computed, and what was checked. */
export function ReliabilityTab({ part }: { readonly part: Part }): VNode {
  const result = part.result as InfluenceResult;
  const { method, replay, layer, fineTuning, seconds, trainingExamples } = result;
  const plot = verificationPlot(result);
  return (
    <section>
      <h2>How far to trust this</h2>
      <p>
        {method.name}: {method.says}.
      </p>
      {fineTuning && (
        <Notice>
          A fine-tuning of a few epochs gives the metagradient of that fine-tuning, which goes through every layer:
          {fineTuning.map((command) => (
            <code key={command}>{command}</code>
          ))}
        </Notice>
      )}
      {layer && (
        <p>
          Only the last layer is looked at: what the layers before it learnt from an example is taken to be there
          without it too.
        </p>
      )}
      {plot !== undefined && <Plot svg={plot} />}
      {isRough(result) && (
        <p>
          What was predicted and what happened go together loosely: this training amplifies small differences.{' '}
          <code>--method gauss-newton</code> foretells such trainings better, a smaller learning rate makes them
          smoother.
        </p>
      )}
      <Facts
        facts={[
          ...checkedFacts(result),
          ...(replay
            ? ([
                ['steps replayed', formatCount(replay.steps)],
                ['replayed to the bit', replay.drift === 0 ? 'yes' : `no: ${formatPercent(replay.drift)} away`],
              ] as const)
            : []),
          ...layerFacts(layer),
          ['training examples', formatCount(trainingExamples)],
          ...timeFact(seconds),
        ]}
      />
    </section>
  );
}

/** Below this correlation of predicted and actual changes a training counts as rough. */
const ROUGH = 0.8;

/** Whether the derivative of the training was little use in foretelling it. */
function isRough({ method, verified }: InfluenceResult): boolean {
  return method.name === 'metagradient' && verified?.pearson !== undefined && verified.pearson < ROUGH;
}

/** What training again showed of all inputs together, or that it was not asked. */
function checkedFacts({ verified, method, options }: InfluenceResult): readonly (readonly [string, string])[] {
  if (!verified) {
    const isRun = typeof options.run === 'string';
    return [
      ['checked by training again', isRun ? 'no: --verify does' : 'no: that takes the run that trained the model'],
    ];
  }
  const { queries, lowered, pearson } = verified;
  const isOne = queries === 1;
  const facts: (readonly [string, string])[] = [
    ['checked by training again', `for ${formatCount(queries)} ${isOne ? 'input' : 'inputs'}`],
  ];
  if (lowered !== undefined && !isOne) {
    facts.push(['lower without them, as it should be', `for ${formatCount(lowered)} of ${formatCount(queries)}`]);
  }
  const correlation =
    pearson !== undefined
      ? correlationText(verified)
      : method.predicts === false
        ? 'none: values only rank, so nothing was predicted'
        : queries < 3
          ? 'none of fewer than three inputs'
          : 'none: one of them is the same for all inputs';
  return [...facts, ['correlation of predicted and actual changes', correlation]];
}

function layerFacts(layer: InfluenceResult['layer']): readonly (readonly [string, string])[] {
  if (!layer) return [];
  const { fit, damping } = layer;
  return [
    ['layer', `${layer.name}, of ${formatCount(layer.features)} features`],
    ...(fit
      ? ([
          ['fitted to', fit.targets === 'labels' ? 'the labels' : 'the model’s own outputs'],
          ['λ of the penalty', `${fit.lambda}${damping ? ', chosen by leave-one-out' : ''}`],
          ['fit', `${fit.status}, ‖∇‖∞ ${fit.gradientMaxNorm.toExponential(1)}`],
          ['says of the training examples what the model says', formatPercent(fit.agreement)],
        ] as const)
      : []),
    ...(damping
      ? ([
          [
            `mean loss of ${formatCount(damping.examples)} examples that were left out, by λ`,
            damping.tried.map(({ lambda, loss }) => `${lambda}: ${formatNumber(loss, 3)}`).join(', '),
          ],
        ] as const)
      : []),
  ];
}
