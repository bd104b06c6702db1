/** What is costly to compute, kept in files beside the model under the hash of all that it was computed from (Node only). */
import { InputError } from '../../../errors.js';
import { look, sha256 } from '../../../files.js';
import { join } from '../../../storage/paths.js';
import { valueInfo } from '../../../graph/builder.js';
import { makeModel } from '../../../onnx/codec.js';
import { readModelFile, writeModelFile } from '../../../onnx/file.js';
import { graphOf, metadata, onnx, setMetadata, type Model } from '../../../onnx/model.js';
import { decodeTensor, encodeTensor } from '../../../onnx/tensor-proto.js';
import type { Tensor } from '../../../tensor.js';
import type { Notice } from '../../../progress.js';

/** What an entry was computed from: anything that JSON can write, in a fixed order. */
export type CacheKey = Readonly<Record<string, unknown>>;

/** An entry: tensors by name, and short facts. */
export interface CacheEntry {
  readonly tensors: Readonly<Record<string, Tensor>>;
  readonly facts: Readonly<Record<string, unknown>>;
}

/** A folder of entries. */
export interface Cache {
  /**
   * @returns undefined where there is no such entry
   * @throws InputError for an entry that is damaged, or that was made from something else than its name says
   */
  read(kind: string, key: CacheKey): Promise<CacheEntry | undefined>;
  /** Keeps an entry; a folder that cannot be written to is no error. */
  write(kind: string, key: CacheKey, entry: CacheEntry): Promise<void>;
}

/** Nothing is kept. */
export const noCache: Cache = { read: () => Promise.resolve(undefined), write: () => Promise.resolve() };

/** Entries are kept for as long as it is held. */
export function memoryCache(): Cache {
  const entries = new Map<string, CacheEntry>();
  const nameOf = (kind: string, key: CacheKey) => JSON.stringify([kind, key]);
  return {
    read: (kind, key) => Promise.resolve(entries.get(nameOf(kind, key))),
    write: (kind, key, entry) => {
      entries.set(nameOf(kind, key), entry);
      return Promise.resolve();
    },
  };
}

const KEY = 'onnx-explain.cache-key';
const FACTS = 'onnx-explain.cache-facts';
const CHECKSUM = 'onnx-explain.cache-checksum';

/** Changes when what entries hold, or how it is computed, changes. */
const FORMAT = 3;

/**
 * Entries as ONNX files of weights only, so that they need no format of their own and any viewer shows them.
 * @param onNotice takes a line when an entry could not be kept
 */
export function openCache(directory: string, onNotice: Notice): Cache {
  const pathOf = (kind: string, text: string) =>
    join(directory, `${kind}-${sha256(new TextEncoder().encode(text)).slice(0, 20)}.onnx`);
  let warned = false;
  const textOf = (key: CacheKey) => JSON.stringify({ format: FORMAT, ...key });
  return {
    read: async (kind, key) => {
      const text = textOf(key);
      const path = pathOf(kind, text);
      if (!(await look(path))) return undefined;
      const { model } = await readModelFile(path).catch((error: unknown) => {
        // What the operating system or a store refuses is no damage.
        const { cause } = error as { cause?: { readonly code?: unknown; readonly $metadata?: unknown } };
        const isRefused = cause?.code !== undefined || cause?.$metadata !== undefined;
        throw error instanceof InputError && !isRefused ? damaged(path, error) : error;
      });
      checkKey(path, model, text);
      if (metadata(model, CHECKSUM) !== contentHash(model, text)) throw damaged(path);
      const tensors = graphOf(model).initializer.map((stored) => [stored.name, decodeTensor(stored)] as const);
      return {
        tensors: Object.fromEntries(tensors),
        facts: JSON.parse(metadata(model, FACTS)!) as CacheEntry['facts'],
      };
    },
    write: async (kind, key, { tensors, facts }) => {
      const text = textOf(key);
      const initializer = Object.entries(tensors).map(([name, tensor]) => encodeTensor(name, tensor));
      const output = Object.entries(tensors).map(([name, { type, dims }]) => valueInfo(name, type, dims));
      const model = makeModel(new onnx.GraphProto({ name: kind, initializer, output }), 18);
      setMetadata(model, KEY, text);
      setMetadata(model, FACTS, JSON.stringify(facts));
      setMetadata(model, CHECKSUM, contentHash(model, text));
      const path = pathOf(kind, text);
      await writeModelFile(path, model).catch((error: unknown) => {
        if (!(error instanceof InputError)) throw error;
        if (!warned) onNotice(`nothing is kept for the next call: ${error.message}, or name one with \`cache\``);
        warned = true;
      });
    },
  };
}

function damaged(path: string, cause?: unknown): InputError {
  return new InputError(`${path}: this cache is damaged; delete it`, { cause });
}

function checkKey(path: string, model: Model, expected: string): void {
  const found = metadata(model, KEY);
  if (found === expected && metadata(model, FACTS) !== undefined) return;
  const parsed = (text: string | undefined) => {
    try {
      return JSON.parse(text ?? '{}') as Record<string, unknown>;
    } catch {
      return {};
    }
  };
  const [has, wants] = [parsed(found), parsed(expected)];
  const differing = Object.keys(wants).filter((name) => JSON.stringify(has[name]) !== JSON.stringify(wants[name]));
  throw new InputError(
    `${path}: this cache was made from something else (it differs in ${differing.join(', ') || 'its facts'}); delete it`,
  );
}

/** SHA-256 over a text (such as the hash of a model's file) and weights, those in external files included, in hex. */
export function contentHash(model: Model, head: string): string {
  const parts = graphOf(model).initializer.map(({ name, rawData }) => `${name} ${sha256(rawData)}`);
  return sha256(new TextEncoder().encode([head, ...parts].join('\n')));
}
