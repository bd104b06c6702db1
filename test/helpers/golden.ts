/** Golden files: what a function returned when a person last looked at it and was content. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';

const folder = new URL('../golden/', import.meta.url);

/**
 * Compares text with the golden file of this name in test/golden. A difference is written beside it, as
 * `<name>-changed.<extension>`, to be looked at. `UPDATE_GOLDEN=1 npm run jest -- test/plot` takes the new text over.
 * @throws Error when they differ, or when there is no golden file yet
 */
export function expectGolden(name: string, text: string): void {
  const golden = new URL(name, folder);
  const changed = new URL(name.replace(/(\.\w+)$/, '-changed$1'), folder);
  if (process.env.UPDATE_GOLDEN === '1') writeFileSync(golden, text);
  if (existsSync(golden) && readFileSync(golden, 'utf8') === text) {
    rmSync(changed, { force: true });
    return;
  }
  writeFileSync(changed, text);
  throw new Error(`differs from test/golden/${name}: look at ${changed.pathname}, then UPDATE_GOLDEN=1 if it is right`);
}
