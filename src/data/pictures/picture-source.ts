/** Picture files as the examples of a data set, wherever their bytes come from. */
import { InputError } from '../../errors.js';
import { inParallel } from '../examples.js';
import { descriptionFingerprint } from '../fingerprint.js';
import { countText } from '../printable.js';
import type { ReadRequest, Source } from '../source.js';
import { AVIF_REMARK, imageShape, readImage, UnreadableImage } from './image-file.js';
import { toPlanes } from './pictures.js';

/** The picture files of a split, in order. */
export interface PictureList {
  readonly length: number;
  /** A file as messages call it. */
  readonly shown: (index: number) => string;
  /** What tells it from others: its path below the data set. */
  readonly path: (index: number) => string;
  /** Its bytes. @throws InputError when it is not there */
  readonly size: (index: number) => Promise<number>;
  /** @throws InputError when it cannot be read */
  readonly read: (index: number) => Promise<Uint8Array>;
}

type Labelled = Pick<Source, 'labels' | 'classNames' | 'origin' | 'notes'>;

/**
 * A source whose pictures are read when they are needed. All have the shape of the first one that can be read.
 * @throws InputError when none can be
 */
export async function pictureSource(pictures: PictureList, of: Labelled, request: ReadRequest): Promise<Source> {
  const { split, preprocessing, notice } = request;
  const { length } = pictures;
  const indices = Array.from({ length }, (_, i) => i);
  const avif = indices.find((i) => pictures.path(i).toLowerCase().endsWith('.avif'));
  if (avif !== undefined) notice(`${pictures.shown(avif)}: ${AVIF_REMARK}`);
  const sizes = new Array<number>(length).fill(0);
  await inParallel(length, async (i) => {
    sizes[i] = await pictures.size(i);
  });
  const shape = await shapeOfFirst(pictures, request);
  const options = { ...preprocessing, shape, wantedBy: `the first ${split} image` };
  return {
    ...of,
    shape,
    elementType: 'uint8',
    kind: 'image',
    examples: async (index, target) => {
      toPlanes(await readImage(await pictures.read(index), pictures.shown(index), options), target);
    },
    fingerprint: descriptionFingerprint([
      JSON.stringify(shape),
      ...indices.map((i) => JSON.stringify([pictures.path(i), sizes[i], of.labels[i]])),
    ]),
  };
}

/** The shape of the first image that can be read: those before it are counted when the images are decoded. */
async function shapeOfFirst(pictures: PictureList, { preprocessing }: ReadRequest): Promise<number[]> {
  let first: UnreadableImage | undefined;
  for (let i = 0; i < pictures.length; i++) {
    try {
      return await imageShape(await pictures.read(i), pictures.shown(i), preprocessing);
    } catch (error) {
      if (!(error instanceof UnreadableImage)) throw error;
      first ??= error;
    }
  }
  if (pictures.length === 1) throw first!;
  throw new InputError(`${first!.message}; none of ${countText(pictures.length)} images can be read`, { cause: first });
}
