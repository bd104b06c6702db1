/** One training example. */
import type { VNode } from 'preact';
import { formatCount, formatNumber, formatPercent, formatSigned } from '../../../plot/format.js';
import type { Counsel } from '../../audit/counsel.js';
import { usePage } from '../context.js';
import type { ExampleLink } from '../kind-view.js';
import { Opponents } from '../audit/opponents.js';
import { Facts } from '../parts/basics.js';
import { DataTable } from '../parts/data-table.js';
import { Picture } from '../parts/picture.js';
import { className, counted, nameOfInput, notesLine, whereOf } from '../parts/text.js';
import { Written } from '../parts/written.js';
import type { Part } from '../payload.js';
import { useListedIndices } from './indices.js';
import { suspicionOf, type LinkedExample } from './listed.js';
import { VerdictButtons } from './verdict-buttons.js';

/** The example large, what is known of it, and what it does to the inputs. */
export function ExampleDetail({ example, part }: { readonly example: LinkedExample; readonly part: Part }): VNode {
  const { payload, go, kinds } = usePage();
  const { result } = part;
  const { unit, relation } = kinds.viewOf(result);
  const name = (label: number) => className(result.classNames, label);
  const suspect = suspicionOf(payload, result, example.index);
  const where = whereOf(example);
  const listedIndices = useListedIndices(result);
  const links = example.links.filter(({ input }) => input >= 0);
  const [helps, hurts] = [links.filter(({ value }) => value > 0), links.filter(({ value }) => value < 0)];
  const decisions = kinds.decisionsOf(result);
  const notes = notesLine(example.notes);
  return (
    <>
      <div class="hero">
        <Picture of={{ of: 'train', index: example.index }} size={280} alt={`training image ${example.index}`} />
        <div>
          <h2 class="decision">{name(example.label)}</h2>
          <p class="muted">
            training example {example.index}
            {where !== '' && (
              <>
                : <code class="path">{where}</code>
              </>
            )}
          </p>
          <Written of={{ of: 'train', index: example.index }} />
          {notes !== '' && <p class="small">{notes}</p>}
          {suspect && (
            <>
              <p class="lede">{counselText(suspect.counsel, name)}</p>
              <Facts
                facts={[
                  ...(suspect.counsel.wrong === undefined
                    ? []
                    : [['label is wrong with', suspect.counsel.wrong] as const]),
                  ['the model says', name(suspect.predicted)],
                  ['probability of the label', formatPercent(suspect.probability)],
                  ...(suspect.score === undefined ? [] : [['suspicion', formatNumber(suspect.score)] as const]),
                ]}
              />
            </>
          )}
          <VerdictButtons example={example} suspect={suspect} classNames={result.classNames} />
          {links.length > 0 && (
            <p>
              Listed for {counted(links.length, 'input')}
              {relation === undefined && `: it helps ${helps.length} and hurts ${hurts.length}`}.
            </p>
          )}
        </div>
      </div>
      {suspect && <Opponents opponents={suspect.opponents} isListed={(index) => listedIndices.has(index)} />}
      {links.length > 0 && (
        <DataTable
          title={relation ?? 'Inputs that it helps or hurts'}
          rows={links}
          columns={[
            {
              title: 'input',
              order: ({ input }) => nameOfInput(decisions[input]),
              value: ({ input }) => (
                <button type="button" class="tile row" onClick={() => go({ tab: '', input })}>
                  <Picture of={{ of: 'input', index: input }} size={32} alt="" />
                  {nameOfInput(decisions[input])}
                </button>
              ),
            },
            { title: 'decided as', value: ({ input }) => decisions[input]?.predicted?.label },
            { title: 'true class', value: ({ input }) => decisions[input]?.truth?.label },
            {
              title: unit(result),
              numeric: true,
              order: ({ value }) => value,
              value: ({ value }) => (relation === undefined ? formatSigned(value) : formatCount(value)),
            },
            ...(links.some(({ by }) => by !== undefined) ? [{ title: 'by', value: ({ by }: ExampleLink) => by }] : []),
          ]}
        />
      )}
    </>
  );
}

/** What an audit says of a label, no surer than it is. @param name of a class */
function counselText(counsel: Counsel, name: (label: number) => string): string {
  switch (counsel.says) {
    case 'likely wrong':
      return `The audit suggests ${name(counsel.instead)}.`;
    case 'probably right':
      return `The label is probably right, though other examples alone say ${name(counsel.others)}.`;
    case 'uncalibrated':
      return `Other examples say ${name(counsel.instead)}; how likely the label is wrong is uncalibrated.`;
    case 'nothing':
      return 'The audit does not suggest another label.';
  }
}
