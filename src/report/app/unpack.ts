/** The data of a page, out of its text. */
import type { Heights, Payload } from './payload.js';

/**
 * Unpacks what `pack` of src/report/page made: JSON, compressed, as base64.
 * @throws Error when it is damaged
 */
export async function unpack(text: string): Promise<Payload> {
  const characters = atob(text.trim());
  const bytes = new Uint8Array(characters.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = characters.charCodeAt(i);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return readPayload(await new Response(stream).text());
}

/** The data of a page from their JSON. */
export function readPayload(json: string): Payload {
  return restored(JSON.parse(json)) as Payload;
}

/** Curves as they were; a reviver of JSON.parse would be called for every number, which most of a page are. */
function restored(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    if (typeof value[0] === 'object') value.forEach((each, i) => (value[i] = restored(each)));
    return value;
  }
  if ('heights' in value) {
    const { unit, heights } = value as Heights;
    return heights.map((height) => height * unit);
  }
  const fields = value as Record<string, unknown>;
  for (const key of Object.keys(fields)) fields[key] = restored(fields[key]);
  return value;
}
