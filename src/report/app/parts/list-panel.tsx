/** A list of everything beside what is open: a search and filters above, a row for each below. */
import type { ComponentChildren, VNode } from 'preact';
import { usePart } from '../context.js';
import type { Pictured } from '../payload.js';
import { Picture } from './picture.js';
import { VirtualList } from './virtual-list.js';
import { snippetOf } from './written.js';

/** Height of a row in pixels. */
const ROW_HEIGHT = 58;

/** What a list shows, and what it is searched for. */
export interface ListPanelProps {
  /** What is listed: "inputs". */
  readonly things: string;
  /** What of them is searched: "file name, class or text". */
  readonly searched: string;
  readonly search: string;
  readonly onSearch: (text: string) => void;
  readonly count: number;
  /** The row that must be in view. */
  readonly current: number;
  readonly row: (index: number) => ComponentChildren;
  /** Filters below the search. */
  readonly children: ComponentChildren;
}

/** The list with its filters. */
export function ListPanel({
  things,
  searched,
  search,
  onSearch,
  count,
  current,
  row,
  children,
}: ListPanelProps): VNode {
  return (
    <aside class="inputs" aria-label={things}>
      <div class="filters">
        <input
          type="search"
          id="search"
          aria-label={`search ${things} by ${searched}`}
          placeholder="Search files and classes"
          value={search}
          onInput={({ currentTarget }) => onSearch(currentTarget.value)}
        />
        {children}
      </div>
      <VirtualList
        class="input-list"
        label={`list of ${things}`}
        count={count}
        rowHeight={ROW_HEIGHT}
        current={current}
        row={row}
      />
    </aside>
  );
}

/** A row of the list: a picture, or the beginning of what there is to read, and two lines of text; a press opens it. */
export function ListRow({
  of,
  isOpen,
  onOpen,
  below,
  children,
}: {
  readonly of: Pictured;
  readonly isOpen: boolean;
  readonly onOpen: () => void;
  /** The second line, unless there is something to read of it. */
  readonly below: string;
  /** The first line. */
  readonly children: ComponentChildren;
}): VNode {
  return (
    <button type="button" class="input-row" aria-current={isOpen ? 'true' : undefined} onClick={onOpen}>
      <Picture of={of} size={46} alt="" />
      <span class="what">
        <span class="line">{children}</span>
        <span class="line muted small">{snippetOf(usePart(), of) || below}</span>
      </span>
    </button>
  );
}
