/**
 * What a page of a report carries: results as the commands wrote them, their pictures as places in sheets, and their maps.
 * Everything that a page shows is computed from this.
 */
import type { Result } from '../../results/kinds.js';

/** One result of a page. */
export interface Part {
  /** What it is called beside others: the folder that it lies in. */
  readonly name: string;
  readonly result: Result;
  /** Arrays that the result names, by file. */
  readonly arrays: Readonly<Record<string, PackedArray>>;
  /** Pictures of its inputs and of the examples that it names, by {@link pictureKey}. */
  readonly pictures: Readonly<Record<string, PicturePlace>>;
  /** What there is to read of those that are no pictures, likewise. */
  readonly written?: Readonly<Record<string, Written>> | undefined;
  /** What the numbers of a row are called. */
  readonly columns?: readonly string[] | undefined;
  /** Whether the result has pictures that were not beside it when the page was made. */
  readonly isWithoutPictures?: boolean;
  /** How many pictures had no room in the page. */
  readonly picturesLeftOut: number;
}

/** A page's data. */
export interface Payload {
  readonly parts: readonly Part[];
  readonly sheets: readonly Sheet[];
}

/** Many pictures in one: tiles of one size in rows. Its bytes are the background of the class `sheet-<index>`. */
export interface Sheet {
  readonly width: number;
  readonly height: number;
  /** Distance from tile to tile. */
  readonly pitch: readonly [x: number, y: number];
  readonly columns: number;
}

/** Where a picture is: sheet, tile, and its own size in pixels. */
export type PicturePlace = readonly [sheet: number, tile: number, width: number, height: number];

/** What an example that is no picture is, for people to read: the numbers of a table's row, or a text. */
export type Written = readonly number[] | string;

/** An array with its values as 16-bit whole numbers: value · limit / 32,767. */
export interface PackedArray {
  readonly shape: readonly number[];
  /** The largest magnitude. */
  readonly limit: number;
  /** Little-endian, base64. */
  readonly data: string;
}

/** A curve on its way into the page: height · unit. */
export interface Heights {
  readonly unit: number;
  readonly heights: readonly number[];
}

/** Pictures that a page may show. */
export type Pictured =
  | { readonly of: 'train' | 'test'; readonly index: number }
  /** The input of this place in the result. */
  | { readonly of: 'input'; readonly index: number };

/** The name of a picture. */
export const pictureKey = ({ of, index }: Pictured): string => `${of}/${index}`;
