/** A folder as a bucket that can be read and answers late: what object storage costs in time is mostly that. */
import { createReadStream, readdirSync, readFileSync, statSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

/** A store at work. */
export interface SlowStore {
  readonly endpoint: string;
  /** Requests so far. */
  requests(): number;
  close(): void;
}

/** @param seconds to the first byte of each answer */
export async function serveSlowly(folder: string, seconds: number): Promise<SlowStore> {
  let requests = 0;
  const server = createServer((request, response) => {
    requests++;
    void (async () => {
      await setTimeout(1000 * seconds);
      const { pathname, searchParams } = new URL(request.url!, 'http://store');
      const [, , ...key] = decodeURIComponent(pathname).split('/');
      if (searchParams.has('list-type')) listed(folder, searchParams, response);
      else sent(join(folder, ...key), request.headers.range, request.method === 'HEAD', response);
    })();
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    requests: () => requests,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

const etag = (size: number) => `"${size}"`;

function listed(folder: string, asked: URLSearchParams, response: ServerResponse): void {
  const prefix = asked.get('prefix') ?? '';
  const keys = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1))
    .filter((key) => key.startsWith(prefix))
    .sort();
  const folders = new Set<string>();
  const objects = keys.filter((key) => {
    const slash = asked.get('delimiter') === '/' ? key.indexOf('/', prefix.length) : -1;
    if (slash >= 0) folders.add(key.slice(0, slash + 1));
    return slash < 0;
  });
  const contents = objects.map((key) => {
    const { size } = statSync(join(folder, key));
    return `<Contents><Key>${key}</Key><Size>${size}</Size><ETag>${etag(size)}</ETag></Contents>`;
  });
  const common = [...folders].map((each) => `<CommonPrefixes><Prefix>${each}</Prefix></CommonPrefixes>`);
  const count = `<KeyCount>${keys.length}</KeyCount><IsTruncated>false</IsTruncated>`;
  response
    .writeHead(200, { 'content-type': 'application/xml' })
    .end(`<ListBucketResult>${count}${contents.join('')}${common.join('')}</ListBucketResult>`);
}

function sent(path: string, range: string | undefined, isHead: boolean, response: ServerResponse): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found?.isFile()) {
    response.writeHead(404, { 'content-type': 'application/xml' });
    response.end(isHead ? undefined : '<Error><Code>NoSuchKey</Code></Error>');
    return;
  }
  const { size } = found;
  const [, from = '0', to] = /^bytes=(\d+)-(\d*)$/.exec(range ?? '') ?? [];
  const [start, end] = [Number(from), to ? Math.min(Number(to), size - 1) : size - 1];
  const part = range === undefined ? {} : { 'content-range': `bytes ${start}-${end}/${size}` };
  const headers = { 'content-length': isHead ? size : end - start + 1, etag: etag(size), ...part };
  response.writeHead(range === undefined ? 200 : 206, headers);
  if (isHead) response.end();
  else if (end - start < 2 ** 16) response.end(readFileSync(path).subarray(start, end + 1));
  else createReadStream(path, { start, end }).pipe(response);
}
