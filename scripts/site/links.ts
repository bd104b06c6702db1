/** Whether links lead anywhere: to files and headings of this repository; of others only the form is looked at. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import type { Page } from './render.js';

/** A link of the web, or of anything else that is not a path. */
export const isElsewhere = (href: string): boolean => /^[a-z][a-z0-9+.-]*:/i.test(href);

/** What a relative link means. */
export interface Destination {
  /** From the root of the repository; that of the page itself for `#x`. */
  readonly path: string;
  readonly anchor: string | undefined;
}

/** What a relative link in a file means. */
export function destination(file: string, href: string): Destination {
  const [path = '', anchor] = href.split('#');
  return { path: path === '' ? file : posix.join(posix.dirname(file), decodeURI(path)), anchor };
}

/**
 * @param root folder of the repository
 * @returns what is wrong, each with file and line
 */
export function brokenLinks(root: string, pages: readonly Page[]): string[] {
  const byFile = new Map(pages.map((page) => [page.file, page]));
  return pages.flatMap(({ file, links }) =>
    links.flatMap(({ href, line }) => {
      const why = isElsewhere(href) ? badAddress(href) : badPath(root, byFile, destination(file, href));
      return why === undefined ? [] : [`${file}:${line}: ${href}: ${why}`];
    }),
  );
}

/** The same for pages that comments of source files name, as in docs/trace.md#what-is-computed. */
export function brokenMentions(root: string, pages: readonly Page[], folders: readonly string[]): string[] {
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

function badAddress(href: string): string | undefined {
  return /^https:\/\/[\w.-]+\.[a-z]{2,}(?:[/?#]\S*)?$/i.test(href) ? undefined : 'expected an address that begins with https://';
}

function badPath(root: string, byFile: ReadonlyMap<string, Page>, { path, anchor }: Destination): string | undefined {
  if (path.startsWith('..')) return 'leads out of the repository';
  if (!existsSync(join(root, path))) return 'there is no such file';
  if (anchor === undefined) return undefined;
  const page = byFile.get(path);
  if (!page) return 'only pages of the site have anchors';
  return page.anchors.has(anchor) ? undefined : `there is no heading #${anchor} in ${path}`;
}

function sources(root: string, folders: readonly string[]): string[] {
  return folders
    .filter((folder) => existsSync(join(root, folder)))
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
        .filter((name) => /\.(ts|mjs|py|sh)$/.test(name) && !/(^|[\\/])gen[\\/]/.test(name))
        .map((name) => posix.join(folder, name.replaceAll('\\', '/'))),
    );
}
