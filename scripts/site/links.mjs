/** Whether links lead anywhere: to files and headings of this repository; of others only the form is looked at. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';

/** A link of the web, or of anything else that is not a path. */
export const isElsewhere = (href) => /^[a-z][a-z0-9+.-]*:/i.test(href);

/**
 * What a relative link means.
 * @returns {{ path: string, anchor: string | undefined }} `path` from the root of the repository, of the page itself for `#x`
 */
export function destination(file, href) {
  const [path, anchor] = href.split('#');
  return { path: path === '' ? file : posix.join(posix.dirname(file), decodeURI(path)), anchor };
}

/**
 * @param {string} root folder of the repository
 * @param {import('./render.mjs').Page[]} pages
 * @returns {string[]} what is wrong, each with file and line
 */
export function brokenLinks(root, pages) {
  const byFile = new Map(pages.map((page) => [page.file, page]));
  return pages.flatMap(({ file, links }) =>
    links.flatMap(({ href, line }) => {
      const why = isElsewhere(href) ? badAddress(href) : badPath(root, byFile, destination(file, href));
      return why === undefined ? [] : [`${file}:${line}: ${href}: ${why}`];
    }),
  );
}

/** The same for pages that comments of source files name, as in docs/trace.md#what-is-computed. */
export function brokenMentions(root, pages, folders) {
  const byFile = new Map(pages.map((page) => [page.file, page]));
  return sources(root, folders).flatMap((file) =>
    readFileSync(join(root, file), 'utf8')
      .split('\n')
      .flatMap((text, at) =>
        Array.from(text.matchAll(/(?<![\w/.-])docs\/[\w-]+\.md(?:#[\w-]+)?/g), ([href]) => {
          const why = badPath(root, byFile, destination('README.md', href));
          return why === undefined ? '' : `${file}:${at + 1}: ${href}: ${why}`;
        }).filter((complaint) => complaint !== ''),
      ),
  );
}

function badAddress(href) {
  return /^https:\/\/[\w.-]+\.[a-z]{2,}(?:[/?#]\S*)?$/i.test(href) ? undefined : 'expected an address that begins with https://';
}

function badPath(root, byFile, { path, anchor }) {
  if (path.startsWith('..')) return 'leads out of the repository';
  if (!existsSync(join(root, path))) return 'there is no such file';
  if (anchor === undefined) return undefined;
  const page = byFile.get(path);
  if (!page) return 'only pages of the site have anchors';
  return page.anchors.has(anchor) ? undefined : `there is no heading #${anchor} in ${path}`;
}

function sources(root, folders) {
  return folders
    .filter((folder) => existsSync(join(root, folder)))
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
        .filter((name) => /\.(ts|mjs|py|sh)$/.test(name) && !/(^|[\\/])gen[\\/]/.test(name))
        .map((name) => posix.join(folder, name.replaceAll('\\', '/'))),
    );
}
