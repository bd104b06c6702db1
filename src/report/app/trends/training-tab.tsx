/** A training: how well it went, the maps of each step, and how measures went with the losses. */
import type { VNode } from 'preact';
import { formatCount, formatNumber } from '../../../plot/format.js';
import type { TrendsResult } from '../../../results/trends.js';
import { performanceFigure } from '../../trends/figures.js';
import { furtherLines, leadingSeries } from '../../trends/headline.js';
import { framesOf } from '../../trends/strips.js';
import { usePage } from '../context.js';
import { Facts, Interactive } from '../parts/basics.js';
import { MarkedPlot } from '../parts/marked-plot.js';
import { StepSlider, useStep } from '../parts/step-slider.js';
import { sentence } from '../parts/text.js';
import type { Part } from '../payload.js';
import { Conditions } from './conditions.js';
import { MapsAtStep } from './maps-at-step.js';
import { Measures } from './measures.js';

/** Steps of the slider where there are no maps to show. */
const MOST_STEPS = 101;

/** The tab. */
export function TrainingTab({ part }: { readonly part: Part }): VNode {
  const { isPaper } = usePage();
  const result = part.result as TrendsResult;
  const steps = stepsOf(result);
  const step = useStep(steps);
  const { fit, conditions, loss, images, seconds } = result;
  const last = result.steps.at(-1) ?? 0;
  return (
    <article>
      <Conditions conditions={conditions} />
      <p class="lede">
        <strong>{sentence(fit.label)}</strong> {fit.because}
      </p>
      {furtherLines(result).map((line) => (
        <p key={line}>{sentence(line)}</p>
      ))}
      <p class="muted">These are means over {meansOf(result)}.</p>
      {steps.length > 1 && (
        <Interactive>
          <div class="sticky">
            <StepSlider steps={steps} step={step} says={`epoch ${Math.ceil(step / result.stepsPerEpoch)}`} />
          </div>
        </Interactive>
      )}
      <h3>How well it learned meanwhile</h3>
      <MarkedPlot svg={performanceFigure(result)} at={step} />
      <Facts
        facts={[
          ['steps', `${formatCount(result.steps.length)} of ${formatCount(last)}`],
          ['epochs', formatNumber(last / result.stepsPerEpoch)],
          ['images', formatCount(images.length)],
          ['maps speak for', TARGETS[result.target] ?? result.target],
          [
            'losses of',
            `${formatCount(loss.train.examples)} train and ${formatCount(loss.test.examples)} test examples`,
          ],
          ['time', `${formatNumber(seconds)} s`],
        ]}
      />
      <MapsAtStep result={result} step={step} />
      <Measures result={result} step={step} short={isPaper} />
    </article>
  );
}

/** Targets that are not one class. */
const TARGETS: Readonly<Record<string, string>> = {
  predicted: 'the class predicted at each step',
  true: 'the true class',
};

/** The steps that the slider stops at: those of the maps, or some of all. */
export function stepsOf({ steps, strips }: Pick<TrendsResult, 'steps' | 'strips'>): number[] {
  const ofMaps = strips.flatMap((strip) => framesOf(strip.steps.length).map((frame) => strip.steps[frame]!));
  if (ofMaps.length > 0) return [...new Set(ofMaps)].sort((a, b) => a - b);
  const count = Math.min(steps.length, MOST_STEPS);
  return Array.from(
    { length: count },
    (_, i) => steps[count === 1 ? 0 : Math.round((i * (steps.length - 1)) / (count - 1))]!,
  );
}

/** Which images the sentences at the top are about. */
function meansOf(result: TrendsResult): string {
  const split = leadingSeries(result)[0]?.split ?? 'train';
  const count = result.images.filter((image) => image.split === split).length;
  return `${formatCount(count)} ${split} images${split === 'test' ? ', which were not trained on' : ''}`;
}
