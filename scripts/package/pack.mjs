/** The tarball that `npm pack` makes of this repository. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/**
 * Packs what is built already.
 * @param {string} folder where the tarball is put
 * @returns {string} its path
 */
export function pack(folder) {
  // Quietly, for on standard output npm's JSON would follow whatever scripts print.
  const printed = execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const packed = JSON.parse(printed);
  // A list up to npm 11, a table by name from npm 12 on.
  const [{ filename }] = Array.isArray(packed) ? packed : Object.values(packed);
  return join(folder, filename);
}
