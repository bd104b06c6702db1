/** Where the page begins in a browser: its data are unpacked, and the page takes the place of the sheet of paper. */
import { render, type VNode } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { App, tabsOf } from './app.js';
import { Page, type PageContext } from './context.js';
import { readStored, storedText, type ExampleDecision } from './examples/triage.js';
import { useKeys } from './keys.js';
import { kinds } from './kinds.js';
import type { Payload } from './payload.js';
import { hashOf, stateOf, type ViewState } from './state.js';
import { unpack } from './unpack.js';

function Root({ payload }: { readonly payload: Payload }): VNode {
  const [state, setState] = useState(() => stateOf(location.hash));
  const storage = `onnx-explain:${payload.parts[0]!.result.data.fingerprint}`;
  const [decisions, setDecisions] = useState(() => readStored(kept(() => localStorage.getItem(storage))));
  useEffect(() => {
    const follow = () => setState(stateOf(location.hash));
    addEventListener('popstate', follow);
    addEventListener('hashchange', follow);
    return () => {
      removeEventListener('popstate', follow);
      removeEventListener('hashchange', follow);
    };
  }, []);
  const page = useMemo<PageContext>(() => {
    const go = (change: Partial<ViewState>, lightly = false) => {
      const next = { ...stateOf(location.hash), ...change };
      const address = hashOf(next) || location.pathname + location.search;
      if (lightly) history.replaceState(null, '', address);
      else history.pushState(null, '', address);
      setState(next);
      if (change.tab !== undefined) scrollTo({ top: 0 });
    };
    const decide = (index: number, decision: ExampleDecision | undefined) =>
      setDecisions((before) => {
        const after = new Map(before);
        if (decision) after.set(index, decision);
        else after.delete(index);
        kept(() => localStorage.setItem(storage, storedText(after)));
        return after;
      });
    return { payload, state, go, triage: { decisions, decide }, kinds, isPaper: false };
  }, [payload, state, decisions, storage]);
  return (
    <Page.Provider value={page}>
      <Keys />
      <App />
    </Page.Provider>
  );
}

/** Keys need the page around them. */
function Keys(): null {
  useKeys(tabsOf);
  return null;
}

/** What a browser may refuse to keep: a page from disk, or a private window. */
function kept<T>(attempt: () => T): T | null {
  try {
    return attempt();
  } catch {
    return null;
  }
}

async function start(): Promise<void> {
  const root = document.getElementById('app')!;
  try {
    const payload = await unpack(document.getElementById('payload')!.textContent ?? '');
    root.textContent = '';
    render(<Root payload={payload} />, root);
  } catch (error) {
    root.textContent = '';
    render(
      <p class="notice wrap" role="alert">
        This page cannot show its data: {error instanceof Error ? error.message : String(error)}. Write it again with
        the command that made it.
      </p>,
      root,
    );
  }
}

void start();
