/** Pictures on their way into a report (Node only). */
import type { Pictured, Written } from './app/payload.js';
import { embedPixels, type EmbeddedImage, type PixelImage } from '../plot/pixel-image.js';

/** Where a report gets its pictures; undefined where the data are not images. */
export interface PictureSource {
  /** An example of the training data. */
  picture(split: 'train' | 'test', index: number): Promise<PixelImage | undefined>;
  /** The query of this position in the result. */
  queryPicture(query: number): Promise<PixelImage | undefined>;
  /** What there is to read of something that is no picture; undefined where there is nothing. */
  readonly written?: ((what: Pictured) => Promise<Written | undefined>) | undefined;
  /** What the numbers of a row are called. */
  readonly columns?: readonly string[] | undefined;
}

/** Data without pictures. */
export const noPictures: PictureSource = {
  picture: () => Promise.resolve(undefined),
  queryPicture: () => Promise.resolve(undefined),
};

/** Small pictures are kept pixel by pixel; larger ones would make a page of megabytes. */
const exactEdge = 96;
/** Twice the size at which the page shows them. */
const largestEdge = 224;

/** A picture for a page: exact when small, else reduced and as JPEG. */
export async function embedPicture(image: PixelImage): Promise<EmbeddedImage> {
  const { width, height, channels, data } = image;
  if (Math.max(width, height) <= exactEdge) return embedPixels(image);
  const { default: sharp } = await import('sharp');
  const { data: bytes, info } = await sharp(data, { raw: { width, height, channels } })
    .resize(largestEdge, largestEdge, { fit: 'inside', withoutEnlargement: true })
    .flatten({ background: '#ffffff' })
    .jpeg({ quality: 82 })
    .toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, href: `data:image/jpeg;base64,${bytes.toString('base64')}` };
}

/** The pictures of a source, each fetched and embedded once. */
export function cachedPictures(source: PictureSource) {
  const embedded = new Map<string, Promise<EmbeddedImage | undefined>>();
  const once = (key: string, fetch: () => Promise<PixelImage | undefined>) => {
    const known = embedded.get(key);
    if (known) return known;
    const made = fetch().then((image) => image && embedPicture(image));
    embedded.set(key, made);
    return made;
  };
  return {
    train: (index: number) => once(`train ${index}`, () => source.picture('train', index)),
    test: (index: number) => once(`test ${index}`, () => source.picture('test', index)),
    query: (index: number) => once(`query ${index}`, () => source.queryPicture(index)),
  };
}
