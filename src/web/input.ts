/** Pictures as a page has them, made into what a model is asked about. */
import type { Picture } from '../data/dataset.js';
import type { Input } from '../data/input.js';
import { toPlanes, withChannels } from '../data/pictures/pictures.js';
import { resample } from '../data/pictures/resample.js';
import { InputError } from '../errors.js';

/** Pixels of a canvas, such as an `ImageData`: red, green, blue and opacity of each, row by row. */
export interface RgbaPixels {
  readonly width: number;
  readonly height: number;
  /** `[height, width, 4]`, 0–255. */
  readonly data: ArrayLike<number>;
}

/**
 * Pixels of a canvas as a picture of red, green and blue; opacity is dropped, as it is where files are read.
 * @throws InputError when there are not as many as width and height say
 */
export function pictureFromPixels({ width, height, data }: RgbaPixels): Picture {
  const pixels = width * height;
  if (!(pixels > 0) || data.length !== 4 * pixels) {
    throw new InputError(`${data.length} numbers for ${width}×${height} pixels; give four for each`);
  }
  const colours = new Uint8Array(3 * pixels);
  for (let p = 0; p < pixels; p++) for (let c = 0; c < 3; c++) colours[3 * p + c] = data[4 * p + c]!;
  return { width, height, channels: 3, data: colours };
}

/**
 * A picture as an input of the shape that a model was trained on: made grey or coloured, then stretched to its size, as files are.
 * @param name what results call it
 * @param shape `[1 or 3, height, width]`
 * @throws InputError for a shape that no picture has
 */
export function pictureInput(name: string, picture: Picture, shape: readonly number[]): Input {
  const [channels, height, width] = shape;
  if (shape.length !== 3 || (channels !== 1 && channels !== 3)) {
    throw new InputError(`${name}: the model takes [${shape.join(', ')}], which is no picture; give it numbers`);
  }
  const fitting = resample(withChannels(picture, channels), { height: height!, width: width! });
  const data = new Uint8Array(channels * height! * width!);
  toPlanes(fitting, data);
  return { name, kind: 'image', shape, data, picture: fitting };
}
