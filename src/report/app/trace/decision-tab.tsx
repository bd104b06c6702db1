/** A traced decision: what its score is made of, what shaped each layer, and when. */
import type { VNode } from 'preact';
import type { LogitParts, TraceQuery, TraceResult } from '../../../results/trace.js';
import { usePage } from '../context.js';
import { DecisionHead } from '../decision/head.js';
import { useOpenInput } from '../inputs/open.js';
import { Select } from '../parts/basics.js';
import { className, sentence } from '../parts/text.js';
import { largestParts, Waterfall } from '../parts/waterfall.js';
import type { Part } from '../payload.js';
import { LayerPanel } from './layer-panel.js';
import { NetworkStrip } from './network-strip.js';
import { lastEvidence, logitsOf, says } from './says.js';
import { scoreParts, trainingOf } from './score.js';
import { TimePanel } from './time-panel.js';
import { trustIn } from './trust.js';

/** Parts of training that have a bar of their own. */
const PARTS = 6;

/** The tab: the state's input, or the first of the list. */
export function DecisionTab({ part }: { readonly part: Part }): VNode {
  const place = useOpenInput();
  const result = part.result as TraceResult;
  const query = result.queries[place];
  if (!query) return <p>No input was traced.</p>;
  return <TracedDecision key={place} result={result} query={query} place={place} />;
}

function TracedDecision({
  result,
  query,
  place,
}: {
  readonly result: TraceResult;
  readonly query: TraceQuery;
  readonly place: number;
}): VNode {
  const { state } = usePage();
  const trust = trustIn(result, place);
  const head = <DecisionHead place={place} decision={query} says={says(result, query)} trust={trust} />;
  if (query.undecided !== undefined || query.layers.length === 0) return <article>{head}</article>;
  const logits = logitsOf(query);
  const layer =
    query.layers.find((candidate) => candidate.layer === state.layer) ?? lastEvidence(query) ?? query.layers.at(-1)!;
  return (
    <article>
      {head}
      {logits && <ScoreParts query={query} logits={logits} classNames={result.classNames} />}
      <h3>What shaped each layer</h3>
      <NetworkStrip query={query} current={layer.layer} classNames={result.classNames} />
      <LayerPanel result={result} query={query} layer={layer} />
      <TimePanel result={result} query={query} layer={layer} />
    </article>
  );
}

/** The score of the predicted class as a sum, or its lead over another class. */
function ScoreParts({
  query,
  logits,
  classNames,
}: {
  readonly query: TraceQuery;
  readonly logits: readonly LogitParts[];
  readonly classNames: readonly string[];
}): VNode | null {
  const { state, go } = usePage();
  const { predicted, truth } = query;
  const won = logits.find((parts) => parts.class === predicted.class);
  if (!won) return null;
  const others = logits.filter((parts) => parts.class !== predicted.class);
  const asked = state.of.rather;
  const rather =
    asked === undefined && truth && truth.class !== predicted.class
      ? others.find((parts) => parts.class === truth.class)
      : others.find((parts) => String(parts.class) === asked);
  const name = (index: number) => className(classNames, index);
  const [initial, ...added] = scoreParts(won, rather, classNames);
  const parts = [initial!, ...largestParts(added, PARTS)];
  const total = won.logit - (rather?.logit ?? 0);
  return (
    <section aria-label="the score">
      <h3>
        Why {predicted.label}
        {rather && ` rather than ${name(rather.class)}`}
      </h3>
      <Select
        title="rather than"
        value={rather ? String(rather.class) : 'none'}
        options={[
          { value: 'none', text: 'nothing: the score itself' },
          ...others.map((parts) => ({ value: String(parts.class), text: name(parts.class) })),
        ]}
        onChoose={(value) => go({ of: { ...state.of, rather: value } })}
      />
      <Waterfall
        title={rather ? `Lead of ${predicted.label} over ${name(rather.class)}` : `Score of ${predicted.label}`}
        unit="units of the score before the softmax"
        parts={parts}
        total={{ name: rather ? 'lead' : 'score', value: total }}
      />
      {Math.abs(trainingOf(won)) < won.initial * Math.sign(won.logit) && !rather && (
        <p class="small muted">{sentence('more of this score was there before training than training added')}</p>
      )}
    </section>
  );
}
