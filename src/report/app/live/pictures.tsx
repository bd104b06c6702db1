/** Pictures and maps, drawn pixel by pixel. */
import { useEffect, useRef } from 'preact/hooks';
import { divergingColor } from '../../../plot/colors.js';
import type { LiveExample, LiveMap, Pixels } from './engine.js';

/** A picture, enlarged without smoothing. @param name what it is, for those who do not see it; empty where that is said beside it */
export function PixelPicture({ pixels, name, extra }: { pixels: Pixels; name: string; extra?: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const { data, width, height } = pixels;
    canvas.current!.getContext('2d')!.putImageData(new ImageData(data, width, height), 0, 0);
  }, [pixels]);
  const { width, height } = pixels;
  const said = name === '' ? { 'aria-hidden': true } : { role: 'img' as const, 'aria-label': name };
  return <canvas ref={canvas} class={`pixels ${extra ?? ''}`} width={width} height={height} {...said} />;
}

/** A map over the picture that it explains: warm speaks for the decision, blue against it. */
export function MapPicture({ map, seen }: { map: LiveMap; seen: Pixels }) {
  const { values, width, height } = map;
  const data = new Uint8ClampedArray(4 * values.length);
  values.forEach((value, i) => data.set(divergingColor(value), 4 * i));
  return (
    <figure class="live-map">
      <div class="over">
        <PixelPicture pixels={seen} name="" extra="under" />
        <PixelPicture
          pixels={{ data, width, height }}
          name={`${map.method}: what speaks for and against ${map.label}`}
        />
      </div>
      <figcaption>
        <b>{map.method}</b>
        <span>for {map.label}</span>
      </figcaption>
    </figure>
  );
}

/** Training examples with a number each. */
export function ExampleList({ examples }: { examples: readonly { example: LiveExample; value: string }[] }) {
  return (
    <ul class="examples">
      {examples.map(({ example: { index, label, file, pixels }, value }) => (
        <li key={index}>
          <PixelPicture pixels={pixels} name={`training example ${index}, ${label}`} />
          <span>{label}</span>
          <span class="muted" title={file}>
            {file ?? `no. ${index}`}
          </span>
          <span class="muted">{value}</span>
        </li>
      ))}
    </ul>
  );
}

/** Classes with bars as long as their probabilities. */
export function ProbabilityBars({ classes }: { classes: readonly { label: string; probability: number }[] }) {
  return (
    <ul class="bars">
      {classes.slice(0, 5).map(({ label, probability }, i) => (
        <li key={i} class={i === 0 ? 'first' : undefined}>
          <span>{label}</span>
          <span class="bar" style={{ width: `${100 * probability}%` }} />
          <span class="value">{(100 * probability).toFixed(1)} %</span>
        </li>
      ))}
    </ul>
  );
}
