/** Training examples: a list, one of them large, with all inputs that it helps or hurts, and what shall become of it. */
import type { VNode } from 'preact';
import { useMemo } from 'preact/hooks';
import { usePage } from '../context.js';
import { Select } from '../parts/basics.js';
import { ListPanel, ListRow } from '../parts/list-panel.js';
import { className, counted, whereOf } from '../parts/text.js';
import type { Part } from '../payload.js';
import { ExampleDetail } from './detail.js';
import { ExportDecisions } from './export.js';
import { LabelMatrix } from './label-matrix.js';
import { gather, listed, ordersOf, suspicionOf, type LinkedExample } from './listed.js';
import { SelectionNote, useSelection } from './selection.js';
import { VerdictBadge } from './verdict-buttons.js';

/** The examples that are listed, computed once as long as nothing changes. */
export function useExamples(part: Part) {
  const { state, kinds } = usePage();
  const { result } = part;
  const { find = '', order = '' } = state.of;
  const { passes, says } = useSelection(part);
  const all: readonly LinkedExample[] = useMemo(() => gather(kinds.linksOf(result)), [result, kinds]);
  const shown = useMemo(() => listed(all, { search: find, order, result, passes }), [all, find, order, result, passes]);
  /** What the list is narrowed to beside the search, in words. */
  return { all, shown, says };
}

/** The tab. */
export function ExamplesTab({ part }: { readonly part: Part }): VNode {
  const { state, go, triage } = usePage();
  const { shown, all, says } = useExamples(part);
  const { find = '', order = '' } = state.of;
  const at = shown.findIndex(({ index }) => index === state.example);
  const open = all.find(({ index }) => index === state.example) ?? shown[0];
  const set = (change: Record<string, string>, lightly = false) => go({ of: { ...state.of, ...change } }, lightly);
  return (
    <div class="desk">
      <ListPanel
        things="training examples"
        searched="file name, class or index"
        search={find}
        onSearch={(text) => set({ find: text }, true)}
        count={shown.length}
        current={at}
        row={(i) => <ExampleRow example={shown[i]!} isOpen={open?.index === shown[i]!.index} part={part} />}
      >
        <Select
          title="order"
          value={order}
          options={Object.entries(ordersOf(part.result)).map(([value, text]) => ({ value, text }))}
          onChoose={(value) => set({ order: value })}
        />
        <LabelMatrix part={part} examples={all} />
        <p class="small" aria-live="polite">
          {counted(shown.length, 'training example')}
          <SelectionNote says={says} />
          {triage.decisions.size > 0 && `, ${counted(triage.decisions.size, 'decided', 'decided')}`}
        </p>
        <ExportDecisions classNames={part.result.classNames} />
      </ListPanel>
      <section aria-label="training example">
        {open ? <ExampleDetail example={open} part={part} /> : <p>No such example.</p>}
      </section>
    </div>
  );
}

function ExampleRow({
  example,
  isOpen,
  part: { result },
}: {
  readonly example: LinkedExample;
  readonly isOpen: boolean;
  readonly part: Part;
}): VNode {
  const { payload, go } = usePage();
  const { index, label } = example;
  const instead = suspicionOf(payload, result, index)?.counsel.instead;
  return (
    <ListRow
      of={{ of: 'train', index }}
      isOpen={isOpen}
      onOpen={() => go({ example: index })}
      below={whereOf(example) || helped(example)}
    >
      <strong>{className(result.classNames, label)}</strong> {index}
      {instead !== undefined && <span class="opposing"> {className(result.classNames, instead)}?</span>}
      <VerdictBadge index={index} />
    </ListRow>
  );
}

/** For how many inputs it is listed; nothing where it stands for itself. */
function helped({ links }: LinkedExample): string {
  const inputs = links.filter(({ input }) => input >= 0).length;
  return inputs > 0 ? counted(inputs, 'input') : '';
}
