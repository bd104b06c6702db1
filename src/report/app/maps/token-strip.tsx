/** A text in reading order, each token on the colour of its value; a token is read by mouse or arrow keys. */
import type { VNode } from 'preact';
import { divergingColor } from '../../../plot/colors.js';
import { formatSigned } from '../../../plot/format.js';
import type { AttributeToken } from '../../../results/attribute.js';
import { counted } from '../parts/text.js';

/** Opacity of full colour: text stays readable on it, in light and dark. */
export const STRENGTH = 0.6;

/** Tokens below this share of the full colour are not underlined. */
const WEAK = 0.1;

/** What is shown. */
export interface TokenStripProps {
  readonly tokens: readonly AttributeToken[];
  /** The magnitude that gets the full colour. */
  readonly limit: number;
  readonly label: string;
  /** Place of the token that is read. */
  readonly cursor?: number | undefined;
  /** Told where the reader points; without it, tokens cannot be read. */
  readonly onCursor?: ((place: number) => void) | undefined;
}

/** The tokens, but for the padding behind them; what speaks for the class has a solid line below it, what speaks against it a dotted one. */
export function TokenStrip({ tokens, limit, label, cursor, onCursor }: TokenStripProps): VNode {
  const shown = tokens.slice(0, lengthOf(tokens));
  const padding = tokens.slice(shown.length);
  const reading = onCursor && {
    tabIndex: 0,
    onKeyDown: (event: KeyboardEvent) => {
      const place = placeAfter(event.key, cursor, shown.length);
      if (place === undefined) return;
      event.preventDefault();
      onCursor(place);
    },
  };
  return (
    <>
      <div class="tokens" role="group" aria-label={label} {...reading}>
        {shown.map(({ token, relevance }, place) => (
          <span
            key={place}
            class={`token${signClass(relevance / (limit || 1))}${place === cursor ? ' read' : ''}`}
            style={`background:${colorOf(relevance / (limit || 1))}`}
            title={formatSigned(relevance)}
            onPointerEnter={onCursor && (() => onCursor(place))}
          >
            {token === '' ? '·' : token}
          </span>
        ))}
      </div>
      {padding.length > 0 && (
        <p class="small muted">
          Behind it {counted(padding.length, 'place')} of padding, in all{' '}
          {formatSigned(padding.reduce((sum, { relevance }) => sum + relevance, 0))}.
        </p>
      )}
    </>
  );
}

/** How many tokens there are before the padding at the end. */
function lengthOf(tokens: readonly AttributeToken[]): number {
  return 1 + tokens.findLastIndex(({ token }) => token !== '');
}

/** Where a key leads; the first key that is pressed leads to the first token. */
function placeAfter(key: string, at: number | undefined, length: number): number | undefined {
  const places: Readonly<Record<string, number>> = {
    ArrowLeft: (at ?? 1) - 1,
    ArrowRight: (at ?? -1) + 1,
    Home: 0,
    End: length - 1,
  };
  const place = places[key];
  return place === undefined ? undefined : Math.max(0, Math.min(length - 1, place));
}

function signClass(share: number): string {
  if (Math.abs(share) < WEAK) return '';
  return share < 0 ? ' against' : ' for';
}

function colorOf(share: number): string {
  const [red, green, blue, opacity] = divergingColor(share);
  return `rgb(${red} ${green} ${blue}/${((STRENGTH * opacity) / 255).toFixed(3)})`;
}
