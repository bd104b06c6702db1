/** A real emulator of S3, where there is one: moto (PyPI `moto[server]`), as a process. Elsewhere tests are skipped by name. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { createServer, type AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { afterAll, test } from '@jest/globals';

const found =
  process.env.MOTO_SERVER ?? (spawnSync('which', ['moto_server']).stdout?.toString().trim() || undefined); // prettier-ignore

/** Whether there is one. */
export const hasMoto = found !== undefined;

/** A test that needs S3. */
export function onS3(name: string, body: () => Promise<void>, timeout?: number): void {
  if (found) test(name, body, timeout);
  else test.skip(`skipped: no S3 emulator (${name})`, body);
}

/** What commands and this process need to know of a store. */
export type StoreSettings = Readonly<Record<string, string | undefined>>;

const started: ChildProcess[] = [];
afterAll(() => {
  for (const server of started) server.kill('SIGKILL');
});

/** A port that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}

/** Settings for the store at an endpoint. */
export function settingsFor(endpoint: string): StoreSettings {
  return {
    AWS_ENDPOINT_URL_S3: endpoint,
    AWS_ACCESS_KEY_ID: 'testing',
    AWS_SECRET_ACCESS_KEY: 'testing',
    AWS_REGION: undefined,
    AWS_PROFILE: undefined,
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_CONFIG_FILE: '/nowhere',
    AWS_SHARED_CREDENTIALS_FILE: '/nowhere',
  };
}

/**
 * Starts an emulator with some buckets.
 * @param env variables that it reads
 * @returns its endpoint
 */
export async function startMoto(buckets: readonly string[], env: StoreSettings = {}): Promise<string> {
  const port = await freePort();
  const server = spawn(found!, ['-H', '127.0.0.1', '-p', String(port)], {
    stdio: 'ignore',
    env: { ...process.env, ...env },
  });
  started.push(server);
  const endpoint = `http://127.0.0.1:${port}`;
  for (let tries = 0; ; tries++) {
    const isUp = await fetch(`${endpoint}/moto-api/`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isUp) break;
    if (tries > 300) throw new Error('moto does not start');
    await setTimeout(100);
  }
  for (const bucket of buckets) {
    const { ok } = await fetch(`${endpoint}/${bucket}`, { method: 'PUT', headers: FOR_S3 });
    if (!ok) throw new Error(`moto makes no bucket ${bucket}`);
  }
  return endpoint;
}

/** By this moto knows which of Amazon's services is meant. */
const FOR_S3 = {
  authorization:
    'AWS4-HMAC-SHA256 Credential=testing/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0',
};

/** Points this process at a store, before it asks for anything. */
export function useStore(endpoint: string): void {
  for (const [name, value] of Object.entries(settingsFor(endpoint))) {
    if (value === undefined) Reflect.deleteProperty(process.env, name);
    else process.env[name] = value;
  }
}
