/** Two inputs, or the same input in two results, side by side. */
import type { VNode } from 'preact';
import { Page, usePage } from '../context.js';
import type { Kinds } from '../kind-view.js';
import { Select } from '../parts/basics.js';
import { nameOfInput } from '../parts/text.js';
import type { Part } from '../payload.js';

/** The tab: two sides, each with a result and an input of its own. */
export function CompareTab({ part }: { readonly part: Part }): VNode {
  const { payload, state, kinds } = usePage();
  const here = payload.parts.indexOf(part);
  const [left = `${here}.0`, right = other(left, payload.parts, kinds)] = state.pins;
  return (
    <div class="sides">
      <Side pins={[left, right]} at={0} />
      <Side pins={[left, right]} at={1} />
    </div>
  );
}

/** What stands beside a pin when nobody has chosen: the same input of another result, or the next input. */
function other(pin: string, parts: readonly Part[], { decisionsOf }: Kinds): string {
  const [part = 0, input = 0] = pin.split('.').map(Number);
  const name = nameOfInput(decisionsOf(parts[part]!.result)[input]);
  for (const [p, { result }] of parts.entries()) {
    if (p === part) continue;
    const same = decisionsOf(result).findIndex((decision) => nameOfInput(decision) === name);
    if (same >= 0) return `${p}.${same}`;
  }
  return `${part}.${Math.min(input + 1, Math.max(0, decisionsOf(parts[part]!.result).length - 1))}`;
}

function Side({ pins, at }: { readonly pins: readonly [string, string]; readonly at: 0 | 1 }): VNode {
  const context = usePage();
  const { payload, state, go, kinds } = context;
  const [p = 0, i = 0] = pins[at].split('.').map(Number);
  const part = payload.parts[p] ?? payload.parts[0]!;
  const decisions = kinds.decisionsOf(part.result);
  const input = Math.min(i, Math.max(0, decisions.length - 1));
  const put = (pin: string) => go({ pins: at === 0 ? [pin, pins[1]] : [pins[0], pin] });
  const tab = kinds.viewOf(part.result).tabs.find(({ ofInput }) => ofInput);
  // A side is a page of its own, which looks at its own input; what it asks to open opens in the whole page.
  const side = { ...context, state: { ...state, part: p, input } };
  return (
    <section class="side" aria-label={at === 0 ? 'left' : 'right'}>
      <div class="row">
        {payload.parts.length > 1 && (
          <Select
            title="result"
            value={p}
            options={payload.parts.map(({ name }, value) => ({ value, text: name }))}
            onChoose={(value) => put(`${value}.${input}`)}
          />
        )}
        {decisions.length > 1 && (
          <Select
            title="input"
            value={input}
            options={decisions.map((decision, value) => ({ value, text: nameOfInput(decision) }))}
            onChoose={(value) => put(`${p}.${value}`)}
          />
        )}
      </div>
      <Page.Provider value={side}>
        {tab ? <tab.view part={part} /> : <p>It is not about single inputs.</p>}
      </Page.Provider>
    </section>
  );
}
