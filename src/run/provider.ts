/** Where a run was trained: no two execution providers round alike. */
import { InputError } from '../errors.js';
import type { RunManifest } from './manifest.js';

/**
 * @param provider that the run would be trained with again
 * @param or what to do instead of giving the provider that it was trained with, if anything
 * @throws InputError when it is not the one that it was trained with
 */
export function checkProvider(
  runDirectory: string,
  { executionProvider = 'cpu' }: Pick<RunManifest, 'executionProvider'>,
  provider: string,
  or = '',
): void {
  if (executionProvider === provider) return;
  throw new InputError({
    file: runDirectory,
    problem: `trained on the execution provider ${executionProvider}, whose numbers do not come again to the bit on ${provider}`,
    mend: `set \`executionProvider\` to ${executionProvider}${or}`,
  });
}
