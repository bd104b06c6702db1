/** What a reader looks at. All of it stands in the hash of the page's address, so that a link opens the same view. */

/** The state of the page. */
export interface ViewState {
  /** Which result, where a page has several. */
  readonly part: number;
  /** The tab; the first one of the kind of result when empty. */
  readonly tab: string;
  /** Place of the input in its result. */
  readonly input: number;
  /** The training example that is looked at, by its index; −1 for none. */
  readonly example: number;
  readonly layer: string;
  readonly step: number;
  /** Which inputs are listed. */
  readonly search: string;
  readonly only: 'all' | 'wrong' | 'right';
  /** A cell of the confusion matrix, or one of its sides: `truth>predicted`, either of which may be empty. */
  readonly cell: string;
  /** Least and largest probability in percent: `20-60`. */
  readonly sure: string;
  readonly sort: string;
  /** What is compared: places of inputs, `part.input`. */
  readonly pins: readonly string[];
  /** What else a view keeps, by its name. */
  readonly of: Readonly<Record<string, string>>;
}

/** What is shown when nobody asked for anything else. */
export const START: ViewState = {
  part: 0,
  tab: '',
  input: -1,
  example: -1,
  layer: '',
  step: -1,
  search: '',
  only: 'all',
  cell: '',
  sure: '',
  sort: '',
  pins: [],
  of: {},
};

const NUMBERS = ['part', 'input', 'example', 'step'] as const;
const TEXTS = ['tab', 'layer', 'search', 'cell', 'sure', 'sort'] as const;
const OWN = 'v.';

/** The state as a hash, without what is as it is at the start. */
export function hashOf(state: ViewState): string {
  const fields = new URLSearchParams();
  for (const name of NUMBERS) if (state[name] !== START[name]) fields.set(name, String(state[name]));
  for (const name of TEXTS) if (state[name] !== START[name]) fields.set(name, state[name]);
  if (state.only !== 'all') fields.set('only', state.only);
  if (state.pins.length > 0) fields.set('pins', state.pins.join(' '));
  for (const [name, value] of Object.entries(state.of)) if (value !== '') fields.set(`${OWN}${name}`, value);
  const text = fields.toString();
  return text === '' ? '' : `#${text}`;
}

/** The state that a hash says; what it says wrongly is as at the start. */
export function stateOf(hash: string): ViewState {
  const fields = new URLSearchParams(hash.replace(/^#/, ''));
  const numbers = Object.fromEntries(
    NUMBERS.map((name) => {
      const value = Number(fields.get(name) ?? NaN);
      return [name, Number.isSafeInteger(value) && value >= 0 ? value : START[name]];
    }),
  ) as Pick<ViewState, (typeof NUMBERS)[number]>;
  const texts = Object.fromEntries(TEXTS.map((name) => [name, fields.get(name) ?? START[name]])) as Pick<
    ViewState,
    (typeof TEXTS)[number]
  >;
  const only = fields.get('only');
  const own = [...fields].filter(([name]) => name.startsWith(OWN));
  return {
    ...START,
    ...numbers,
    ...texts,
    only: only === 'wrong' || only === 'right' ? only : 'all',
    pins: (fields.get('pins') ?? '').split(' ').filter((pin) => /^\d+\.\d+$/.test(pin)),
    of: Object.fromEntries(own.map(([name, value]) => [name.slice(OWN.length), value])),
  };
}
