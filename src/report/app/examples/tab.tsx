/** Training examples: a list, one of them large, with all inputs that it helps or hurts, and what shall become of it. */
import type { VNode } from 'preact';
import { useMemo } from 'preact/hooks';
import { usePage } from '../context.js';
import { Select } from '../parts/basics.js';
import { Picture } from '../parts/picture.js';
import { className, counted, whereOf } from '../parts/text.js';
import { VirtualList } from '../parts/virtual-list.js';
import type { Part } from '../payload.js';
import { ExampleDetail } from './detail.js';
import { ExportDecisions } from './export.js';
import { LabelMatrix } from './label-matrix.js';
import { gather, listed, ordersOf, suspicionOf, type LinkedExample } from './listed.js';
import { SelectionNote, useSelection } from './selection.js';
import { VerdictBadge } from './verdict-buttons.js';

const ROW_HEIGHT = 58;

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
  const { payload, state, go, triage, kinds } = usePage();
  const { shown, all, says } = useExamples(part);
  const { find = '', order = '' } = state.of;
  const at = shown.findIndex(({ index }) => index === state.example);
  const open = all.find(({ index }) => index === state.example) ?? shown[0];
  const set = (change: Record<string, string>, lightly = false) => go({ of: { ...state.of, ...change } }, lightly);
  const { classNames } = part.result;
  return (
    <div class="desk">
      <aside class="inputs" aria-label="training examples">
        <div class="filters">
          <input
            type="search"
            id="search"
            aria-label="search training examples by file name, class or index"
            placeholder="Search files and classes"
            value={find}
            onInput={({ currentTarget }) => set({ find: currentTarget.value }, true)}
          />
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
          <ExportDecisions classNames={classNames} />
        </div>
        <VirtualList
          class="input-list"
          label="list of training examples"
          count={shown.length}
          rowHeight={ROW_HEIGHT}
          current={at}
          row={(i) => {
            const example = shown[i]!;
            const instead = suspicionOf(payload, part.result, example.index)?.counsel.instead;
            return (
              <button
                type="button"
                class="input-row"
                aria-current={open?.index === example.index ? 'true' : undefined}
                onClick={() => go({ example: example.index })}
              >
                <Picture of={{ of: 'train', index: example.index }} size={46} alt="" />
                <span class="what">
                  <span class="line">
                    <strong>{className(classNames, example.label)}</strong> {example.index}
                    {instead !== undefined && <span class="opposing"> {className(classNames, instead)}?</span>}
                    <VerdictBadge index={example.index} />
                  </span>
                  <span class="line muted small">{whereOf(example) || helped(example)}</span>
                </span>
              </button>
            );
          }}
        />
      </aside>
      <section aria-label="training example">
        {open ? (
          <ExampleDetail example={open} unit={kinds.viewOf(part.result).unit(part.result)} part={part} />
        ) : (
          <p>No such example.</p>
        )}
      </section>
    </div>
  );
}

/** For how many inputs it is listed; nothing where it stands for itself. */
function helped({ links }: LinkedExample): string {
  const inputs = links.filter(({ input }) => input >= 0).length;
  return inputs > 0 ? counted(inputs, 'input') : '';
}
