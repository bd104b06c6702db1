/** `serve` as users run it, and requests to it as anybody may write them. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { startCommand, type Ended } from '../command-line.js';

/** A server at work. */
export interface Serving {
  /** Addresses of its pages, by their names. */
  readonly pages: Readonly<Record<string, string>>;
  readonly port: number;
  readonly token: string;
  /** Interrupts it, as Ctrl+C does. */
  stop(): Promise<Ended>;
}

/** Starts `serve`, and waits until it says where its pages are. */
export async function serving(args: readonly string[], cwd: string): Promise<Serving> {
  const { process, ended } = startCommand(['serve', ...args], cwd);
  let said = '';
  while (!said.includes('Ctrl+C')) {
    const more = await Promise.race([once(process.stdout!, 'data'), ended]);
    if (!Array.isArray(more)) throw new Error(more.stderr);
    said += String(more[0]);
  }
  const pages = Object.fromEntries(Array.from(said.matchAll(/^(.+): (http:\S+)$/gm), ([, name, url]) => [name!, url!]));
  const { port, pathname } = new URL(Object.values(pages)[0]!);
  const stop = () => {
    process.kill('SIGINT');
    return ended;
  };
  return { pages, port: Number(port), token: pathname.split('/')[1]!, stop };
}

/** An answer as it came. */
export interface RawAnswer {
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

/** Sends a request word for word: no client puts anything in order. */
export async function sendRaw(port: number, lines: readonly string[]): Promise<RawAnswer> {
  const socket = connect(port, '127.0.0.1');
  const parts: Buffer[] = [];
  socket.on('data', (part: Buffer) => parts.push(part));
  socket.on('error', () => undefined);
  socket.write([...lines, 'Connection: close', '', ''].join('\r\n'));
  await once(socket, 'close');
  const [head = '', ...body] = Buffer.concat(parts).toString('latin1').split('\r\n\r\n');
  return { status: Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1]), head, body: body.join('\r\n\r\n') };
}
