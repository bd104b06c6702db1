/** A connection to Redis, and what is wrong with it in words. */
import { Redis } from 'ioredis';
import { InputError, oneLine } from '../../errors.js';
import { PREFIX } from './jobs.js';

/** A machine that does not answer in this time is not there. */
const CONNECT_MS = 5000;

/** For so long a connection keeps a process from its end, also one that is gone already. */
const DISCONNECT_MS = 1;

/** Between two tries to get back what was lost. */
const RETRY_MS = 500;

/** A connection, and all that were made from it. */
export interface Connection {
  readonly redis: Redis;
  /** Lets go of it, also where Redis is away. */
  readonly end: () => void;
}

/**
 * Connects, once, so that a wrong address is told at once; what is lost later is waited for.
 * @param onLost is told when the connection is lost, and when it is back
 * @throws InputError for what is no address of a Redis, or cannot be reached
 */
export async function connect(address: string | undefined, onLost: (line: string) => void): Promise<Connection> {
  const url = checked(address);
  await probe(url);
  let isOver = false;
  const redis = new Redis(url.href, {
    // As BullMQ wants it: a command waits for a Redis that is away.
    maxRetriesPerRequest: null,
    connectTimeout: CONNECT_MS,
    disconnectTimeout: DISCONNECT_MS,
    // BullMQ makes others from it, which end only by themselves.
    retryStrategy: () => (isOver ? null : RETRY_MS),
  });
  let isLost = false;
  redis.on('error', (error: unknown) => {
    if (!isLost && !isOver) onLost(`${shown(url)}: lost (${reasonOf(error)}); waiting for it`);
    isLost = true;
  });
  redis.on('ready', () => {
    if (isLost && !isOver) onLost(`${shown(url)}: back`);
    isLost = false;
    if (isOver) redis.disconnect();
  });
  const end = () => {
    isOver = true;
    // Between two tries it would forget those that wait for an answer; the next try is the last, and tells them.
    if (redis.status !== 'reconnecting') redis.disconnect();
  };
  return { redis, end };
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
  if (url && ['redis:', 'rediss:'].includes(url.protocol) && url.hostname !== '' && isReadable(url)) return url;
  // It may hold a password.
  throw new InputError('`redis`: expected an address such as redis://localhost:6379 (rediss:// for TLS)');
}

/** Whether name and password can be decoded, and the path is empty or the number of a database. */
function isReadable({ username, password, pathname }: URL): boolean {
  try {
    decodeURIComponent(username + password);
  } catch {
    return false;
  }
  return /^(\/\d*)?$/.test(pathname);
}

/** Tries what a queue needs: scripts that write under its names. */
async function probe(url: URL): Promise<void> {
  const redis = new Redis(url.href, {
    lazyConnect: true,
    connectTimeout: CONNECT_MS,
    commandTimeout: CONNECT_MS,
    disconnectTimeout: DISCONNECT_MS,
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
  });
  let last: unknown;
  redis.on('error', (error: unknown) => (last = error));
  try {
    await redis.connect();
    await redis.eval("return redis.call('set', KEYS[1], '', 'PX', 1)", 1, `${PREFIX}:probe`);
  } catch (error) {
    throw refusal(url, last ?? error);
  } finally {
    redis.disconnect();
  }
  // A database that is not there it only mentions, and takes another.
  if (last !== undefined) throw refusal(url, last);
}

/** An error as what it says of Redis; one of ours, or a bug, as it is. */
export function explained(error: unknown, address: string | undefined): unknown {
  return isRefused(error) ? refusal(checked(address), error) : error;
}

/** Whether a Redis did answer; BullMQ itself refuses those that are too old. */
function isRefused(error: unknown): boolean {
  return error instanceof Error && (error.name === 'ReplyError' || error.message.startsWith('Redis version'));
}

function refusal(url: URL, error: unknown): InputError {
  const reason = reasonOf(error);
  const [problem, mend] = wordsFor(reason, error);
  return new InputError({ file: shown(url), problem, mend }, { cause: error });
}

/** What is wrong, and what to do. */
function wordsFor(reason: string, error: unknown): [string, string] {
  if (/NOAUTH|WRONGPASS|invalid password/.test(reason)) {
    // What else it says is for programmers of clients.
    const code = /NOAUTH|WRONGPASS|invalid password/.exec(reason)![0];
    return [`Redis does not let us in (${code})`, 'give name and password, as in redis://name:password@host'];
  }
  if (/RESP type|Protocol error/.test(reason)) return ['what answers there is no Redis', 'correct `redis`'];
  if (isRefused(error)) {
    return [`Redis refuses what a queue needs (${reason})`, 'let us use all of it, or correct `redis`'];
  }
  return [`no Redis can be reached there (${reason})`, 'start one, or correct `redis`'];
}

function reasonOf(error: unknown): string {
  const { code, errors } = error as { code?: unknown; errors?: readonly { code?: unknown }[] };
  const named = code ?? errors?.[0]?.code;
  return typeof named === 'string'
    ? named
    : oneLine(error)
        .replace(/\.?( script: .*)?$/, '')
        .slice(0, 200);
}
