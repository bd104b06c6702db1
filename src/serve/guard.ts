/**
 * Who is answered (Node only): the browser that was given the URL, and nobody else. A page of another site may know the port and make the
 * browser ask, even under a name of its own that leads to this computer; it does not know the token, and its requests say where they
 * come from.
 */
import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** Why a request is not answered, as an HTTP status. */
export interface Refusal {
  readonly status: 400 | 403 | 404 | 405;
  readonly why: string;
}

/** What is asked for: a path behind the token. */
export interface Asked {
  readonly path: string;
}

const UNKNOWN: Refusal = { status: 404, why: 'not found' };

/** Names under which this computer is reached by itself alone. */
const LOOPBACK = ['127.0.0.1', 'localhost'];

/** Where a request may come from: this page, or the user's own hand. */
const FROM_HERE = ['same-origin', 'none'];

/** Judges a request by its head. @param token the first part of every path */
export function judge(
  request: Pick<IncomingMessage, 'method' | 'url' | 'headers' | 'rawHeaders'>,
  port: number,
  token: string,
): Asked | Refusal {
  // prettier-ignore
  const { method, url = '', headers, rawHeaders } = request;
  const hosts = rawHeaders.filter((name, i) => i % 2 === 0 && name.toLowerCase() === 'host').length;
  const known = LOOPBACK.map((name) => `${name}:${port}`);
  if (hosts !== 1 || !known.includes(headers.host ?? '')) return { status: 403, why: 'another host is meant' };
  if (headers.origin !== undefined && headers.origin !== `http://${headers.host}`) return FOREIGN;
  const site = headers['sec-fetch-site'];
  if (site !== undefined && !FROM_HERE.includes(String(site)) && !isFollowedLink(headers)) return FOREIGN;
  if (method !== 'GET' && method !== 'HEAD') return { status: 405, why: 'only GET and HEAD are answered' };
  const [, given = '', path] = /^\/([^/?#]*)\/([^?#]*)(?:\?[^#]*)?$/.exec(url) ?? [];
  if (path === undefined || !isSame(given, token)) return UNKNOWN;
  return { path };
}

/** Whether somebody has followed a link, in a terminal that is a page itself, say: the page opens on its own, and nobody else sees it. */
function isFollowedLink(headers: IncomingMessage['headers']): boolean {
  return headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document';
}

const FOREIGN: Refusal = { status: 403, why: 'asked for by another site' };

/** Compares in a time that says nothing of where texts differ. */
function isSame(given: string, token: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(token)];
  return a.length === b.length && timingSafeEqual(a, b);
}
