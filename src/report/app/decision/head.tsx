/** What every kind of result says of an input before it explains it: the picture, the decision, how far to believe it. */
import type { ComponentChildren, VNode } from 'preact';
import { formatPercent } from '../../../plot/format.js';
import { usePage } from '../context.js';
import { isProbable, outcomeOf, type Decision } from '../decisions.js';
import type { Trust } from '../kind-view.js';
import { Interactive, ProbabilityBars, TrustBadge } from '../parts/basics.js';
import { Picture } from '../parts/picture.js';
import { notesLine, placeOf, sentence } from '../parts/text.js';
import { Written } from '../parts/written.js';

/** Classes that get a bar. */
const BARS = 4;

/** What stands at the top. */
export interface DecisionHeadProps {
  readonly place: number;
  readonly decision: Decision;
  /** The point of it in a sentence. */
  readonly says: string;
  readonly trust: Trust | undefined;
  readonly children?: ComponentChildren;
}

/** The top of a decision. Where nothing was learned, that stands where the explanation would. */
export function DecisionHead({ place, decision, says, trust, children }: DecisionHeadProps): VNode {
  const { predicted, topClasses = [], truth, inputNotes } = decision;
  const notes = notesLine(inputNotes);
  const outcome = outcomeOf(decision);
  return (
    <div class="hero">
      <Picture of={{ of: 'input', index: place }} size={180} alt={`the input, ${decision.input}`} />
      <div>
        <h2 class="decision">
          {predicted ? <span class="accent">{predicted.label}</span> : decision.input}
          {predicted && isProbable(decision) && <span class="nowrap"> {formatPercent(predicted.probability)}</span>}
          {outcome === 'wrong' && <span class="wrong">, wrong: {truth!.label}</span>}
        </h2>
        <p class="muted small">
          {placeOf(decision)}
          {outcome === 'right' && ' · the true class'}
          {notes !== '' && <> · {notes}</>}
        </p>
        <Written of={{ of: 'input', index: place }} />
        <p class="lede">{sentence(decision.undecided ?? (trust?.level === 'bad' ? trust.says : says))}</p>
        {trust && <TrustBadge trust={trust} />}
        {isProbable(decision) && <ProbabilityBars classes={topClasses.slice(0, BARS)} />}
        <Interactive>
          <PinButton place={place} />
        </Interactive>
        {children}
      </div>
    </div>
  );
}

function PinButton({ place }: { readonly place: number }): VNode {
  const { state, go } = usePage();
  const pin = `${state.part}.${place}`;
  const isPinned = state.pins.includes(pin);
  const pins = isPinned ? state.pins.filter((other) => other !== pin) : [...state.pins, pin].slice(-2);
  return (
    <p class="row">
      <button type="button" aria-pressed={isPinned} onClick={() => go({ pins })}>
        {isPinned ? 'Pinned' : 'Pin to compare'}
      </button>
      {state.pins.length === 2 && (
        <button type="button" onClick={() => go({ tab: 'compare' })}>
          Compare the two
        </button>
      )}
    </p>
  );
}
