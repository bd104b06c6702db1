/** What a method says of an input that is no picture: the tokens of a text, or bars of named features. */
import type { VNode } from 'preact';
import { formatCount, formatSigned, formatValue } from '../../../plot/format.js';
import type { AttributeQuery, AttributeToken } from '../../../results/attribute.js';
import { methodTitle } from '../../attribute/figures.js';
import { usePage } from '../context.js';
import { ScaleBar } from '../maps/scale-bar.js';
import { SignedBars } from '../maps/signed-bars.js';
import { STRENGTH, TokenStrip } from '../maps/token-strip.js';
import { Fold } from '../parts/basics.js';
import { DataTable } from '../parts/data-table.js';
import { nameOfFeature, nameOfToken } from './says.js';

/** What it shows. */
export interface ValuesProps {
  readonly query: AttributeQuery;
  /** The magnitude of a full bar or colour. */
  readonly limit: number;
  /** Bars at most. */
  readonly most: number;
  /** Place of the token that is read, and who is told of another: see {@link TokenStrip}. */
  readonly cursor?: number | undefined;
  readonly onCursor?: ((place: number) => void) | undefined;
}

/** The strongest features, or the whole text. */
export function Values(props: ValuesProps): VNode {
  const { query, limit, most } = props;
  const { features = [], tokens } = query;
  if (tokens) return <Text {...props} tokens={tokens} />;
  if (features.length === 0)
    return <p class="small">Its map is no picture; it lies beside the result as {query.file}.</p>;
  return (
    <SignedBars
      title={`Strongest features by ${methodTitle(query)}`}
      limit={limit}
      bars={features.slice(0, most).map((feature) => ({
        name: nameOfFeature(feature),
        held: Number.isFinite(feature.value) ? formatValue(feature.value) : undefined,
        value: feature.relevance,
      }))}
    />
  );
}

/** Tokens in reading order; their values in a line below, in a table, and on paper as bars of the strongest. */
function Text({
  query,
  tokens,
  limit,
  most,
  cursor,
  onCursor,
}: ValuesProps & { readonly tokens: readonly AttributeToken[] }): VNode {
  const { isPaper } = usePage();
  const title = `Tokens by ${methodTitle(query)}`;
  const placed = tokens.map((each, place) => ({ ...each, place }));
  const read = cursor === undefined ? undefined : placed[cursor];
  return (
    <>
      <TokenStrip
        {...{ tokens, limit, cursor, onCursor }}
        label={onCursor ? `${title}; arrow keys read their values` : title}
      />
      {onCursor && (
        <p class="map-read" aria-live="polite">
          {read ? (
            <>
              {formatCount(read.place + 1)}. {nameOfToken(read)}: <strong>{formatSigned(read.relevance)}</strong>
            </>
          ) : (
            <span class="muted">Point at a token, or use the arrow keys.</span>
          )}
        </p>
      )}
      <ScaleBar limit={limit} opacity={STRENGTH} />
      {isPaper ? (
        <SignedBars
          title={`Strongest tokens by ${methodTitle(query)}`}
          limit={limit}
          bars={placed
            .sort((a, b) => Math.abs(b.relevance) - Math.abs(a.relevance))
            .slice(0, most)
            .map((each) => ({ name: nameOfToken(each), held: undefined, value: each.relevance }))}
        />
      ) : (
        <Fold title="Every token with its value">
          <DataTable
            title={title}
            rows={placed}
            columns={[
              { title: 'place', numeric: true, order: ({ place }) => place, value: ({ place }) => place + 1 },
              { title: 'token', order: ({ token }) => token, value: nameOfToken },
              {
                title: 'value',
                numeric: true,
                order: ({ relevance }) => relevance,
                value: ({ relevance }) => formatSigned(relevance),
              },
            ]}
          />
        </Fold>
      )}
    </>
  );
}
