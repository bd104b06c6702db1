/** A connection to Redis, and what is wrong with it in words. */
import { Redis } from 'ioredis';
import { InputError, oneLine } from '../../errors.js';

/** A machine that does not answer in this time is not there. */
const CONNECT_MS = 5000;

/** Between two tries to get back what was lost. */
const RETRY_MS = 500;

/**
 * Connects, once, so that a wrong address is told at once; what is lost later is waited for.
 * @param onLost is told when the connection is lost, and when it is back
 * @throws InputError for what is no address of a Redis, or cannot be reached
 */
export async function connect(address: string | undefined, onLost: (line: string) => void): Promise<Redis> {
  const url = checked(address);
  await probe(url);
  const redis = new Redis(url.href, {
    // As BullMQ wants it: a command waits for a Redis that is away.
    maxRetriesPerRequest: null,
    connectTimeout: CONNECT_MS,
    retryStrategy: () => RETRY_MS,
  });
  let isLost = false;
  redis.on('error', (error: unknown) => {
    if (!isLost) onLost(`${shown(url)}: lost (${reasonOf(error)}); waiting for it`);
    isLost = true;
  });
  redis.on('ready', () => {
    if (isLost) onLost(`${shown(url)}: back`);
    isLost = false;
  });
  return redis;
}

/** An address as it may be shown: without its password. */
export function shown(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname === '/' ? '' : url.pathname}`;
}

/** @throws InputError unless it is an address of a Redis */
export function checked(address: string | undefined): URL {
  if (address === undefined || address === '') {
    throw new InputError(
      '`redis` is missing: give the address of a Redis, such as redis://localhost:6379, or set REDIS_URL',
    );
  }
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url && ['redis:', 'rediss:'].includes(url.protocol) && url.hostname !== '') return url;
  // It may hold a password.
  throw new InputError('`redis`: expected an address such as redis://localhost:6379 (rediss:// for TLS)');
}

async function probe(url: URL): Promise<void> {
  const redis = new Redis(url.href, {
    lazyConnect: true,
    connectTimeout: CONNECT_MS,
    commandTimeout: CONNECT_MS,
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
  });
  let last: unknown;
  redis.on('error', (error: unknown) => (last = error));
  try {
    await redis.connect();
    await redis.ping();
  } catch (error) {
    throw refusal(url, last ?? error);
  } finally {
    redis.disconnect();
  }
}

function refusal(url: URL, error: unknown): InputError {
  const reason = reasonOf(error);
  const [problem, mend] = /NOAUTH|WRONGPASS|invalid password|NOPERM/.test(reason)
    ? [
        `Redis does not let us in (${reason})`,
        'give name and password in the address, as in redis://name:password@host',
      ]
    : [`no Redis can be reached there (${reason})`, 'start one, or correct `redis`'];
  return new InputError({ file: shown(url), problem, mend }, { cause: error });
}

function reasonOf(error: unknown): string {
  const { code, errors } = error as { code?: unknown; errors?: readonly { code?: unknown }[] };
  const named = code ?? errors?.[0]?.code;
  return typeof named === 'string' ? named : oneLine(error).slice(0, 200);
}
