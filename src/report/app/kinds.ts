/** The views of each kind of result. A new kind is a folder and a line here. */
import type { Result, ResultKind, ResultOf } from '../../results/kinds.js';
import type { Decision } from './decisions.js';
import type { ExampleLink, Kinds, KindView } from './kind-view.js';
import { attributeView } from './attribute/view.js';
import { auditView } from './audit/view.js';
import { checkView } from './check/view.js';
import { evaluateView } from './evaluate/view.js';
import { influenceView } from './influence/view.js';
import { representerView } from './representer/view.js';
import { traceView } from './trace/view.js';
import { trendsView } from './trends/view.js';

const views: { readonly [K in ResultKind]: KindView<ResultOf<K>> } = {
  trace: traceView,
  influence: influenceView,
  representer: representerView,
  audit: auditView,
  attribute: attributeView,
  trends: trendsView,
  check: checkView,
  evaluate: evaluateView,
};

const viewOf = (result: Result): KindView<Result> => views[result.kind] as unknown as KindView<Result>;

const decisions = new WeakMap<Result, readonly Decision[]>();
const links = new WeakMap<Result, readonly ExampleLink[]>();

/** All kinds of results. */
export const kinds: Kinds = {
  viewOf,
  decisionsOf: (result) => remembered(decisions, result, () => viewOf(result).decisions(result)),
  linksOf: (result) => remembered(links, result, () => viewOf(result).links(result)),
};

function remembered<T>(known: WeakMap<Result, T>, result: Result, find: () => T): T {
  const found = known.get(result) ?? find();
  known.set(result, found);
  return found;
}
