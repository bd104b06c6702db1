/** Where a run's data set is, so that it is found again from any folder and after both have moved (Node only). */
import { InputError } from '../errors.js';
import { look } from '../files.js';
import type { Notice } from '../progress.js';
import { isAbsolute, isAddress, join, relative, resolve } from '../storage/paths.js';
import type { Dataset } from './dataset.js';
import { openDataset, type OpenOptions } from './open-dataset.js';
import { isBundled } from './place.js';
import { printable } from './printable.js';

/** The place of a data set as a run keeps it. */
export interface DataPlace {
  /** Absolute. Absent for bundled data sets, and in runs of older versions. */
  readonly path?: string | undefined;
  /** Seen from the run directory, with `/` between its parts; absent where no such path leads there (another drive). */
  readonly fromRun?: string | undefined;
}

/** A data set as a run keeps it. */
export interface RememberedData extends DataPlace {
  /** As the user wrote it. */
  readonly spec: string;
  readonly fingerprint: string;
  /** The file stored the channels of its examples last, and a model with a flat input was fed that order. */
  readonly channelsLast?: boolean | undefined;
}

/** The place to be remembered of an opened data set. */
export function placeOf({ spec, path }: Pick<Dataset, 'spec' | 'path'>, runDirectory: string): DataPlace {
  if (isBundled(spec) || path === undefined) return {};
  const fromRun = relative(resolve(runDirectory), path);
  return { path, fromRun: isAbsolute(fromRun) ? undefined : fromRun.replaceAll('\\', '/') };
}

/**
 * Opens a run's data set where it is now: where it was; where it is seen from the run directory, if both were moved
 * together; or where the user's own words lead from the current folder. Where several of them exist, the fingerprint
 * decides. What is opened keeps the name that the user gave it when the run began.
 * @param given place that the user names now, which is then the only one looked at
 * @returns the data set; if none has the run's fingerprint, the first that could be opened, for the caller to judge
 * @throws InputError when nothing is there any more, naming the places
 */
export async function openRemembered(
  data: RememberedData,
  runDirectory: string,
  options: OpenOptions,
  given?: string,
): Promise<Dataset> {
  if (given !== undefined) return openDataset(given, options);
  const places = await existing(data, runDirectory);
  let first: Dataset | undefined;
  let failure: unknown;
  for (const place of places) {
    try {
      const opened = await openAs(data, place, options);
      if (opened.fingerprint === data.fingerprint) return opened;
      first ??= opened;
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      failure ??= error;
    }
  }
  if (first) return first;
  throw failure;
}

async function openAs(
  { spec, fingerprint, channelsLast }: RememberedData,
  place: string,
  options: OpenOptions,
): Promise<Dataset> {
  const opened = await openDataset(place, { ...options, onNotice: calledBy(spec, place, options.onNotice) });
  // Runs of older versions turned all pictures to channels first, whatever the model took.
  if (opened.fingerprint === fingerprint || opened.kind === 'image') return { ...opened, spec, channelsLast };
  // Runs of older versions took all bytes for pixels.
  const asPixels = await openDataset(place, { ...options, mean: [0], std: [1], onNotice: undefined });
  return { ...(asPixels.fingerprint === fingerprint ? asPixels : opened), spec, channelsLast };
}

/** Notices that call a data set as the user does, wherever it was found. */
function calledBy(spec: string, place: string, onNotice: Notice | undefined): Notice | undefined {
  const [found, called] = [printable(place), printable(spec)];
  return onNotice && ((line) => onNotice(line.startsWith(found) ? called + line.slice(found.length) : line));
}

/** The places that exist, most likely first. */
async function existing({ spec, path, fromRun }: RememberedData, runDirectory: string): Promise<string[]> {
  if (isBundled(spec)) return [spec];
  const fromHere = resolve(spec);
  const besideRun = fromRun === undefined ? undefined : join(resolve(runDirectory), fromRun);
  // Runs of older versions know nothing but the user's words, which were mostly typed in a folder above the run.
  const guess = path === undefined && !isAbsolute(spec) ? aboveRun(spec, runDirectory) : [];
  const places = [...new Set([path, besideRun, fromHere, ...guess].filter((place) => place !== undefined))];
  const found = await Promise.all(
    places.map((place) => look(place).catch((error: unknown) => failed(error, isAddress(place)))),
  );
  const there = places.filter((_, i) => found[i] !== undefined);
  if (there.length > 0) return there;
  const looked = places.slice(0, 3).map((place) => printable(place));
  throw new InputError(
    `${printable(spec)}: the run's data are no longer there (looked for ${looked.join(', ')}); ` +
      'restore them, or say where they are with `data`',
  );
}

/** What cannot be looked at on a disk counts as missing: further places are looked at. Of a store, why it is must be known. */
function failed(error: unknown, isStored: boolean): undefined {
  if (isStored) throw error;
}

/** The spec seen from the run directory and from the folders above it. */
function aboveRun(spec: string, runDirectory: string): string[] {
  const folders = [resolve(runDirectory)];
  for (let up = 0; up < 3; up++) folders.push(join(folders.at(-1)!, '..'));
  return folders.map((folder) => resolve(folder, spec));
}
