/** The data of a page, out of its text. */
import type { Heights, Payload } from './payload.js';

/**
 * Unpacks what `pack` of src/report/page made: JSON, compressed, as base64.
 * @throws Error when it is damaged
 */
export async function unpack(text: string): Promise<Payload> {
  const bytes = Uint8Array.from(atob(text.trim()), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return readPayload(await new Response(stream).text());
}

/** The data of a page from their JSON. */
export function readPayload(json: string): Payload {
  return JSON.parse(json, (_, value: unknown) => {
    if (typeof value !== 'object' || value === null || !('heights' in value)) return value;
    const { unit, heights } = value as Heights;
    return heights.map((height) => height * unit);
  }) as Payload;
}
