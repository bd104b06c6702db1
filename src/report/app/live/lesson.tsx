/** Watching a network learn: its loss, and what one of its decisions is owed to so far. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { formatSigned } from '../../../plot/format.js';
import type { Voice } from './ask.js';
import { Curves, type Curve } from './curves.js';
import { Influence } from './influence.js';
import type { LiveEngine, LiveExample, LiveProgress, LiveTrace, OpenedEngine } from './engine.js';
import { ExampleList, PixelPicture, ProbabilityBars } from './pictures.js';

/** Steps between two traces: each takes about a second. */
const TRACE_EVERY = 24;

/** Classes whose curves have a colour. */
const COLOURED = 4;

/** Steps that the mean of losses is taken over: batches of one class differ much. */
const SMOOTHED = 20;

function lossCurves(losses: readonly number[]): Curve[] {
  const means = losses.map((_, i) => {
    const last = losses.slice(Math.max(0, i + 1 - SMOOTHED), i + 1);
    return last.reduce((a, b) => a + b, 0) / last.length;
  });
  return [
    { label: 'loss', values: losses },
    { label: 'mean', values: means, series: 0 },
  ];
}

/** Whether steps are taken. Who pauses still waits for the step and the trace that are under way. */
type Course = 'stopped' | 'running' | 'pausing';

/** The part of the page where a LeNet learns. */
export function Lesson({ engine, opened, voice }: { engine: LiveEngine; opened: OpenedEngine; voice: Voice }) {
  const { questions, sampleClasses } = opened;
  const [question, setQuestion] = useState(questions.length - 1);
  const [course, setCourse] = useState<Course>('stopped');
  /** Whether the steps so far are gone back over, which nothing can come in between. */
  const [isBusy, setBusy] = useState(false);
  const [progress, setProgress] = useState<LiveProgress>();
  const [trace, setTrace] = useState<LiveTrace & { readonly of: number }>();
  const [accuracy, setAccuracy] = useState<number>();
  /** What the loop below sees of the page as it is now. */
  const now = useRef({ course, question });
  now.current = { course, question };
  const isEnded = progress !== undefined && progress.done === progress.total;

  const guarded = async (work: () => Promise<void>) => {
    try {
      await work();
    } catch (error) {
      voice.refuse(error);
    }
  };
  const retrace = async () => {
    const of = now.current.question;
    setTrace({ ...(await engine.trace(of)), of });
  };
  const go = async () => {
    let at = progress;
    if (!at || isEnded) {
      voice.say('The network is made …');
      setTrace(undefined);
      setAccuracy(undefined);
      setProgress((at = await engine.beginTraining()));
    }
    let traced = at.done;
    while (now.current.course === 'running' && at.done < at.total) {
      setProgress((at = await engine.advance()));
      if (now.current.course === 'running' && at.done - traced < TRACE_EVERY && at.done < at.total) continue;
      await retrace();
      traced = at.done;
      voice.say(`Step ${at.done} of ${at.total}, loss ${at.losses.at(-1)!.toFixed(3)}`);
    }
    if (at.done < at.total) return;
    const share = await engine.accuracy();
    setAccuracy(share);
    voice.say(`Trained: ${(100 * share).toFixed(1)} % of the held-back pictures are right`);
  };
  useEffect(() => {
    if (course === 'running') void guarded(go).then(() => setCourse('stopped'));
  }, [course]);
  useEffect(() => {
    if (course === 'stopped' && trace && trace.of !== question) void guarded(retrace);
  }, [course, question]);

  return (
    <section aria-labelledby="lesson">
      <h2 id="lesson">Watch a LeNet learn</h2>
      <p>
        A fresh network learns {sampleClasses.length} kinds of clothes from 5,000 pictures, here in the page, in batches
        of one class. After every few steps, one held-back picture is traced: what have the steps of each class done to
        the decision so far?
      </p>
      <fieldset class="questions" disabled={isBusy || course === 'pausing'}>
        <legend>The picture that is traced</legend>
        {questions.map((each, i) => (
          <Question key={each.index} of={each} isChosen={i === question} choose={() => setQuestion(i)} />
        ))}
      </fieldset>
      <p class="controls">
        <button
          type="button"
          disabled={isBusy || course === 'pausing'}
          onClick={() => setCourse(course === 'running' ? 'pausing' : 'running')}
        >
          {course !== 'stopped' ? 'Pause' : isEnded ? 'Train again' : progress ? 'Go on' : 'Train'}
        </button>
        {progress && (
          <>
            <progress aria-label="steps done" value={progress.done} max={progress.total} />
            <span class="step">
              step {progress.done} of {progress.total}
              {progress.losses.length > 0 && `, loss ${progress.losses.at(-1)!.toFixed(3)}`}
              {accuracy !== undefined && `, ${(100 * accuracy).toFixed(1)} % right`}
            </span>
          </>
        )}
      </p>
      {progress && progress.losses.length > 0 && (
        <figure>
          <Curves curves={lossCurves(progress.losses)} total={progress.total} what="Loss" />
          <figcaption>Loss of each step before its update, and its mean over the last {SMOOTHED}.</figcaption>
        </figure>
      )}
      {trace && progress && (
        <Traced trace={trace} total={progress.total} classes={sampleClasses} asked={questions[trace.of]!} />
      )}
      {trace && progress && course === 'stopped' && (
        <Influence
          question={{ place: trace.of, label: questions[trace.of]!.label }}
          steps={progress.done}
          {...{ engine, voice, isBusy, setBusy }}
        />
      )}
    </section>
  );
}

