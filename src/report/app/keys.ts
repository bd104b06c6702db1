/** The page by the keyboard. */
import { useLayoutEffect } from 'preact/hooks';
import { usePage, usePart } from './context.js';
import { useExamples } from './examples/tab.js';
import { VERDICTS } from './examples/triage.js';
import { labelFor, plain } from './examples/verdict-buttons.js';
import { suspicionOf } from './examples/listed.js';
import { useListed } from './inputs/panel.js';
import { openInput } from './inputs/open.js';
import type { Kinds, Tab } from './kind-view.js';
import type { Part } from './payload.js';
import { stateOf } from './state.js';

/** Listens to the keys of the page; what is typed into a field is its own. */
export function useKeys(tabsOf: (part: Part, parts: readonly Part[], kinds: Kinds) => readonly Tab[]): void {
  const { go, payload, triage, kinds } = usePage();
  const part = usePart();
  const { places } = useListed();
  const { shown } = useExamples(part);
  // As soon as the page has changed, not after it is painted: the next key may come before that, and must not act on what was open.
  useLayoutEffect(() => {
    const tabs = tabsOf(part, payload.parts, kinds);
    const press = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      // Keys come faster than the page is drawn: what was drawn last may be behind what is looked at.
      const state = stateOf(location.hash);
      const tab = tabs.find(({ id }) => id === state.tab) ?? tabs[0]!;
      const input = openInput(state, places, kinds.decisionsOf(part.result).length);
      const isExamples = tab.id === 'examples';
      const example = shown.find(({ index }) => index === state.example) ?? shown[0];
      const step = event.key === 'j' ? 1 : event.key === 'k' ? -1 : 0;
      if (step !== 0 && isExamples) {
        const next = shown[shown.indexOf(example!) + step];
        if (next) go({ example: next.index }, true);
      } else if (step !== 0 && tab.ofInput) {
        const next = places[places.indexOf(input) + step];
        if (next !== undefined) go({ input: next }, true);
      } else if (event.key === '/') {
        document.getElementById('search')?.focus();
      } else if (event.key === 'p' && tab.ofInput) {
        const pin = `${state.part}.${input}`;
        go({ pins: state.pins.includes(pin) ? state.pins.filter((p) => p !== pin) : [...state.pins, pin].slice(-2) });
      } else if (isExamples && example && /^[0-3]$/.test(event.key)) {
        const verdict = VERDICTS[Number(event.key) - 1];
        const suspect = suspicionOf(payload, part.result, example.index);
        const decided = triage.decisions.get(example.index);
        const label =
          verdict === 'relabel' ? labelFor(example, suspect, part.result.classNames.length, decided) : undefined;
        triage.decide(example.index, verdict && { example: plain(example), verdict, label });
      } else return;
      event.preventDefault();
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  });
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
}
