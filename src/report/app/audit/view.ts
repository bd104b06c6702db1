/** How a result of `audit` is shown. */
import type { AnyAudit } from '../../audit/counsel.js';
import type { KindView } from '../kind-view.js';
import type { Pictured } from '../payload.js';
import { headline, trustOf } from './says.js';
import { SuspectsTab } from './suspects-tab.js';
import { TERMS } from './terms.js';
import { TrustTab } from './trust-tab.js';

/** So many suspects have pictures of those that speak against them: of more, a page would hold the whole data set. */
const WITH_OPPONENTS = 2000;

/** The views of a result of `audit`. */
export const auditView: KindView<AnyAudit> = {
  title: 'Which labels look wrong?',
  headline,
  trust: trustOf,
  decisions: () => [],
  links: ({ suspects }) =>
    suspects.map((suspect) => ({ input: -1, example: suspect, value: suspect.score ?? suspect.loss })),
  pictured: ({ suspects }) =>
    suspects
      .slice(0, WITH_OPPONENTS)
      .flatMap(({ opponents = [] }) => opponents.map(({ index }): Pictured => ({ of: 'train', index }))),
  unit: () => 'suspicion',
  tabs: [
    { id: 'examples', title: 'Suspects', view: SuspectsTab },
    { id: 'trust', title: 'How far to trust this', view: TrustTab },
  ],
  terms: () => TERMS,
};
