/** When a layer learned what it says of an input: sums of γ over the training, over its losses, with a slider. */
import type { VNode } from 'preact';
import { formatNumber, formatSigned } from '../../../plot/format.js';
import { linePlot, type LineSeries } from '../../../plot/line-plot.js';
import type { TraceCourse, TraceLayer, TraceQuery, TraceResult } from '../../../results/trace.js';
import { shareOf } from '../../trace/figures.js';
import { usePage } from '../context.js';
import { MarkedPlot } from '../parts/marked-plot.js';
import { Picture, usePictures } from '../parts/picture.js';
import { StepSlider, useStep } from '../parts/step-slider.js';
import { className } from '../parts/text.js';
import { Waterfall, type WaterfallPart } from '../parts/waterfall.js';

/** Curves in the plot; more are not told apart. */
const CURVES = 5;
/** Steps of the list that can be opened. */
const OPENED = 8;

/** What it is about. */
interface TimeProps {
  readonly result: TraceResult;
  readonly query: TraceQuery;
  readonly layer: TraceLayer;
}

/** The course of a layer; nothing where the result does not hold it. */
export function TimePanel(props: TimeProps): VNode | null {
  const { isPaper } = usePage();
  const { course } = props.layer;
  if (isPaper || !course || course.steps.length < 2) return null;
  return <Course {...props} course={course} />;
}

function Course({ result, query, layer, course }: TimeProps & { readonly course: TraceCourse }): VNode {
  const { go } = usePage();
  const listed = layer.batches.slice(0, OPENED).map(({ step }) => step);
  const steps = [...new Set([...course.steps, ...listed])].sort((a, b) => a - b);
  const step = useStep(steps);
  const { training, classNames } = result;
  const curves = curvesOf(query, layer, course, classNames);
  const svg = linePlot({
    series: curves,
    yTitle: "share of the layer's output so far, %",
    xTitle: 'training step',
    below: training
      ? [
          {
            yTitle: 'loss of the batch',
            series: [{ name: 'loss of the batch', x: training.steps, y: training.loss, color: 'outline' }],
          },
        ]
      : [],
    marker: true,
    width: 620,
    height: training ? 420 : 280,
    label: `What the training steps of each class added to layer ${layer.layer} for this input, and the loss, over training`,
  });
  const at = course.steps.findLastIndex((candidate) => candidate <= step);
  const parts = curves.map(({ name, y }): WaterfallPart => ({ name, value: at < 0 ? 0 : y[at]! }));
  const batch = training?.batches.find((candidate) => candidate.step === step);
  const named = layer.batches.find((candidate) => candidate.step === step);
  const epoch = training ? `epoch ${Math.ceil(step / training.stepsPerEpoch)}` : undefined;
  return (
    <section aria-label="over training" class="time">
      <h3>When it was learned</h3>
      <StepSlider steps={steps} step={step} says={epoch} />
      <MarkedPlot svg={svg} at={step}>
        Sums over the steps so far, by the class of their batch.
        {leavesItsBatch(layer, course) &&
          ' Momentum carries what an example did into the steps after it, whatever their class: by example, the sums are those above.'}
      </MarkedPlot>
      <Waterfall
        title={`Up to step ${step.toLocaleString('en')}, in % of the layer's output`}
        unit="percent of the layer's output"
        parts={parts}
        total={{ name: 'all shown', value: parts.reduce((sum, { value }) => sum + value, 0) }}
      />
      {listed.length > 0 && (
        <>
          <h4>Steps that stand out most</h4>
          <p class="row">
            {layer.batches.slice(0, OPENED).map(({ step: of, label, contrast, gamma }) => (
              <button key={of} type="button" aria-pressed={of === step} onClick={() => go({ step: of }, true)}>
                {of.toLocaleString('en')} <span>{label === null ? 'mixed' : className(classNames, label)}</span>{' '}
                {formatSigned(contrast ?? gamma, 2)}
              </button>
            ))}
          </p>
        </>
      )}
      {batch && <Batch examples={batch.examples} step={step} gamma={named?.gamma} />}
    </section>
  );
}

/** Sums that differ by no more than this, as a share of the output, are the same to a reader. */
const SAME = 0.01;

/** Whether what examples did is not what the steps of their batches did. */
function leavesItsBatch(layer: TraceLayer, { classes, mixed }: TraceCourse): boolean {
  if (layer.remainder === undefined || mixed) return false;
  return classes.some(({ class: index, gamma }) => {
    const ofExamples = layer.classes.find((one) => one.class === index)?.gamma ?? 0;
    return Math.abs(shareOf(layer, ofExamples - (gamma.at(-1) ?? 0))) > SAME;
  });
}

/** Shares of the predicted class, of the true one, and of those with the largest sums. */
function curvesOf(
  { predicted, truth }: TraceQuery,
  layer: TraceLayer,
  { steps, classes, mixed }: TraceCourse,
  classNames: readonly string[],
): LineSeries[] {
  const isNamed = (index: number) => index === predicted.class || index === truth?.class;
  const end = (gamma: readonly number[]) => Math.abs(gamma.at(-1) ?? 0);
  const sorted = [...classes].sort(
    (a, b) => Number(isNamed(b.class)) - Number(isNamed(a.class)) || end(b.gamma) - end(a.gamma),
  );
  const percent = (gamma: readonly number[]) => gamma.map((value) => shareOf(layer, value) * 100);
  const shown = sorted.filter(({ gamma }) => end(gamma) > 0).slice(0, CURVES);
  return [
    ...shown.map(({ class: index, gamma }) => ({ name: className(classNames, index), y: percent(gamma) })),
    ...(mixed ? [{ name: 'mixed batches', y: percent(mixed) }] : []),
  ].map((curve, i) => ({ ...curve, x: steps, color: COLORS[i % COLORS.length]!, dash: DASHES[i] }));
}

const COLORS = ['accent', 'series2', 'series3', 'series4', 'series5', 'series6'] as const;
const DASHES = [undefined, '6 3', '2 3', '8 3 2 3', '4 2', '1 2'];

/** The examples of a step's batch. */
function Batch({
  examples,
  step,
  gamma,
}: {
  readonly examples: readonly number[];
  readonly step: number;
  readonly gamma: number | undefined;
}): VNode {
  const has = usePictures();
  const pictured = examples.filter((index) => has({ of: 'train', index }));
  return (
    <>
      <h4>
        The batch of step {step.toLocaleString('en')}
        {gamma !== undefined && <span class="muted">, γ {formatNumber(gamma)}</span>}
      </h4>
      {pictured.length > 0 && (
        <ol class="batch">
          {pictured.map((index) => (
            <li key={index}>
              <Picture of={{ of: 'train', index }} size={40} alt={`training image ${index}`} />
            </li>
          ))}
        </ol>
      )}
      {pictured.length < examples.length && (
        <p class="small muted">Training examples {examples.filter((index) => !pictured.includes(index)).join(', ')}</p>
      )}
    </>
  );
}
