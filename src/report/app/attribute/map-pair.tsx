/** Two methods beside each other: maps with one opacity, one scale and one cursor, texts, or bars of named features. */
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { formatCount, formatPercent, formatSigned } from '../../../plot/format.js';
import type { AttributeQuery, AttributeResult } from '../../../results/attribute.js';
import { methodTitle } from '../../attribute/figures.js';
import { scaled, type Plane } from '../../attribute/maps.js';
import { usePage } from '../context.js';
import { MapView, readAt, type MapCursor } from '../maps/map-view.js';
import { ScaleBar } from '../maps/scale-bar.js';
import { squareOf, useMaps } from '../maps/use-maps.js';
import { Choice, Facts, Fold, Interactive, Select } from '../parts/basics.js';
import { keyOf, recommended, type Explained } from './explained.js';
import { isPartOfScore, meaningOf } from './methods.js';
import { Values } from './values.js';

/** Size of the two maps, and of those in the fold, in pixels. */
const [SIZE, SMALL] = [280, 140];
/** Opacity when nobody has chosen, in percent. */
const OPACITY = 75;
/** Bars of features; on paper fewer. */
const [BARS, ON_PAPER] = [30, 8];

/** What it shows. */
interface PairProps {
  readonly result: AttributeResult;
  readonly queries: Explained;
  readonly place: number;
}

/** The two that are recommended unless others were chosen, and all others in a fold. */
export function MapPair({ result, queries, place }: PairProps): VNode {
  const { state, go, isPaper } = usePage();
  const [cursor, setCursor] = useState<MapCursor>();
  const [token, setToken] = useState<number>();
  const mapsOf = useMaps();
  const first = recommended(result);
  const chosen = (side: 'left' | 'right', at: number) =>
    queries.find((query) => keyOf(query) === state.of[side]) ??
    queries.find((query) => keyOf(query) === first[at]?.key);
  const sides = [chosen('left', 0), chosen('right', 1)].filter((query) => query !== undefined);
  const others = queries.filter((query) => !sides.includes(query));
  const mapOf = (query: AttributeQuery): Plane | undefined => (query.features ? undefined : mapsOf(query.file)[0]);
  const limits = limitsOf(queries, mapOf, state.of.scale === 'own');
  const opacity = Number(state.of.opacity ?? OPACITY) / 100;
  const set = (name: string, value: string, lightly = false) => go({ of: { ...state.of, [name]: value } }, lightly);
  const hasMaps = sides.some((query) => mapOf(query) !== undefined);
  const over = { of: 'input', index: place } as const;
  return (
    <section aria-label="what speaks for the class">
      <h3>What speaks for {queries[0].target.label}</h3>
      {hasMaps && (
        <Interactive>
          <div class="map-controls">
            <label>
              opacity of the maps
              <input
                type="range"
                min={0}
                max={100}
                value={opacity * 100}
                aria-valuetext={`${Math.round(opacity * 100)} percent`}
                onInput={({ currentTarget }) => set('opacity', currentTarget.value, true)}
              />
            </label>
            <Choice
              title="scale of the colours"
              value={state.of.scale === 'own' ? 'own' : 'one'}
              options={[
                { value: 'one', text: 'One scale' },
                { value: 'own', text: 'Each its own' },
              ]}
              onChoose={(value) => set('scale', value === 'own' ? 'own' : '')}
            />
          </div>
        </Interactive>
      )}
      <div class="map-pair">
        {sides.map((query, at) => {
          const map = mapOf(query);
          const why = first.find(({ key }) => key === keyOf(query))?.why ?? '';
          return (
            <section key={at} aria-label={`${at === 0 ? 'left' : 'right'}: ${methodTitle(query)}`}>
              <h4>{methodTitle(query)}</h4>
              {queries.length > 2 && (
                <Interactive>
                  <Select
                    title={at === 0 ? 'left' : 'right'}
                    value={keyOf(query)}
                    options={queries.map((one) => ({ value: keyOf(one), text: methodTitle(one) }))}
                    onChoose={(value) => set(at === 0 ? 'left' : 'right', value)}
                  />
                </Interactive>
              )}
              {map ? (
                <>
                  <MapView
                    map={map}
                    limit={limits.get(query)!}
                    over={over}
                    size={SIZE}
                    opacity={opacity}
                    label={`Map by ${methodTitle(query)} over the input; arrow keys read its values`}
                    {...(!isPaper && { cursor, onCursor: setCursor })}
                  />
                  {!isPaper && <ReadOut map={map} cursor={cursor} query={query} />}
                  <ScaleBar limit={limits.get(query)!} />
                </>
              ) : (
                <Values
                  query={query}
                  limit={limits.get(query) ?? 0}
                  most={isPaper ? ON_PAPER : BARS}
                  {...(!isPaper && { cursor: token, onCursor: setToken })}
                />
              )}
              <p class="small">{meaningOf(query)}</p>
              {why !== '' && !isPaper && <p class="small muted">{why}</p>}
              {!isPaper && <MethodFacts query={query} map={map} />}
            </section>
          );
        })}
      </div>
      {others.length > 0 && !isPaper && (
        <Fold title={`The other methods (${others.length})`}>
          <div class="map-row">
            {others.map((query) => {
              const map = mapOf(query);
              return (
                <figure key={keyOf(query)}>
                  {map ? (
                    <MapView
                      map={map}
                      limit={limits.get(query)!}
                      over={over}
                      size={SMALL}
                      opacity={opacity}
                      label={`Map by ${methodTitle(query)}`}
                    />
                  ) : (
                    <Values query={query} limit={limits.get(query) ?? 0} most={ON_PAPER} />
                  )}
                  <figcaption>
                    <button type="button" class="link" onClick={() => set('right', keyOf(query))}>
                      {methodTitle(query)}
                    </button>
                  </figcaption>
                </figure>
              );
            })}
          </div>
        </Fold>
      )}
    </section>
  );
}

