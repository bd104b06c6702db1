/** The page: what it says first, its tabs, the list of inputs beside what is open. */
import type { VNode } from 'preact';
import { CompareTab } from './compare/tab.js';
import { usePage, usePart } from './context.js';
import { ExamplesTab } from './examples/tab.js';
import { AboutTab } from './about.js';
import { InputsPanel } from './inputs/panel.js';
import type { Kinds, Tab } from './kind-view.js';
import { MapTab } from './map/tab.js';
import { hasMap } from './map/points.js';
import { Choice, Notice, TrustBadge } from './parts/basics.js';
import { counted } from './parts/text.js';
import type { Part } from './payload.js';
import { hashOf } from './state.js';

/** The tabs of a result: its own, then those that its data allow. */
export function tabsOf(part: Part, parts: readonly Part[], kinds: Kinds): readonly Tab[] {
  const { viewOf, linksOf, decisionsOf } = kinds;
  const { result } = part;
  const own = viewOf(result).tabs.filter(({ when }) => when?.(result) ?? true);
  const isOwn = (id: string) => own.some((tab) => tab.id === id);
  return [
    ...own,
    ...(linksOf(result).length > 0 && !isOwn('examples')
      ? [{ id: 'examples', title: 'Training examples', view: ExamplesTab }]
      : []),
    ...(hasMap(result) ? [{ id: 'map', title: 'Map of features', view: MapTab, ofInput: true }] : []),
    ...(decisionsOf(result).length > 1 || parts.length > 1
      ? [{ id: 'compare', title: 'Compare', view: CompareTab }]
      : []),
    { id: 'about', title: 'How to read this', view: AboutTab },
  ];
}

/** The whole page below its title. */
export function App(): VNode {
  const { payload, state, go, kinds } = usePage();
  const { viewOf, decisionsOf } = kinds;
  const part = usePart();
  const { result } = part;
  const view = viewOf(result);
  const tabs = tabsOf(part, payload.parts, kinds);
  const tab = tabs.find(({ id }) => id === state.tab) ?? tabs[0]!;
  const hasList = tab.ofInput === true && decisionsOf(result).length > 1;
  const trust = view.trust(result);
  return (
    <>
      <a class="skip" href="#content" onClick={focusContent}>
        Skip to the content
      </a>
      <header class="masthead">
        <div class="wrap">
          <p class="muted small">
            {view.title} <span class="nowrap">· {result.kind}</span> of {result.model.path} on {result.data.spec}
          </p>
          {payload.parts.length > 1 && (
            <Choice
              title="which result"
              value={String(state.part)}
              options={payload.parts.map(({ name }, i) => ({ value: String(i), text: name }))}
              onChoose={(value) => go({ part: Number(value), tab: '', input: -1, of: {} })}
            />
          )}
          <h1>{trust?.level === 'bad' ? trust.says : view.headline(result)}</h1>
          {trust && <TrustBadge trust={trust} />}
          {part.isWithoutPictures && (
            <Notice>The pictures of this result were not beside it when this page was made.</Notice>
          )}
          {part.picturesLeftOut > 0 && (
            <Notice>
              {counted(part.picturesLeftOut, Object.keys(part.written ?? {}).length > 0 ? 'example' : 'picture')} had no
              room in this page.
            </Notice>
          )}
          <nav class="tabs" aria-label="views">
            {tabs.map(({ id, title }) => (
              <a
                key={id}
                href={hashOf({ ...state, tab: id }) || '#'}
                aria-current={id === tab.id ? 'page' : undefined}
                onClick={(event) => {
                  event.preventDefault();
                  go({ tab: id });
                }}
              >
                {title}
              </a>
            ))}
          </nav>
        </div>
      </header>
      <div class={`wrap${hasList ? ' desk' : ''}`}>
        {hasList && <InputsPanel />}
        <main id="content" tabIndex={-1}>
          <tab.view part={part} />
        </main>
      </div>
    </>
  );
}

/** The hash is the page's state, so that a link to an element must not change it. */
function focusContent(event: Event): void {
  event.preventDefault();
  document.getElementById('content')?.focus();
}
