/** A real Redis, where there is one: `redis-server` of the path, or of `REDIS_SERVER`. Elsewhere tests are skipped by name. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, test } from '@jest/globals';
import { freePort } from '../storage/moto.js';

const found =
  process.env.REDIS_SERVER ?? (spawnSync('which', ['redis-server']).stdout?.toString().trim() || undefined); // prettier-ignore

/** A test that needs Redis. */
export function onRedis(name: string, body: () => Promise<void>, timeout?: number): void {
  if (found) test(name, body, timeout);
  else test.skip(`skipped: no Redis (${name})`, body);
}

/** Whether there is one. */
export const hasRedis = found !== undefined;

/** A server that is running, until the tests of a file are over. */
export interface RedisServer {
  readonly port: number;
  /** Without a password. */
  readonly address: string;
  /** As a machine that loses its power does. */
  readonly kill: () => Promise<void>;
  /** On the same port, with what it had on its disk. */
  readonly start: () => Promise<void>;
}

const running = new Set<ChildProcess>();
const folders: string[] = [];
afterAll(() => {
  for (const server of running) server.kill('SIGKILL');
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/**
 * Starts a server, which writes each command to its disk.
 * @param options more of its own
 */
export async function startRedis(options: readonly string[] = []): Promise<RedisServer> {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'onnx-explain-redis-'));
  folders.push(folder);
  let server: ChildProcess;
  const start = async () => {
    const own = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', ''];
    server = spawn(found!, [...own, '--appendonly', 'yes', '--appendfsync', 'always', ...options], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    running.add(server);
    let said = '';
    for await (const text of server.stdout!.setEncoding('utf8').iterator({ destroyOnReturn: false })) {
      said += String(text);
      if (said.includes('Ready to accept')) break;
    }
    // Nobody reads on, and a full pipe would hold it up.
    server.stdout!.resume();
  };
  const kill = async () => {
    const ended = once(server, 'exit');
    server.kill('SIGKILL');
    await ended;
    running.delete(server);
  };
  await start();
  return { port, address: `redis://127.0.0.1:${port}`, start, kill };
}