/** The magnitude of full colour: one for all maps whose values are parts of the score, or each its own. */
function limitsOf(
  queries: Explained,
  mapOf: (query: AttributeQuery) => Plane | undefined,
  own: boolean,
): Map<AttributeQuery, number> {
  const each = new Map(
    queries.map((query) => {
      const map = mapOf(query);
      const values = query.tokens ?? query.features ?? [];
      const largest = () => values.reduce((most, { relevance }) => Math.max(most, Math.abs(relevance)), 0);
      return [query, map ? scaled(map).limit : largest()] as const;
    }),
  );
  if (own) return each;
  const shared = Math.max(0, ...queries.filter(isPartOfScore).map((query) => each.get(query)!));
  return new Map(queries.map((query) => [query, isPartOfScore(query) ? shared : each.get(query)!]));
}

function ReadOut({
  map,
  cursor,
  query,
}: {
  readonly map: Plane;
  readonly cursor: MapCursor | undefined;
  readonly query: AttributeQuery;
}): VNode {
  const read = cursor && readAt(map, cursor);
  const square = squareOf(map, query.shape);
  return (
    <p class="map-read" aria-live="polite">
      {read ? (
        <>
          row {read.row}, column {read.column}
          {square > 1 && ` (mean of ${square} × ${square} pixels)`}: <strong>{formatSigned(read.value)}</strong>
        </>
      ) : (
        <span class="muted">Point at a pixel, or use the arrow keys.</span>
      )}
    </p>
  );
}

function MethodFacts({ query, map }: { readonly query: AttributeQuery; readonly map: Plane | undefined }): VNode {
  const { sum, conservationError, steps, shape } = query;
  const square = map ? squareOf(map, shape) : 1;
  return (
    <Facts
      facts={[
        ['sum', formatSigned(sum)],
        ...(conservationError === null
          ? []
          : ([['conservation error', formatPercent(Math.min(1, conservationError))]] as const)),
        ...(steps === undefined ? [] : ([['gradients computed', formatCount(steps)]] as const)),
        ...(square > 1
          ? ([['shown as', `means of ${square} × ${square} pixels; all are in ${query.file}`]] as const)
          : []),
      ]}
    />
  );
}
