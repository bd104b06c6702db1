/** Which Markdown files are pages of the site, in which order, and where each comes to lie. */
import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';

/** The groups of the navigation. Files of docs/ that none names stand in the last one. */
const GROUPS: Readonly<Record<string, readonly string[]>> = {
  Start: ['README.md', 'examples/README.md', 'CHANGELOG.md'],
  Explain: ['trace', 'influence', 'representer', 'audit', 'attribute', 'trends', 'check', 'report', 'serve', 'truth'],
  'Models and data': ['models', 'data', 'training', 'exporters'],
  'On many machines': ['storage', 'shards', 'scale'],
  'How it is built': ['ARCHITECTURE.md', 'OPS.md'],
  'More to read': ['measurements', 'experiments', 'bibliography'],
};

/** A group of the navigation, and its Markdown files, from the root of the repository. */
export interface PageGroup {
  readonly group: string;
  readonly files: readonly string[];
}

/** @param root folder of the repository */
export function pageGroups(root: string): PageGroup[] {
  const groups = Object.entries(GROUPS).map(([group, names]) => ({
    group,
    files: names
      .map((name) => (name.endsWith('.md') ? name : `docs/${name}.md`))
      .filter((file) => existsSync(join(root, file))),
  }));
  const named = new Set(groups.flatMap(({ files }) => files));
  const others = readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`);
  groups.at(-1)!.files.push(...others.filter((file) => !named.has(file)).sort());
  return groups;
}

/** Where the page of a Markdown file lies in the site. */
export function addressOf(file: string): string {
  return basename(file) === 'README.md' ? file.replace(/README\.md$/, 'index.html') : file.replace(/\.md$/, '.html');
}
