/**
 * Makes a site of the documentation, to be read from a disk or put on any server, and checks every link in it.
 *
 *   npm run site   the folder site/, to be begun at site/index.html
 */
import { cpSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brokenLinks, brokenMentions, destination, isElsewhere } from './links.js';
import { addressOf, pageGroups } from './pages.js';
import { renderPage } from './render.js';
import { wholePage } from './template.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const out = join(root, 'site');

const groups = pageGroups(root);
const files = groups.flatMap((group) => group.files);
// A page of the repository that is none of the site has links as well.
const pages = [...files, 'CONTRIBUTING.md', 'models/README.md', 'data/fashion-mnist-sample/README.md'].map((file) =>
  renderPage(root, file),
);
const broken = [...brokenLinks(root, pages), ...brokenMentions(root, pages, ['src', 'test', 'scripts', 'examples'])];
if (broken.length > 0) {
  console.error(broken.join('\n'));
  process.exit(1);
}

const titles = new Map(pages.map(({ file, title }) => [file, title]));
const navigation = groups.map(({ group, files: listed }) => ({
  group,
  pages: listed.map((file) => ({ file, title: titles.get(file)! })),
}));
/** Files besides the pages that pages link to. */
const linked = new Set<string>();
rmSync(out, { recursive: true, force: true });
for (const file of files) {
  const address = join(out, addressOf(file));
  mkdirSync(dirname(address), { recursive: true });
  writeFileSync(address, wholePage(renderPage(root, file, (href) => onSite(file, href)), navigation));
}
for (const file of linked) {
  mkdirSync(dirname(join(out, file)), { recursive: true });
  cpSync(join(root, file), join(out, file));
}
console.log(`${files.length} pages, ${pages.flatMap(({ links }) => links).length} links checked: site/index.html`);

/** Where a link of a page leads on the site; a folder of the repository is none of it. */
function onSite(file: string, href: string): string | undefined {
  if (isElsewhere(href) || href.startsWith('#')) return href;
  const { path, anchor } = destination(file, href);
  const hash = anchor === undefined ? '' : `#${anchor}`;
  const relative = (to: string) => posix.relative(posix.dirname(file), to) + hash;
  if (files.includes(path)) return relative(addressOf(path));
  if (statSync(join(root, path)).isDirectory()) return undefined;
  linked.add(path);
  return relative(path);
}