function Question({
  of: { pixels, label },
  isChosen,
  choose,
}: {
  of: LiveExample;
  isChosen: boolean;
  choose: () => void;
}) {
  return (
    <label class="question">
      <input type="radio" name="question" checked={isChosen} onChange={choose} />
      <PixelPicture pixels={pixels} name="" />
      <span>{label}</span>
    </label>
  );
}

/** A decision, and γ of each class's steps so far. */
function Traced({
  trace,
  total,
  classes,
  asked,
}: {
  trace: LiveTrace;
  total: number;
  classes: readonly string[];
  asked: LiveExample;
}) {
  const last = classes.map((label, i) => ({ label, i, gamma: trace.gamma[i]!.at(-1) ?? 0 }));
  const ranked = [...last].sort((a, b) => Math.abs(b.gamma) - Math.abs(a.gamma));
  const curves = ranked.map(({ label, i }, rank): Curve => {
    return { label, values: trace.gamma[i]!, series: rank < COLOURED ? rank : undefined };
  });
  return (
    <div id="trace">
      <h3>
        After step {trace.done}: {trace.classes[0]!.label} {(100 * trace.classes[0]!.probability).toFixed(1)} %
        {trace.classes[0]!.label === asked.label ? '' : `, wrong: ${asked.label}`}
      </h3>
      <div class="pair">
        <div>
          <ProbabilityBars classes={trace.classes} />
        </div>
        <figure>
          <Curves curves={curves} total={total} what="γ" />
          <figcaption>
            γ at the last layer ({trace.layer}), added up over the steps of each class: how far they moved the layer’s
            output the way it points.
          </figcaption>
        </figure>
      </div>
      <ul class="gammas">
        {ranked.map(({ label, gamma }, rank) => (
          <li key={rank} class={rank < COLOURED ? `series-${rank + 1}` : undefined}>
            <span>{label}</span> <span class="value">{formatSigned(gamma)}</span>
          </li>
        ))}
      </ul>
      <h4>Training examples whose steps spoke most for it</h4>
      <ExampleList
        examples={trace.examples.map((example) => ({ example, value: `γ ${formatSigned(example.gamma)}` }))}
      />
    </div>
  );
}
