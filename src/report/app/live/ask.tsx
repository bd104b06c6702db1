/** A picture is given to the model: what it decides, what of the picture spoke for that, and what it was trained on that looks alike. */
import { useRef, useState } from 'preact/hooks';
import type { LiveConfig } from './config.js';
import type { LiveDecision, LiveEngine, LiveMap, LiveNeighbour, OpenedEngine } from './engine.js';
import { PictureDrop } from './drop.js';
import { ExampleList, MapPicture, PixelPicture, ProbabilityBars } from './pictures.js';
import { readPicture, shown } from './read-picture.js';

/** Training examples that are listed. */
const LISTED = 8;

/** What is known of a picture so far. */
interface Asked {
  readonly name: string;
  readonly decision: LiveDecision;
  readonly maps: readonly LiveMap[];
  /** Why methods have no map, a line each. */
  readonly without: readonly string[];
  readonly nearest: readonly LiveNeighbour[];
  /** From the file to the last of these, in seconds. */
  readonly seconds?: number;
}

/** @param say tells the reader a line; `refuse` one that something went wrong */
export interface Voice {
  readonly say: (line: string) => void;
  readonly refuse: (error: unknown) => void;
}

/** The part of the page where pictures are dropped. */
export function Ask({
  engine,
  opened,
  config,
  voice,
}: {
  engine: LiveEngine;
  opened: OpenedEngine;
  config: LiveConfig;
  voice: Voice;
}) {
  const [asked, setAsked] = useState<Asked>();
  const turn = useRef(0);

  const ask = async (file: File) => {
    const own = ++turn.current;
    const started = performance.now();
    const isCurrent = () => own === turn.current;
    try {
      voice.say(`${shown(file.name)} …`);
      let found: Asked = {
        name: shown(file.name),
        decision: await engine.decide(shown(file.name), await readPicture(file)),
        maps: [],
        without: [],
        nearest: [],
      };
      if (!isCurrent()) return;
      setAsked(found);
      for (const method of opened.methods) {
        const map = await engine.explain(method).catch((error: Error) => error);
        if (!isCurrent()) return;
        const more =
          map instanceof Error
            ? { without: [...found.without, `${method} is left out: ${map.message}`] }
            : { maps: [...found.maps, map] };
        setAsked((found = { ...found, ...more }));
      }
      const nearest = await engine.nearest(LISTED).catch(() => []);
      if (!isCurrent()) return;
      const seconds = (performance.now() - started) / 1000;
      setAsked({ ...found, nearest, seconds });
      const [first] = found.decision.classes;
      voice.say(
        `${found.name}: ${first!.label}, ${(100 * first!.probability).toFixed(1)} %, explained in ${seconds.toFixed(2)} s`,
      );
    } catch (error) {
      if (isCurrent()) voice.refuse(error);
    }
  };

  return (
    <section aria-labelledby="ask">
      <h2 id="ask">Ask it about a picture</h2>
      <p>
        Drop a picture, or choose one. It stays on this computer. The model ({config.model!.name}) takes pictures of{' '}
        {config.model!.shape.at(-1)}×{config.model!.shape.at(-2)} pixels; yours is brought to that size.
      </p>
      <PictureDrop onFile={(file) => void ask(file)} refuse={voice.refuse} />
      {asked && <Answer asked={asked} hasExamples={config.examples !== undefined} />}
    </section>
  );
}

function Answer({
  asked: { name, decision, maps, without, nearest },
  hasExamples,
}: {
  asked: Asked;
  hasExamples: boolean;
}) {
  const [first] = decision.classes;
  return (
    <div class="answer" id="answer">
      <div class="pair">
        <figure>
          <PixelPicture pixels={decision.seen} name={`${name} as the model is given it`} extra="large" />
          <figcaption>{name}</figcaption>
        </figure>
        <div>
          <h3>{first!.label}</h3>
          <ProbabilityBars classes={decision.classes} />
        </div>
      </div>
      {maps.length > 0 && (
        <>
          <h3>What of it speaks for {first!.label}</h3>
          <p class="muted">Warm speaks for it, blue against it; each map has a scale of its own.</p>
          <div class="live-maps">
            {maps.map((map) => (
              <MapPicture key={map.method} map={map} seen={decision.seen} />
            ))}
          </div>
        </>
      )}
      {without.map((line) => (
        <p key={line} class="muted small">
          {line}
        </p>
      ))}
      {hasExamples && nearest.length > 0 && (
        <>
          <h3>Training examples that its last layer sees alike</h3>
          <p class="muted">
            Alike is not what the decision was learnt from: <code>onnx-explain influence</code> tells what would change
            without an example.
          </p>
          <ExampleList
            examples={nearest.map((example) => ({ example, value: `cosine ${example.similarity.toFixed(3)}` }))}
          />
        </>
      )}
    </div>
  );
}
