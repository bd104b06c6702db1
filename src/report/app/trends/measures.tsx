/** How measures of the maps of a method went, and whether they go together with the losses. */
import type { VNode } from 'preact';
import { formatCount } from '../../../plot/format.js';
import type { TrendsCorrelation, TrendsResult, TrendsSeries, TrendsSummary } from '../../../results/trends.js';
import { pText, rhoText, toldFromZero } from '../../trends/correlations.js';
import { measureFigure, nameAndUnit } from '../../trends/figures.js';
import { courseOf, courseText } from '../../trends/headline.js';
import { methodParts } from '../../trends/method-parts.js';
import { usePage } from '../context.js';
import { Choice, Fold, Interactive } from '../parts/basics.js';
import { DataTable } from '../parts/data-table.js';
import { MarkedPlot } from '../parts/marked-plot.js';

/** Losses in the order of columns. */
const LOSSES = ['train', 'test', 'batch'] as const;

/** One method at a time; all of them, without plots, where it is to be short. */
export function Measures({
  result,
  step,
  short,
}: {
  readonly result: TrendsResult;
  readonly step: number;
  readonly short: boolean;
}): VNode | null {
  const { state, go } = usePage();
  const methods = methodParts(result);
  const open = methods.find(({ title }) => title === state.of.method) ?? methods[0];
  if (!open) return null;
  return (
    <section aria-label="measures">
      <h3>How the explanations changed</h3>
      {methods.length > 1 && (
        <Interactive>
          <Choice
            title="method"
            value={open.title}
            options={methods.map(({ title }) => ({ value: title, text: title }))}
            onChoose={(method) => go({ of: { ...state.of, method } })}
          />
        </Interactive>
      )}
      {(short ? methods : [open]).map(({ title, series, measures }) => (
        <div key={title}>
          <DataTable
            title={`${title}: from step ${formatCount(result.steps[0] ?? 0)} to step ${formatCount(result.steps.at(-1) ?? 0)}, mean over images`}
            rows={measures}
            columns={[
              { title: 'measure', value: (name) => nameAndUnit(result, name) },
              ...series.map((one) => ({
                title: `${one.split} images`,
                value: (name: string) => changeText(result, one.measures[name]),
              })),
            ]}
          />
          {!short && (
            <>
              <div class="plots">
                {measures.map((name) => (
                  <MarkedPlot key={name} svg={measureFigure(result, name, series)} at={step} />
                ))}
              </div>
              <Fold title="Do measures and losses go together?">
                <Correlations series={series} />
              </Fold>
            </>
          )}
        </div>
      ))}
    </section>
  );
}

function changeText({ steps }: TrendsResult, summary: TrendsSummary | undefined): string {
  const course = summary && courseOf(summary, steps);
  if (!course) return '–';
  const text = courseText(course);
  if (steps.length < 2) return text;
  const counts = summary.images ?? [];
  const [fewest, most] = [Math.min(...counts), Math.max(...counts)];
  const of = counts.length > 0 ? `, of ${fewest === most ? most : `${fewest} to ${most}`} images` : '';
  if (course.direction !== 0) return text + of;
  return `${text}, ${course.turn ? 'back again' : 'no change to speak of'}${of}`;
}

function Correlations({ series }: { readonly series: readonly TrendsSeries[] }): VNode {
  const known = series.filter(({ rho }) => rho.length > 0);
  if (known.length === 0) return <p>Too few steps to tell whether measures and losses go together.</p>;
  return (
    <>
      {known.map(({ split, rho }) => (
        <DataTable
          key={split}
          title={titleOf(split, rho)}
          rows={[...new Set(rho.map(({ measure }) => measure))]}
          columns={[
            { title: 'measure', value: (measure) => measure },
            ...LOSSES.filter((loss) => rho.some((one) => one.loss === loss)).map((loss) => ({
              title: `with ${loss} loss`,
              numeric: true,
              value: (measure: string) => (
                <Rho one={rho.find((candidate) => candidate.measure === measure && candidate.loss === loss)} />
              ),
            })),
          ]}
        />
      ))}
      <p class="muted">
        Each cell: ρ, its 95 % interval, and p with, in brackets, what p would be were the steps independent. Grey
        cannot be told from 0. A loss falls while a network learns, so whatever else changes steadily goes together with
        it: ρ says that both change over the same steps, not that one comes from the other.
      </p>
    </>
  );
}

function titleOf(split: string, rho: readonly TrendsCorrelation[]): string {
  const range = (values: readonly number[]) => {
    const [least, most] = [Math.min(...values), Math.max(...values)];
    return least === most ? String(most) : `${least} to ${most}`;
  };
  return `Spearman’s ρ on ${split} images: ${range(rho.map(({ steps }) => steps))} steps, in blocks of ${range(rho.map(({ block }) => block))}`;
}

function Rho({ one }: { readonly one: TrendsCorrelation | undefined }): VNode {
  if (!one) return <>–</>;
  const { rho, interval, p, pIndependent } = one;
  const certain = toldFromZero(one);
  return (
    <span class={certain ? undefined : 'muted'}>
      {certain ? <strong>{rhoText(rho)}</strong> : rhoText(rho)}
      <br />
      <span class="small">
        {rhoText(interval[0])} to {rhoText(interval[1])}
      </span>
      <br />
      <span class="small muted">
        p {pText(p)} ({pText(pIndependent)})
      </span>
    </span>
  );
}
