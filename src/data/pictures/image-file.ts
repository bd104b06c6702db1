/** Image files: decoded to 8-bit grey or RGB, resized on request. */
import { InputError } from '../../errors.js';
import { storeOf } from '../../storage/registry.js';
import { TooLarge } from '../../storage/store.js';
import type { Picture } from '../dataset.js';
import { decodePicture, readHeader, UnsupportedPicture, type PictureHeader } from './decode-picture.js';
import { conversionFlags } from '../example-shape.js';
import { withChannels } from './pictures.js';
import type { Preprocessing } from '../preprocessing.js';
import { printable, reason, shapeText } from '../printable.js';
import { resample } from './resample.js';

/** Endings of the files taken for images. */
export const IMAGE_ENDINGS = ['.jpg', '.jpeg', '.png', '.webp', '.gif', '.tif', '.tiff', '.avif'];

/** Said once where AVIF files are read. */
export const AVIF_REMARK =
  'colours that AVIF files store at half size (4:2:0) are enlarged in another way than Pillow does, so that their edges differ';

/** Bytes that an image file may have; larger ones are refused before they are read. */
export const IMAGE_BYTES = 1 << 29;

/** An image that cannot be decoded; a data set counts all of them before it gives up. */
export class UnreadableImage extends InputError {}

/** How an image file is read. */
export interface ImageOptions extends Pick<Preprocessing, 'resize' | 'channels'> {
  /** `[channels, height, width]` that the picture must have in the end. */
  readonly shape?: readonly number[] | undefined;
  /** Whose shape it is, for the message: `the first train image`. */
  readonly wantedBy?: string | undefined;
}

/** Whether a file name looks like an image's. */
export function isImageName(name: string): boolean {
  const lower = name.toLowerCase();
  return IMAGE_ENDINGS.some((ending) => lower.endsWith(ending));
}

/**
 * Reads an image file (see `readImage`).
 * @throws InputError as `readImage` does, and when there is no such file
 */
export async function readImageFile(path: string, options: ImageOptions = {}): Promise<Picture> {
  return readImage(await readImageBytes(path), printable(path), options);
}

/**
 * Reads the bytes of an image file (see `decodePicture` for what is made of them). Channels are converted first, then the
 * picture is stretched to the size asked for, as torchvision does after its loader.
 * @param shown the file, safe to show
 * @throws UnreadableImage when the file cannot be decoded
 * @throws InputError when the picture has not the shape asked for
 */
export async function readImage(bytes: Uint8Array, shown: string, options: ImageOptions = {}): Promise<Picture> {
  const { resize, channels, shape, wantedBy = 'the data set' } = options;
  return whileReading(shown, async () => {
    const header = await readHeader(bytes);
    const found = shapeOf(header, options);
    if (shape && !found.every((dim, axis) => dim === shape[axis])) throw otherShape(shown, found, shape, wantedBy);
    const decoded = await decodePicture(bytes, header);
    const picture = channels ? withChannels(decoded, channels) : decoded;
    return resize ? resample(picture, resize) : picture;
  });
}

/**
 * The shape `[channels, height, width]` that `readImage` would give, from the file's header alone.
 * @throws UnreadableImage when the file is no image
 */
export async function imageShape(bytes: Uint8Array, shown: string, options: ImageOptions = {}): Promise<number[]> {
  return whileReading(shown, async () => shapeOf(await readHeader(bytes), options));
}

function shapeOf({ channels, height, width }: PictureHeader, { resize, channels: wanted }: ImageOptions): number[] {
  return [wanted ?? channels, resize?.height ?? height, resize?.width ?? width];
}

/** Says which file it was that could not be read. */
async function whileReading<T>(shown: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof UnsupportedPicture) throw new UnreadableImage(`${shown}: ${error.message}`, { cause: error });
    if (error instanceof InputError) throw error;
    throw new UnreadableImage(`${shown}: is not a readable image (${reason(error)}); replace it or take it out`, {
      cause: error,
    });
  }
}

/**
 * The bytes of an image file. It is handed to libvips as bytes, because libvips reads options out of brackets in a file name.
 * @throws InputError when it cannot be read, or is larger than any image
 */
export async function readImageBytes(path: string): Promise<Uint8Array> {
  try {
    return await storeOf(path).read(path, IMAGE_BYTES);
  } catch (error) {
    if (!(error instanceof TooLarge)) throw error;
    throw new UnreadableImage(`${printable(path)}: is too large for an image; take it out`, { cause: error });
  }
}

function otherShape(shown: string, found: readonly number[], wanted: readonly number[], wantedBy: string): InputError {
  return new InputError(
    `${shown}: is ${shapeText(found)} (channels×height×width), but ${wantedBy} is ${shapeText(wanted)}; ` +
      `give ${conversionFlags(found, wanted)} to convert`,
  );
}
