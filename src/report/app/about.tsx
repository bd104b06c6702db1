/** What the words of a page mean, and where its result comes from. */
import type { VNode } from 'preact';
import type { Result } from '../../results/kinds.js';
import { usePage } from './context.js';
import type { Term } from './kind-view.js';
import type { Part } from './payload.js';

/** Keys of the page, and what they do. */
const KEYS: readonly (readonly [key: string, does: string])[] = [
  ['j, k', 'the next and the previous input or example of the list'],
  ['/', 'search'],
  ['p', 'pin the input, or take the pin out'],
  ['1, 2, 3', 'keep, relabel or drop the open training example'],
  ['0', 'take that back'],
];

/** The glossary, the keys and the provenance. */
export function AboutTab({ part }: { readonly part: Part }): VNode {
  const { kinds } = usePage();
  return (
    <>
      <section>
        <Glossary terms={kinds.viewOf(part.result).terms(part.result)} />
        <h3>Keys</h3>
        <dl class="glossary keys">
          {KEYS.map(([key, does]) => (
            <div key={key}>
              <dt>
                <kbd>{key}</kbd>
              </dt>
              <dd>{does}</dd>
            </div>
          ))}
        </dl>
      </section>
      <Provenance result={part.result} />
    </>
  );
}

/** Terms that a page uses, and what they mean. */
export function Glossary({ terms }: { readonly terms: readonly Term[] }): VNode {
  return (
    <>
      <h2>How to read this page</h2>
      <dl class="glossary">
        {terms.map(([term, meaning]) => (
          <div key={term}>
            <dt>{term}</dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}

/** Where a result comes from. */
export function Provenance({ result }: { readonly result: Result }): VNode {
  const { tool, model, data, options, sign } = result;
  const entries: (readonly [string, string])[] = [
    ['written by', `${tool.name} ${tool.version}`],
    ['model', model.path],
    ['model SHA-256', model.sha256],
    ['data', data.spec],
    ['data fingerprint', data.fingerprint],
    ['sign', sign],
    ...Object.entries(options).map(([name, value]) => [`option ${name}`, optionText(value)] as const),
  ];
  return (
    <section>
      <h2>Where this comes from</h2>
      <dl class="provenance">
        {entries.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

/** As one would write it on the command line: lists with commas, and what was left out as such. */
function optionText(value: Result['options'][string]): string {
  if (value === null) return 'none';
  if (Array.isArray(value)) return value.map(optionText).join(', ');
  return typeof value === 'string' ? value : JSON.stringify(value);
}
