/** Paths and addresses of files: `runs/a`, `s3://bucket/runs/a`. What Node does to paths would destroy addresses. */
import * as native from 'node:path';

const ADDRESS = /^([a-z][a-z0-9+.-]+):\/\//i;

/** The kind of place that an address names, such as `s3`; undefined for a path on a disk. */
export function schemeOf(path: string): string | undefined {
  return ADDRESS.exec(path)?.[1]!.toLowerCase();
}

/** Whether it is an address of a place that is no disk. */
export function isAddress(path: string): boolean {
  return ADDRESS.test(path);
}

/** An address in two: what stands for good (`s3://bucket`), and the rest without slashes around it. */
function parted(address: string): [root: string, rest: string] {
  const head = ADDRESS.exec(address)![0].length;
  const slash = address.indexOf('/', head);
  if (slash < 0) return [address, ''];
  return [address.slice(0, slash), address.slice(slash + 1).replace(/\/+$/, '')];
}

/** A path below another. The way cannot lead above an address's root. */
export function join(path: string, ...parts: readonly string[]): string {
  if (!isAddress(path)) return native.join(path, ...parts);
  const [root, rest] = parted(path);
  const way = native.posix.join(...parts.map((part) => part.replaceAll(native.sep, '/'))).replace(/^\/+|\/+$/g, '');
  if (way === '' || way === '.') return rest === '' ? root : `${root}/${rest}`;
  // The address itself stays as it was typed, wherever it can: what it names may have names that no path has.
  if (/^\.\.(\/|$)/.test(way)) return join(root, native.posix.join('/', rest, way).slice(1));
  return rest === '' ? `${root}/${way}` : `${root}/${rest}/${way}`;
}

/** The folder that a path lies in. */
export function dirname(path: string): string {
  if (!isAddress(path)) return native.dirname(path);
  const [root, rest] = parted(path);
  const slash = rest.lastIndexOf('/');
  return slash < 0 ? root : `${root}/${rest.slice(0, slash)}`;
}

/** The last part of a path; of an address's root, what it is called (`bucket`). */
export function basename(path: string): string {
  if (!isAddress(path)) return native.basename(path);
  const [root, rest] = parted(path);
  return (rest === '' ? root : rest).replace(/^.*\//, '');
}

/** The path as it is seen from anywhere. */
export function resolve(path: string, ...parts: readonly string[]): string {
  const from = [...parts].reverse().find(isAddress) ?? (isAddress(path) ? path : undefined);
  if (from === undefined) return native.resolve(path, ...parts);
  const behind = parts.slice(parts.lastIndexOf(from) + 1);
  return behind.some((part) => native.isAbsolute(part)) ? native.resolve(...behind) : join(from, ...behind);
}

/** Whether a path is the same wherever it is seen from. */
export function isAbsolute(path: string): boolean {
  return isAddress(path) || native.isAbsolute(path);
}

/** The way from one folder to a path; the path itself, absolute, where no way leads there. */
export function relative(from: string, to: string): string {
  if (!isAddress(from) && !isAddress(to)) return native.relative(from, to);
  if (!isAddress(from) || !isAddress(to)) return resolve(to);
  const [[root, rest], [otherRoot, otherRest]] = [parted(from), parted(to)];
  return root === otherRoot ? native.posix.relative(`/${rest}`, `/${otherRest}`) : to;
}
