/** A plot over training steps with a line at one of them. */
import type { ComponentChildren, VNode } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { markerClass } from '../../../plot/plot-frame.js';
import { Plot } from './basics.js';

/** A plot and where its line stands. */
export interface MarkedPlotProps {
  /** A document of src/plot with a marker. */
  readonly svg: string;
  /** In the unit of the x axis. */
  readonly at: number;
  readonly children?: ComponentChildren;
}

/** The plot; only its line moves when `at` changes. */
export function MarkedPlot({ svg, at, children }: MarkedPlotProps): VNode {
  const box = useRef<HTMLDivElement>(null);
  // Before it is painted: the line moves with what else shows the step.
  useLayoutEffect(() => {
    for (const line of box.current?.querySelectorAll<SVGGElement>(`.${markerClass}`) ?? []) {
      const [from, to, start, end] = ['from', 'to', 'start', 'end'].map((name) => Number(line.dataset[name]));
      const share = to === from ? 0 : Math.min(1, Math.max(0, (at - from!) / (to! - from!)));
      line.setAttribute('transform', `translate(${start! + share * (end! - start!)} 0)`);
      line.setAttribute('visibility', 'visible');
    }
  }, [svg, at]);
  return (
    <Plot svg={svg} box={box}>
      {children}
    </Plot>
  );
}
