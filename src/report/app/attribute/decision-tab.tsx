/** An explained decision: two maps beside each other, the others in a fold, then what is behind them. */
import type { VNode } from 'preact';
import type { AttributeQuery, AttributeResult } from '../../../results/attribute.js';
import { methodTitle } from '../../attribute/figures.js';
import { usePage } from '../context.js';
import { DecisionHead } from '../decision/head.js';
import { useOpenInput } from '../inputs/open.js';
import { Fold } from '../parts/basics.js';
import type { Part } from '../payload.js';
import { explainedIn } from './explained.js';
import { LayeredPart } from './layered.js';
import { Ledger } from './ledger.js';
import { MapPair } from './map-pair.js';
import { says } from './says.js';
import { trustIn } from './trust.js';

/** The tab: the state's input, or the first of the list. */
export function DecisionTab({ part }: { readonly part: Part }): VNode {
  const place = useOpenInput();
  const { isPaper } = usePage();
  const result = part.result as AttributeResult;
  const queries = explainedIn(result)[place];
  if (!queries) return <p>No input was explained.</p>;
  const [query] = queries;
  const isDecided = query.undecided === undefined;
  const withLedger = queries.filter(
    (one): one is AttributeQuery & Required<Pick<AttributeQuery, 'ledger'>> => one.ledger !== undefined,
  );
  const maps = queries.some(({ layered }) => !layered) && (
    <MapPair key="maps" result={result} queries={queries} place={place} />
  );
  const units = queries.map(
    (one) => one.layered && <LayeredPart key={methodTitle(one)} query={one} layered={one.layered} place={place} />,
  );
  return (
    <article key={place}>
      <DecisionHead
        place={place}
        decision={query}
        says={says(result, queries)}
        trust={isDecided ? trustIn(result, place) : undefined}
      />
      {isDecided && (
        <>
          {query.layered ? [units, maps] : [maps, units]}
          {!isPaper &&
            withLedger.map((one) => (
              <Fold key={methodTitle(one)} title={`Where relevance went on its way: ${methodTitle(one)}`}>
                <Ledger query={one} ledger={one.ledger} />
              </Fold>
            ))}
        </>
      )}
    </article>
  );
}
