/** What stands at a point of the map. */
import type { VNode } from 'preact';
import { usePage } from '../context.js';
import type { Decision } from '../decisions.js';
import { suspicionOf } from '../examples/listed.js';
import { Picture, usePictures } from '../parts/picture.js';
import { className, exampleName } from '../parts/text.js';
import { Written } from '../parts/written.js';
import type { Part } from '../payload.js';
import type { MapPoint } from './points.js';

/** The picture, the name and the label of the point that is looked at. */
export function ReadOut({
  point,
  name,
  decision,
  canOpen,
  part,
}: {
  readonly point: MapPoint | undefined;
  /** What an input is called. */
  readonly name: string | undefined;
  readonly decision: Decision | undefined;
  readonly canOpen: boolean;
  readonly part: Part;
}): VNode {
  const { payload, kinds } = usePage();
  const has = usePictures();
  const { result } = part;
  if (!point) {
    return (
      <div class="read-out" aria-live="polite">
        <p class="muted">Point at the map, or walk over it with the arrow keys.</p>
      </div>
    );
  }
  const { of, index, label } = point;
  const lacksPicture = !has({ of, index }) && Object.keys(part.pictures).length > 0;
  const example = kinds.linksOf(result).find((link) => of === 'train' && link.example.index === index)?.example;
  const instead = of === 'train' ? suspicionOf(payload, result, index)?.counsel.instead : undefined;
  return (
    <div class="read-out" aria-live="polite">
      <Picture of={{ of, index }} size={120} alt="" />
      <Written of={{ of, index }} />
      <p>
        <strong>{of === 'train' ? className(result.classNames, label) : decision?.predicted?.label}</strong>
        {instead !== undefined && <span class="opposing"> {className(result.classNames, instead)}?</span>}
        {decision?.truth && decision.truth.class !== decision.predicted?.class && (
          <span class="opposing"> wrong: {decision.truth.label}</span>
        )}
      </p>
      <p class="small muted">{name ?? exampleName(example ?? { index })}</p>
      {lacksPicture && <p class="small muted">Its picture is not in this page.</p>}
      {canOpen && <p class="small muted">Press or Enter opens it.</p>}
    </div>
  );
}
