/** A decision and what would change about it without training examples. */
import type { VNode } from 'preact';
import { formatNumber } from '../../../plot/format.js';
import type { InfluenceEffect, InfluenceQuery, InfluenceResult } from '../../../results/influence.js';
import { isLoss } from '../../../results/losses.js';
import { usePage } from '../context.js';
import { DecisionHead } from '../decision/head.js';
import { useOpenInput } from '../inputs/open.js';
import { Facts, Fold } from '../parts/basics.js';
import { ExampleList } from '../parts/example-list.js';
import { className } from '../parts/text.js';
import { largestParts, Waterfall } from '../parts/waterfall.js';
import type { Part } from '../payload.js';
import { says, strongest } from './says.js';
import { trustOf } from './trust.js';

const SHOWN = 100;
const ON_PAPER = 10;
const CLASSES = 8;

/** The tab. */
export function InfluenceTab({ part }: { readonly part: Part }): VNode {
  const place = useOpenInput();
  const result = part.result as InfluenceResult;
  const query = result.queries[place];
  const { isPaper } = usePage();
  if (!query) return <p>No input was asked about.</p>;
  const { unit, method, classNames } = result;
  const predicts = method.predicts !== false;
  const loss = isLoss(query.measure.name);
  const shown = isPaper ? ON_PAPER : SHOWN;
  const valued = (effects: readonly InfluenceEffect[]) =>
    effects.slice(0, shown).map((effect) => ({ ...effect, value: effect.effect }));
  const titles = predicts
    ? [`Without one of these, ${unit} would be lower`, 'Without one of these, it would be higher']
    : ['They speak for it', 'They speak against it'];
  return (
    <article key={place}>
      <DecisionHead place={place} decision={query} says={says(result, query)} trust={trustOf(result)} />
      <WithoutThem query={query} predicts={predicts} />
      <ExampleList
        title={titles[0]!}
        examples={valued(query.examples)}
        all={query.examples.length}
        unit={predicts ? 'effect' : 'value'}
        highlighted={query.target?.class}
        opposing={loss}
      />
      <ExampleList
        title={titles[1]!}
        examples={valued(query.opponents)}
        all={query.opponents.length}
        unit={predicts ? 'effect' : 'value'}
        highlighted={query.target?.class}
        opposing={!loss}
      />
      <Waterfall
        title={`All training examples together, by class: the sum of their ${predicts ? 'effects' : 'values'}`}
        unit={unit}
        parts={largestParts(
          query.classes.map(({ class: index, effect }) => ({ name: className(classNames, index), value: effect })),
          CLASSES,
        )}
        total={{ name: 'all', value: query.sum }}
      />
      {!isPaper && (
        <Fold title="Figures">
          <Facts
            facts={[
              [query.measure.name, formatNumber(query.measure.value, 4)],
              ...(query.measure.fitted === undefined
                ? []
                : [['… under the fitted layer', formatNumber(query.measure.fitted, 4)] as const]),
              ['of the class', query.target?.label ?? 'each example’s own'],
            ]}
          />
        </Fold>
      )}
    </article>
  );
}

/** What would change without the strongest, as predicted, and as training again showed. */
function WithoutThem({
  query,
  predicts,
}: {
  readonly query: InfluenceQuery;
  readonly predicts: boolean;
}): VNode | null {
  const { verification, measure, examples } = query;
  if (examples.length === 0) return null;
  if (verification) {
    const { before, after, predicted, actual, examples: left } = verification;
    return (
      <section aria-label="trained again">
        <h3>Trained again without {strongest(left, measure.name)}</h3>
        <Facts
          facts={[
            [`${measure.name} with them`, formatNumber(before, 4)],
            ['after training without them', formatNumber(after, 4)],
            ['lower by', formatNumber(actual, 4)],
            [
              'predicted to be lower by',
              predicted === undefined ? 'nothing, as values only rank' : formatNumber(predicted, 4),
            ],
          ]}
        />
      </section>
    );
  }
  if (!predicts) return null;
  const most = examples.slice(0, 10);
  const sum = most.reduce((total, { effect }) => total + effect, 0);
  return (
    <p>
      Without {strongest(most.length, measure.name)}, the {measure.name} is predicted to be{' '}
      <strong>{formatNumber(measure.value - sum)}</strong> instead of {formatNumber(measure.value)}.{' '}
      <span class="muted">To first order; --verify trains again.</span>
    </p>
  );
}
