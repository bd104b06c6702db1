/** The page as a sheet of paper, for where no script may run: the same views, one below another. */
import { renderToString } from 'preact-render-to-string';
import { Page, type PageContext } from '../app/context.js';
import { noTriage } from '../app/examples/triage.js';
import { Glossary, Provenance } from '../app/about.js';
import { kinds } from '../app/kinds.js';
import { TrustBadge } from '../app/parts/basics.js';
import { counted } from '../app/parts/text.js';
import type { Part, Payload } from '../app/payload.js';
import { START } from '../app/state.js';
import { filtered } from '../app/inputs/filter.js';

/** Inputs on paper; all of them are in the page with a script, and in result.json. */
const SHOWN = 24;

/** The sheet as HTML. */
export function paper(payload: Payload): string {
  const context = (part: number, input: number): PageContext => ({
    payload,
    state: { ...START, part, input },
    go: () => undefined,
    triage: noTriage,
    kinds,
    isPaper: true,
  });
  return renderToString(
    <div class="paper wrap">
      {payload.parts.map((part, p) => (
        <section key={p}>
          <PaperHead part={part} />
          {kinds
            .viewOf(part.result)
            .tabs.filter(({ when }) => when?.(part.result) ?? true)
            .map((tab) =>
              (tab.ofInput ? inputsOf(part) : [-1]).map((input) => (
                <Page.Provider key={`${tab.id} ${input}`} value={context(p, input)}>
                  <tab.view part={part} />
                </Page.Provider>
              )),
            )}
          <Glossary terms={kinds.viewOf(part.result).terms(part.result)} />
          <Provenance result={part.result} />
        </section>
      ))}
    </div>,
  );
}

function PaperHead({ part }: { readonly part: Part }) {
  const { result } = part;
  const view = kinds.viewOf(result);
  const trust = view.trust(result);
  const hidden = kinds.decisionsOf(result).length - SHOWN;
  return (
    <header>
      <p class="muted small">
        {view.title} · {result.kind} of {result.model.path} on {result.data.spec}
      </p>
      <h1>{trust?.level === 'bad' ? trust.says : view.headline(result)}</h1>
      {trust && <TrustBadge trust={trust} />}
      {hidden > 0 && (
        <p class="notice">
          {counted(hidden, 'more input')} can be seen where this page may run its script; all are in result.json.
        </p>
      )}
    </header>
  );
}

/** The inputs on paper, the wrong ones first. */
function inputsOf({ result }: Part): number[] {
  return filtered(kinds.decisionsOf(result), START).slice(0, SHOWN);
}
