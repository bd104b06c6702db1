/** Maps of images at a step, beside the image; below them a strip of how they came about. */
import type { VNode } from 'preact';
import { useMemo } from 'preact/hooks';
import { formatCount, formatNumber } from '../../../plot/format.js';
import type { TrendsResult, TrendsStrip } from '../../../results/trends.js';
import { scaled, type Plane } from '../../attribute/maps.js';
import { methodParts } from '../../trends/method-parts.js';
import { framesOf, stripImageName } from '../../trends/strips.js';
import { usePage } from '../context.js';
import { MapView } from '../maps/map-view.js';
import { squareOf, useMaps } from '../maps/use-maps.js';
import { Notice } from '../parts/basics.js';
import { Picture } from '../parts/picture.js';
import { className, counted } from '../parts/text.js';
import type { Pictured } from '../payload.js';

/** Size of a map at the step, and of one of its strip, in pixels. */
const [SIZE, THUMB] = [150, 44];
/** Maps of a strip beside the one at the step; images on paper. */
const [THUMBS, ON_PAPER] = [8, 2];

/** A strip that can be drawn. */
interface Drawn {
  readonly strip: TrendsStrip;
  readonly title: string;
  readonly maps: readonly Plane[];
  /** Steps of the maps, and the classes that they speak for. */
  readonly steps: readonly number[];
  readonly targets: readonly number[];
  /** The magnitude of full colour, in all of them. */
  readonly limit: number;
}

/** The section; nothing where the result holds no maps. */
export function MapsAtStep({ result, step }: { readonly result: TrendsResult; readonly step: number }): VNode | null {
  const { isPaper } = usePage();
  const mapsOf = useMaps();
  const drawn = useMemo(() => drawnIn(result, mapsOf), [result]);
  if (result.strips.length === 0) return null;
  const hidden = result.strips.length - drawn.length;
  const images = [...new Set(drawn.map(({ strip }) => strip.image))];
  return (
    <section aria-label="maps over training">
      <h3>What speaks for the class, at step {formatCount(step)}</h3>
      <p class="small">
        Warm parts of a map speak for the class, blue ones against it, where the method’s values are parts of its score.
        All maps of a strip have one scale, so that early ones are pale where relevance grows.
      </p>
      {hidden > 0 && <Notice>{counted(hidden, 'strip')} of maps are no images, and not drawn.</Notice>}
      {images.slice(0, isPaper ? ON_PAPER : undefined).map((image) => {
        const own = drawn.filter(({ strip }) => strip.image === image);
        const { split, index } = result.images[image]!;
        const over: Pictured = { of: split, index };
        return (
          <div key={image}>
            <h4>{stripImageName(result, own[0]!.strip)}</h4>
            <div class="time-maps">
              <figure>
                <Picture of={over} size={SIZE} alt="the image" />
              </figure>
              {own.map((one) => (
                <AtStep key={one.title} drawn={one} step={step} over={over} classNames={result.classNames} />
              ))}
            </div>
          </div>
        );
      })}
    </section>
  );
}

/** The strips of a result whose maps are pictures. */
function drawnIn(result: TrendsResult, mapsOf: (file: string) => readonly Plane[]): Drawn[] {
  const titles = new Map(methodParts(result).map(({ title, series }) => [series[0]!.method, title]));
  return result.strips.flatMap((strip) => {
    const maps = mapsOf(strip.file);
    if (maps.length === 0) return [];
    const frames = framesOf(strip.steps.length);
    return [
      {
        strip,
        title: titles.get(strip.method) ?? strip.method,
        maps,
        steps: frames.map((frame) => strip.steps[frame]!),
        targets: frames.map((frame) => strip.targets[frame]!),
        limit: Math.max(...maps.map((map) => scaled(map).limit)),
      },
    ];
  });
}

function AtStep({
  drawn: { strip, title, maps, steps, targets, limit },
  step,
  over,
  classNames,
}: {
  readonly drawn: Drawn;
  readonly step: number;
  readonly over: Pictured;
  readonly classNames: readonly string[];
}): VNode {
  const { go, isPaper } = usePage();
  const at = Math.max(
    0,
    steps.findLastIndex((candidate) => candidate <= step),
  );
  const square = squareOf(maps[0]!, strip.shape);
  const thumbs = [
    ...new Set(Array.from({ length: THUMBS }, (_, i) => Math.round((i * (maps.length - 1)) / (THUMBS - 1)))),
  ];
  return (
    <figure>
      <MapView map={maps[at]!} limit={limit} over={over} size={SIZE} label={`${title} at step ${steps[at]!}`} />
      <figcaption>
        <strong>{title}</strong>, for {className(classNames, targets[at]!)}; full colour at {formatNumber(limit)}
        {square > 1 && `; means of ${square} × ${square} pixels`}
      </figcaption>
      {!isPaper && thumbs.length > 1 && (
        <ol class="thumbs" aria-label={`${title} over training`}>
          {thumbs.map((frame) => (
            <li key={frame}>
              <button
                type="button"
                aria-current={frame === at ? 'true' : undefined}
                aria-label={`step ${formatCount(steps[frame]!)}`}
                onClick={() => go({ step: steps[frame]! }, true)}
              >
                <MapView map={maps[frame]!} limit={limit} size={THUMB} label="" />
                {formatCount(steps[frame]!)}
              </button>
            </li>
          ))}
        </ol>
      )}
    </figure>
  );
}
