/** A folder of results as a site (Node only): its page, and the files that its manifest says are ours. */
import { InputError } from '../errors.js';
import { readBytes, sha256 } from '../files.js';
import { isAbsolute, join, relative } from '../storage/paths.js';
import { storeOf } from '../storage/registry.js';
import { listedFiles, MANIFEST } from '../results/result-folder.js';
import { readResult } from '../results/result-file.js';
import type { Result } from '../results/kinds.js';
import { typeOf, type Resource, type Site } from './site.js';

const PAGE = 'index.html';

/** A result, and what is to be seen of it. */
export interface ResultSite {
  readonly result: Result;
  readonly site: Site;
}

/**
 * Reads a folder of results.
 * @throws InputError when the result is damaged, of a newer version, without a page, or not as it was written
 */
export async function resultSite(folder: string): Promise<ResultSite> {
  const result = await readResult(join(folder, 'result.json'));
  const files = await listedFiles(folder);
  if (!files?.has(PAGE)) {
    const [file, problem] = files ? [folder, `its ${MANIFEST} lists no ${PAGE}`] : [join(folder, MANIFEST), 'is missing or damaged']; // prettier-ignore
    throw new InputError({ file, problem, mend: 'write the result again' });
  }
  const real = await storeOf(folder).real(folder);
  const site: Site = new Map();
  for (const [name, hash] of files) {
    const read = () => readListed(real, name, hash);
    const bytes = await read();
    if (!bytes) {
      const problem = 'is missing, leads out of the folder, or was changed after it was written';
      throw new InputError({ file: join(folder, name), problem, mend: 'write the result again' });
    }
    const resource: Resource = { type: typeOf(name), read, policy: policyOf(name, bytes) };
    site.set(name.split('/').map(encodeURIComponent).join('/'), resource);
    if (name === PAGE) site.set('', resource);
  }
  return { result, site };
}

/** Reads a file if it is in the folder, where no link leads out of it, and as it was written. */
async function readListed(real: string, name: string, hash: string): Promise<Uint8Array | undefined> {
  const path = await storeOf(real).real(join(real, name));
  const way = relative(real, path);
  if (way === '' || isAbsolute(way) || /^\.\.(?:[\\/]|$)/.test(way)) return undefined;
  const bytes = await readBytes(path).catch(() => undefined);
  return bytes && sha256(bytes) === hash ? bytes : undefined;
}

/** A page of ours runs the scripts that it names by their hashes, and nothing else; of a picture or table nothing runs at all. */
function policyOf(name: string, bytes: Uint8Array): string | undefined {
  if (!name.endsWith('.html')) return undefined;
  const [own = ''] = /<meta http-equiv="Content-Security-Policy"[^>]*>/i.exec(new TextDecoder().decode(bytes)) ?? [];
  const hashes = own.replaceAll('&#39;', "'").match(/'sha256-[A-Za-z0-9+/]{43}='/g) ?? [];
  const scripts = hashes.length > 0 ? `; script-src ${hashes.join(' ')}` : '';
  return (
    `default-src 'none'; img-src 'self' data: blob:; style-src 'unsafe-inline'${scripts}; ` +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
  );
}
