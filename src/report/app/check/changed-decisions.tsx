/** Decisions that changed: the probe, what the accepted model said of it, and what the new export says. */
import type { VNode } from 'preact';
import { formatPercent, formatValue } from '../../../plot/format.js';
import type { CheckChange, CheckResult } from '../../../results/check.js';
import { usePage } from '../context.js';
import { Choice, Interactive } from '../parts/basics.js';
import { useFirst } from '../parts/first.js';
import { Picture, usePictures } from '../parts/picture.js';
import { counted, notesLine, whereOf } from '../parts/text.js';
import { changedIn } from './says.js';

/** Changes that are shown until more are asked for; as many are on paper. */
const SHOWN = 40;

/** What a decision became, in words. */
const OUTCOMES = ['became wrong', 'became right', 'wrong before and after'] as const;
type Outcome = (typeof OUTCOMES)[number];

/** A change and its place in the result, by which its picture is known. */
interface Placed {
  readonly change: CheckChange;
  readonly place: number;
}

/** A row for each changed decision, in the order of the result: those that became wrong first. */
export function ChangedDecisions({ result }: { readonly result: CheckResult }): VNode {
  const { state, go } = usePage();
  const has = usePictures();
  const { changes = [] } = result;
  const { all, lost } = changedIn(result);
  const placed = changes.map((change, place): Placed => ({ change, place }));
  const of = (outcome: Outcome) => placed.filter(({ change }) => outcomeOf(change) === outcome);
  const present = OUTCOMES.filter((outcome) => of(outcome).length > 0);
  const only = present.find((outcome) => outcome === state.of.became);
  const { first, more } = useFirst(only ? of(only) : placed, SHOWN);
  const isPictured = first.some(({ place }) => has({ of: 'input', index: place }));
  return (
    <section aria-label="changed decisions">
      <h3>
        {counted(all, 'decision')} changed{lost !== undefined && `, ${lost.toLocaleString('en')} from right to wrong`}
      </h3>
      {changes.length < all && (
        <p>
          {changes.length} of them are listed
          {lost === undefined ? ', the surest first.' : ': those that became wrong first, the surest before others.'}
        </p>
      )}
      {present.length > 1 && (
        <Interactive>
          <Choice
            title="changed decisions shown"
            value={only ?? ''}
            options={[
              { value: '', text: `all ${changes.length}` },
              ...present.map((outcome) => ({ value: outcome, text: `${outcome} ${of(outcome).length}` })),
            ]}
            onChoose={(became) => go({ of: { ...state.of, became } })}
          />
        </Interactive>
      )}
      <ol class={`changes${isPictured ? ' pictured' : ''}`} aria-live="polite">
        {first.map(({ change, place }) => (
          <Change key={place} change={change} place={place} />
        ))}
      </ol>
      {more}
    </section>
  );
}

function Change({ change, place }: Placed): VNode {
  const { before, after, truth, features, inputNotes } = change;
  const outcome = outcomeOf(change);
  const notes = notesLine(inputNotes);
  const name = nameOf(change);
  return (
    <li>
      <Picture of={{ of: 'input', index: place }} size={96} alt={`the probe, ${name}`} />
      <div class="probe">
        {outcome && <p class={outcome === 'became right' ? 'right' : 'wrong'}>{outcome}</p>}
        {truth && (
          <p>
            true class <strong>{truth.label}</strong>
          </p>
        )}
        <p class="small muted">{name}</p>
        {notes !== '' && <p class="small">{notes}</p>}
        {features && (
          <p class="small">{features.map(({ name: of, value }) => `${of} = ${formatValue(value)}`).join(', ')}</p>
        )}
      </div>
      <Said by="accepted model" decision={before} truth={truth} />
      <Said by="new export" decision={after} truth={truth} />
    </li>
  );
}

/** What one of the two models says. */
function Said({
  by,
  decision: { class: index, label, probability },
  truth,
}: {
  readonly by: string;
  readonly decision: CheckChange['before'];
  readonly truth: CheckChange['truth'];
}): VNode {
  return (
    <div class={`said${truth && truth.class !== index ? ' is-wrong' : ''}`}>
      <p class="small muted">{by}</p>
      <p>
        <strong>{label}</strong> <span class="nowrap">{formatPercent(probability)}</span>
      </p>
      <span class="bar" aria-hidden="true" style={`width:${Math.round(100 * probability)}%`} />
    </div>
  );
}

/** What a decision became; undefined where the true class is not known. */
function outcomeOf({ before, after, truth }: CheckChange): Outcome | undefined {
  if (!truth) return undefined;
  if (after.class === truth.class) return 'became right';
  return before.class === truth.class ? 'became wrong' : 'wrong before and after';
}

function nameOf({ input, inputFile, inputRow }: CheckChange): string {
  return whereOf({ file: inputFile, row: inputRow }) || input;
}
