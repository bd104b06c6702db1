/** What a server may hand out: nothing that is not in this table, whatever is asked for. */

/** Something to be handed out. */
export interface Resource {
  /** Its media type. */
  readonly type: string;
  /** What the browser may do with it, as a Content-Security-Policy says; nothing at all by default. */
  readonly policy?: string | undefined;
  /** @returns undefined where it is not what it was when the server began */
  readonly read: () => Promise<Uint8Array | undefined>;
}

/** Resources by their path behind the token, each part encoded as in a URL; the page itself has the path ''. */
export type Site = Map<string, Resource>;

/** What is no page may do nothing. */
export const NOTHING_ALLOWED = "default-src 'none'; frame-ancestors 'none'; sandbox";

const TYPES: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8',
  csv: 'text/csv; charset=utf-8',
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  json: 'application/json',
  mjs: 'text/javascript; charset=utf-8',
  png: 'image/png',
  svg: 'image/svg+xml',
  wasm: 'application/wasm',
};

/** The media type of a file, by the ending of its name. */
export function typeOf(name: string): string {
  const ending = name.slice(name.lastIndexOf('.') + 1).toLowerCase();
  return Object.hasOwn(TYPES, ending) ? TYPES[ending]! : 'application/octet-stream';
}

/** Text as a resource. */
export function textResource(type: string, text: string, policy?: string): Resource {
  return bytesResource(type, new TextEncoder().encode(text), policy);
}

/** Bytes as a resource. */
export function bytesResource(type: string, bytes: Uint8Array, policy?: string): Resource {
  return { type, policy, read: () => Promise.resolve(bytes) };
}
