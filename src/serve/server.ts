/** A web server for one person on this computer (Node only). */
import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { InputError } from '../errors.js';
import { judge } from './guard.js';
import { NOTHING_ALLOWED, type Site } from './site.js';

/** A server at work. */
export interface Server {
  /** Where the page is, token included. */
  readonly url: string;
  /** Ends it, open connections included. */
  close(): Promise<void>;
}

/** What every answer says, so that a browser does nothing with it that it was not made for. */
const ALWAYS = {
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cache-Control': 'no-store',
  // A page that shares nothing with other windows may have memory that threads share.
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
};

/** 128 bits, which nobody guesses. */
const TOKEN_BYTES = 16;

/** Most that ports go to. */
const LAST_PORT = 65_535;

/** @throws InputError for a number that no port has */
export function checkPort(port: number): void {
  if (Number.isInteger(port) && port >= 0 && port <= LAST_PORT) return;
  throw new InputError(`\`port\` ${port}: expected a whole number from 0, for any free one, to ${LAST_PORT}`);
}

/**
 * Serves a site on the loopback interface, below a random token.
 * @param port 0 takes any free one
 * @throws InputError where the port is taken, or not allowed
 */
export async function startServer(site: Site, port: number): Promise<Server> {
  checkPort(port);
  const token = randomBytes(TOKEN_BYTES).toString('base64url');
  const server = createServer((request, response) => {
    // Whoever hangs up early is no fault.
    response.on('error', () => undefined);
    void answer(request, response).catch(() => response.destroy());
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const asked = judge(request, (server.address() as AddressInfo).port, token);
    const resource = 'path' in asked ? site.get(asked.path) : undefined;
    const body = await resource?.read();
    if (!resource || !body) {
      const { status, why } = 'status' in asked ? asked : { status: 404, why: 'not found' };
      const text = `${why}\n`;
      response.writeHead(status, {
        ...ALWAYS,
        'Content-Security-Policy': NOTHING_ALLOWED,
        'Content-Type': 'text/plain; charset=utf-8',
        'Content-Length': text.length,
        ...(status === 405 ? { Allow: 'GET, HEAD' } : {}),
      });
      response.end(request.method === 'HEAD' ? undefined : text);
      return;
    }
    response.writeHead(200, {
      ...ALWAYS,
      'Content-Security-Policy': resource.policy ?? NOTHING_ALLOWED,
      'Content-Type': resource.type,
      'Content-Length': body.byteLength,
    });
    response.end(request.method === 'HEAD' ? undefined : body);
  }

  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(refused(error, port)));
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/${token}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function refused(error: NodeJS.ErrnoException, port: number): Error {
  const problem = { EADDRINUSE: 'is taken by another program', EACCES: 'is not allowed to this user' }[
    error.code ?? ''
  ];
  return problem === undefined ? error : new InputError(`\`port\` ${port}: ${problem}; name another, or leave it out`);
}
