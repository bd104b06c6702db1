/** SHA-256 as browsers have it. */
import { InputError } from '../errors.js';

/** SHA-256 of bytes, in hex. @throws InputError where the page has none: it came without encryption from another machine */
export async function sha256Hex(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  if (!('subtle' in crypto))
    throw new InputError('this page cannot compute SHA-256; open it by https, or from localhost');
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
