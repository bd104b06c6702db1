/** What is needed of a place where files live, whatever kind of place it is. */
import { InputError } from '../errors.js';

/** What has a name. */
export type Kind = 'file' | 'folder' | 'link' | 'other';

/** What was found under a path. */
export interface Found {
  /** `link`: a symbolic link that was not followed; `other`: a device or a pipe. */
  readonly kind: Kind;
  /** Bytes of a file; 0 for all else. */
  readonly size: number;
  /** Unlike that of any other content that the file had or may have; undefined where the store keeps none, as disks do. */
  readonly version?: string | undefined;
  /** When it was last written, in milliseconds by the store's clock. */
  readonly modified: number;
}

/** An entry of a folder. */
export interface Entry {
  /** Its name in the folder. */
  readonly name: string;
  /** Links are not followed. */
  readonly kind: Kind;
  /** Bytes of a file, where listing a folder tells. */
  readonly size?: number | undefined;
}

/** A file below a folder. */
export type FileFound = Pick<Found, 'size' | 'version'>;

/** Some bytes of a file. */
export interface Range {
  /** Byte that it starts with; the first by default. */
  readonly start?: number | undefined;
  /** Byte that it ends before; behind the last by default. */
  readonly end?: number | undefined;
  /** The version that must be read: a file that was replaced meanwhile is refused. */
  readonly version?: string | undefined;
}

/** What must be the case for a file to be written. Where a store has no versions, only `absent` is kept. */
export type Condition = { readonly absent: true } | { readonly version: string };

/** Content of a file: whole, or pieces of it in order, so that large content need not be joined. */
export type Content = string | Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/** How a file is written. */
export interface WriteOptions {
  /** @throws Conflict, and nothing is written, where it is not the case */
  readonly only?: Condition | undefined;
  /** What the file is called until it is whole, on stores that have to call it something: a name that can be nobody else's. */
  readonly unfinished?: string | undefined;
}

/**
 * A kind of place where files live: a file beside this one's folder, and a line in `registry.ts`. What a store refuses is an
 * `InputError` that names the address, the problem and the mend.
 */
export interface Store {
  /** Whether every content of a file has a version of its own, and a file is written only if it has a given one. */
  readonly keepsVersions: boolean;
  /**
   * Looks at what has a name.
   * @param followLinks whether a symbolic link is looked through; by default it is
   * @returns undefined where there is nothing, or a file where the path has a folder
   */
  look(path: string, followLinks?: boolean): Promise<Found | undefined>;
  /** What is in a folder, in no order. @throws NotThere where there is no folder, if the store can tell an empty one from none */
  list(folder: string): Promise<Entry[]>;
  /** Every file below a folder, by its name there, with `/` between its parts; none where there is no folder. */
  files(folder: string): Promise<Map<string, FileFound>>;
  /**
   * Reads a whole file.
   * @param largest more bytes are not read
   * @throws NotThere where there is none; TooLarge
   */
  read(path: string, largest?: number): Promise<Uint8Array>;
  /**
   * Reads as many bytes as `into` has.
   * @throws CutShort when the file ends before that
   */
  readInto(path: string, offset: number, into: Uint8Array, version?: string): Promise<void>;
  /**
   * `readInto`, at once. Only where that is faster: whoever reads much from a disk does so in a thread of its own, where waiting for
   * each of the system's four answers in turn would take longer than they do.
   */
  readonly readNow?: (path: string, offset: number, into: Uint8Array) => void;
  /** Bytes in order, as they come; nothing is opened before the first is asked for. */
  stream(path: string, range?: Range): AsyncIterable<Uint8Array>;
  /**
   * Writes a file, whole or not at all; a reader sees the old one or the new one. Folders above it are made.
   * @returns the version that it has now
   */
  write(path: string, content: Content, options?: WriteOptions): Promise<string | undefined>;
  /** The path that a file has without symbolic links; the path as it is where nothing is there. */
  real(path: string): Promise<string>;
  /** Removes a file, if it is there. */
  remove(path: string): Promise<void>;
  /** Removes a folder, if it is there and holds nothing. @returns whether it is gone */
  removeFolder(path: string): Promise<boolean>;
  /**
   * Checks that files can be written into a folder, and leaves everything as it is.
   * @returns whether the folder holds anything
   */
  checkFolder(path: string): Promise<boolean>;
}

/** There is no file, or no folder, of that name. */
export class NotThere extends InputError {}

/** Another process has written the file meanwhile. */
export class Conflict extends InputError {}

/** A file has more bytes than are wanted of it. */
export class TooLarge extends InputError {}

/** What is said of a file that has more bytes than are wanted. */
export function tooLarge(path: string, size: number): TooLarge {
  return new TooLarge({
    file: path,
    problem: `has ${size} bytes, more than is read at once`,
    mend: 'name another file',
  });
}

/** A file ends before what was to be read of it does. */
export class CutShort extends Error {
  /** @param size bytes that it has, as far as is known */
  constructor(readonly size: number) {
    super(`the file ends at byte ${size}`);
  }
}
