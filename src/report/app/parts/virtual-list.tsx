/** Lists of any length: only the rows that can be seen are on the page. */
import type { ComponentChildren, VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

/** Rows kept above and below what can be seen, so that scrolling shows no gap. */
const SPARE = 6;

/** What a list shows. */
export interface VirtualListProps {
  readonly count: number;
  /** Height of a row in pixels; all have the same. */
  readonly rowHeight: number;
  readonly row: (index: number) => ComponentChildren;
  /** The row that must be in view. */
  readonly current: number;
  readonly label: string;
  /** Class of the scrolled element. */
  readonly class?: string;
}

/** A scrolled list of rows of one height. */
export function VirtualList({ count, rowHeight, row, current, label, class: name = '' }: VirtualListProps): VNode {
  const box = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const [height, setHeight] = useState(600);
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const watch = new ResizeObserver(() => setHeight(element.clientHeight));
    watch.observe(element);
    return () => watch.disconnect();
  }, []);
  useEffect(() => {
    const element = box.current;
    if (!element || current < 0) return;
    const at = current * rowHeight;
    if (at < element.scrollTop) element.scrollTop = at;
    else if (at + rowHeight > element.scrollTop + element.clientHeight)
      element.scrollTop = at + rowHeight - element.clientHeight;
  }, [current, rowHeight]);
  const first = Math.max(0, Math.floor(top / rowHeight) - SPARE);
  const last = Math.min(count, Math.ceil((top + height) / rowHeight) + SPARE);
  return (
    <div
      ref={box}
      class={`virtual ${name}`}
      role="region"
      aria-label={label}
      tabIndex={0}
      onScroll={({ currentTarget }) => setTop(currentTarget.scrollTop)}
    >
      <ul style={`height:${count * rowHeight}px`}>
        {Array.from({ length: Math.max(0, last - first) }, (_, i) => first + i).map((index) => (
          <li
            key={index}
            style={`top:${index * rowHeight}px;height:${rowHeight}px`}
            aria-setsize={count}
            aria-posinset={index + 1}
          >
            {row(index)}
          </li>
        ))}
      </ul>
    </div>
  );
}
