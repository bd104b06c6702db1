/** How a result of `attribute` is shown. */
import type { AttributeResult } from '../../../results/attribute.js';
import { methodTitle } from '../../attribute/figures.js';
import type { KindView } from '../kind-view.js';
import { countedDecisions } from '../parts/text.js';
import { DecisionTab } from './decision-tab.js';
import { explainedIn, recommended } from './explained.js';
import { says } from './says.js';
import { TERMS } from './terms.js';
import { trustIn, trustOf } from './trust.js';
import { linksOfUnits, picturedOfUnits } from './unit-examples.js';

/** The views of a result of `attribute`. */
export const attributeView: KindView<AttributeResult> = {
  title: 'What was it looking at?',
  headline,
  trust: trustOf,
  decisions: (result) => explainedIn(result).map(([query]) => query),
  says: (result, input) => says(result, explainedIn(result)[input]!),
  trustIn,
  links: linksOfUnits,
  pictured: picturedOfUnits,
  unit: () => 'units',
  relation: 'Inputs whose influential units it activates most',
  tabs: [{ id: 'decision', title: 'Decision', view: DecisionTab, ofInput: true }],
  terms: () => TERMS,
};

/** How many decisions, how many of them wrong, by what. */
function headline(result: AttributeResult): string {
  const inputs = explainedIn(result);
  const methods = new Set(result.queries.map(methodTitle)).size;
  const head = countedDecisions(inputs.map(([query]) => query));
  const by = recommended(result).map(({ key }) => key);
  const begin = methods > 2 ? `; of ${methods} methods, begin with ${by.join(' and ')}` : '';
  const what =
    inputs.length === 1 ? 'which parts of the input speak for it' : 'which parts of each input speak for them';
  return `${head}: ${what}${begin}.`;
}
