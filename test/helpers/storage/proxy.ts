/** A server between a client and a store, which counts, and changes what a test wants changed. */
import {
  createServer,
  request,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll } from '@jest/globals';

/** What a test does to what passes. */
export interface Changes {
  /** Changes the headers of a request, or holds it up. */
  readonly ask?: (message: IncomingMessage, headers: OutgoingHttpHeaders) => unknown;
  /** After how many bytes the body of an answer breaks off; undefined lets it pass. */
  readonly breaksAt?: (message: IncomingMessage) => number | undefined;
}

/** A request that has passed. */
export interface Passed {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly status: number;
  /** Bytes of the body of the answer. */
  readonly bytes: number;
  readonly range: string | undefined;
}

/** A proxy at work. */
export interface Proxy {
  readonly endpoint: string;
  /** Everything that has passed; a test may empty it. */
  readonly passed: Passed[];
}

const servers: Server[] = [];
afterAll(() => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
});

/** Starts a proxy before a store. */
export async function startProxy(target: string, changes: Changes = {}): Promise<Proxy> {
  const passed: Passed[] = [];
  const pass = async (message: IncomingMessage, answer: ServerResponse) => {
    const headers: OutgoingHttpHeaders = { ...message.headers };
    await changes.ask?.(message, headers);
    const { method = '', url: path = '' } = message;
    const onwards = request(`${target}${path}`, { method, headers }, (reply) => {
      const { statusCode: status = 0 } = reply;
      answer.writeHead(status, reply.headers);
      const most = changes.breaksAt?.(message);
      let bytes = 0;
      reply.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (most === undefined || bytes <= most) answer.write(chunk);
        else answer.write(chunk.subarray(0, Math.max(0, chunk.length - (bytes - most))), () => answer.destroy());
      });
      reply.on('end', () => {
        const { range } = message.headers;
        passed.push({ method, path, status, bytes, range });
        answer.end();
      });
    });
    onwards.on('error', () => answer.destroy());
    message.on('aborted', () => onwards.destroy());
    message.pipe(onwards);
  };
  const server = createServer((message, answer) => void pass(message, answer));
  servers.push(server);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return { endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, passed };
}
