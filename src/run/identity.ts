/** What identifies a run, and shows that a file is one of its own. */
import { basename } from 'node:path';
import { sha256 } from '../files.js';
import { metadata, setMetadata, type Model } from '../onnx/model.js';
import { canonicalJson } from './canonical-json.js';

const hashOf = (text: string) => sha256(new TextEncoder().encode(text));

/**
 * The identifier of a run: 32 hex digits of a hash of all that it begins with, so that equal runs have equal files.
 * @param beginnings JSON values: weights (by their hash), data, options, layers
 */
export function runIdentity(beginnings: Readonly<Record<string, unknown>>): string {
  return hashOf(canonicalJson(beginnings)).slice(0, 32);
}

/** Under which name a file of a run is written before it is renamed into place: nobody else's file is called that. */
export function unfinishedName(run: string, path: string): string {
  const name = basename(path);
  return `${name}.${hashOf(`${run}/${name}`).slice(0, 16)}.part`;
}

/** Whether a name is that of a file of a run that was being written when the process was killed. */
export function isUnfinished(run: string, name: string): boolean {
  const target = /^(.+)\.[0-9a-f]{16}\.part$/.exec(name)?.[1];
  return target !== undefined && unfinishedName(run, target) === name;
}

const RUN_KEY = 'onnx-explain.run';

/** Says in a checkpoint which run it belongs to, so that it is known even when no manifest lists it yet. */
export function markAsOf(model: Model, run: string): void {
  if (run !== '') setMetadata(model, RUN_KEY, run);
}

/** Whether a model says that it is a checkpoint of the run. */
export function isMarkedAsOf(model: Model, run: string): boolean {
  return run !== '' && metadata(model, RUN_KEY) === run;
}
