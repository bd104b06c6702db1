/** What would change about a decision of the network that was watched, without single training examples. */
import { useState } from 'preact/hooks';
import { formatNumber, formatSigned } from '../../../plot/format.js';
import type { Voice } from './ask.js';
import { PictureDrop } from './drop.js';
import type { LiveEffect, LiveEngine, LiveInfluence, LiveSubject } from './engine.js';
import { ExampleList, PixelPicture, ProbabilityBars } from './pictures.js';
import { readPicture, shown } from './read-picture.js';

/** How far the work is: what is done, and how much of how much. */
type Work = readonly [what: string, done: number, total: number];

/** What was found of what. */
interface Found {
  readonly name: string;
  readonly influence: LiveInfluence;
}

/** What it needs to know of the lesson. */
export interface InfluenceProps {
  readonly engine: LiveEngine;
  readonly voice: Voice;
  /** The held-back picture that is traced: its place, and its class. */
  readonly question: { readonly place: number; readonly label: string };
  /** Steps that were trained. */
  readonly steps: number;
  readonly isBusy: boolean;
  readonly setBusy: (isBusy: boolean) => void;
}

/** Asks for the picture that is traced, or for another one. */
export function Influence({ engine, voice, question, steps, isBusy, setBusy }: InfluenceProps) {
  const [work, setWork] = useState<Work>();
  const [found, setFound] = useState<Found>();
  const ask = async (name: string, subjectOf: () => Promise<LiveSubject>) => {
    setBusy(true);
    setFound(undefined);
    voice.say(`${name}: going back over ${steps} steps …`);
    try {
      const influence = await engine.influence(await subjectOf(), (...now) => setWork(now));
      setFound({ name, influence });
      voice.say(`${name}: gone back over ${influence.steps} steps in ${influence.seconds.toFixed(0)} s`);
    } catch (error) {
      voice.refuse(error);
    }
    setWork(undefined);
    setBusy(false);
  };
  return (
    <section id="influence" aria-labelledby="without">
      <h3 id="without">What would change without a training example</h3>
      <p>
        {steps === 1 ? 'The step so far is' : `The ${steps} steps so far are`} run once more, and gone back over: how
        much lower would the log-odds of the decision be, had an example weighed nothing in training? That takes some
        three times as long as the steps took.
      </p>
      <p class="controls">
        <button
          type="button"
          disabled={isBusy}
          onClick={() => void ask(question.label, () => Promise.resolve({ question: question.place }))}
        >
          Find out for the picture above: {question.label}
        </button>
        {work && (
          <>
            <progress aria-label={work[0]} value={work[1]} max={work[2]} />
            <span class="step">
              {work[0]}, {Math.floor((100 * work[1]) / work[2])} %
            </span>
          </>
        )}
      </p>
      {!isBusy && (
        <PictureDrop
          refuse={voice.refuse}
          onFile={(file) => {
            const name = shown(file.name);
            void ask(name, async () => ({ name, pixels: await readPicture(file) }));
          }}
        />
      )}
      {found && <Effects {...found} />}
    </section>
  );
}

function Effects({ name, influence: { seen, classes, margin, helped, hurt, steps } }: Found) {
  const [first] = classes;
  const listed = (effects: readonly LiveEffect[]) =>
    effects.map((example) => ({ example, value: formatSigned(example.effect) }));
  return (
    <>
      <div class="hero">
        <PixelPicture pixels={seen} name={`${name} as the network is given it`} extra="large" />
        <div>
          <h4>
            {name}: {first!.label} {(100 * first!.probability).toFixed(1)} %, log-odds {formatNumber(margin)}
          </h4>
          <ProbabilityBars classes={classes} />
        </div>
      </div>
      <h4>Training examples that helped it: without one, the log-odds would be so much lower</h4>
      <ExampleList examples={listed(helped)} />
      <h4>Training examples that hurt it: without one, they would be higher</h4>
      <ExampleList examples={listed(hurt)} />
      <p class="muted small">
        Measured by the derivative of the log-odds with respect to the weight of each example, through all {steps} steps
        and every layer (metagradient). It holds to first order, with the same batches in the same order, and was not
        tried by training again; <code>onnx-explain influence --verify</code> does that.
      </p>
    </>
  );
}
