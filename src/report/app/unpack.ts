/** The data of a page, out of its text. */
import type { Payload } from './payload.js';

/**
 * Unpacks what `pack` of src/report/page made: JSON, compressed, as base64.
 * @throws Error when it is damaged
 */
export async function unpack(text: string): Promise<Payload> {
  const bytes = Uint8Array.from(atob(text.trim()), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return (await new Response(stream).json()) as Payload;
}
