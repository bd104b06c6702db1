/** The live page. */
import { render } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { Ask, type Voice } from './ask.js';
import type { LiveConfig } from './config.js';
import type { LiveEngine, OpenedEngine } from './engine.js';
import { Lesson } from './lesson.js';

/** What the page says to its reader. */
interface Said {
  readonly line: string;
  readonly isRefusal: boolean;
}

function LivePage({ engine, config }: { engine: LiveEngine; config: LiveConfig }) {
  const [opened, setOpened] = useState<OpenedEngine>();
  const [said, setSaid] = useState<Said>({ line: 'Loading ONNX Runtime and the model …', isRefusal: false });
  const voice = useMemo<Voice>(
    () => ({
      say: (line) => setSaid({ line, isRefusal: false }),
      refuse: (error) => setSaid({ line: error instanceof Error ? error.message : String(error), isRefusal: true }),
    }),
    [],
  );
  useEffect(() => {
    engine.open().then((found) => {
      setOpened(found);
      voice.say(`Ready, computing on ${found.computing}`);
      // One after the other, so that a picture that is dropped meanwhile comes in between.
      const parts = found.problem === undefined && config.model ? [...found.methods, 'nearest'] : [];
      void parts.reduce(
        (before, part) => before.then(() => engine.prepare(part)).catch(() => undefined),
        Promise.resolve(),
      );
    }, voice.refuse);
    // A file that misses its place must not take the page's.
    const keep = (event: Event) => event.preventDefault();
    addEventListener('dragover', keep);
    addEventListener('drop', keep);
  }, []);
  const remarks = [...config.remarks, ...(opened?.problem === undefined ? [] : [opened.problem])];
  return (
    <>
      <a class="skip" href="#content">
        Skip to the content
      </a>
      <header class="masthead">
        <div class="wrap">
          <h1>{config.title}</h1>
          <span class="muted">live{opened && `, on ${opened.computing}`}</span>
        </div>
      </header>
      <main class="wrap live" id="content" tabIndex={-1}>
        <p
          id="status"
          role={said.isRefusal ? 'alert' : 'status'}
          aria-live="polite"
          class={said.isRefusal ? 'said refused' : 'said'}
        >
          {said.line}
        </p>
        {remarks.map((line) => (
          <p key={line} class="notice">
            {line}
          </p>
        ))}
        {opened && config.model && opened.problem === undefined && <Ask {...{ engine, opened, config, voice }} />}
        {opened && <Lesson {...{ engine, opened, voice }} />}
      </main>
    </>
  );
}

/** Puts the page into an element. */
export function showLive(root: Element, engine: LiveEngine, config: LiveConfig): void {
  root.replaceChildren();
  render(<LivePage engine={engine} config={config} />, root);
}
