/** The codecs of the log. A new codec is one file and one line here. */
import { InputError } from '../../errors.js';
import { elementCount } from '../../tensor.js';
import { layerLayout, layerSize, type LoggedLayer } from '../format/layer.js';
import type { Codec, EncodingCodec } from './codec.js';
import { float16 } from './float16.js';
import { float32 } from './float32.js';
import { int8 } from './int8.js';
import { firstLowrank, lowrank, lowRankBytes } from './lowrank.js';

/** Every codec, by its name in records. */
export const codecs = { float32, float16, int8, lowrank } as const satisfies Record<string, Codec>;

/** Earlier versions, which are read, and which logs that began with them go on with. */
const EARLIER: readonly Codec[] = [firstLowrank];

/** Name of a codec. */
export type CodecName = keyof typeof codecs;

/** What a user may ask for: a codec (`lowrank`: wherever it is the smaller one), or the choice by layer size. */
export type CodecChoice = CodecName | 'auto';

/** Values of `--codec`. */
export const codecChoices: readonly CodecChoice[] = ['auto', ...(Object.keys(codecs) as CodecName[])];

/**
 * Below this many elements `auto` keeps a layer lossless: 16 KiB a step is little beside the layers that make a log
 * large, and small first and last layers are those whose updates are looked at one by one.
 */
const AUTO_INT8_FROM = 4096;

/**
 * `auto` factors the updates of weights from this many elements on, if that makes them so many times smaller than int8 does: a
 * megabyte a step is a gigabyte in a thousand. Smaller weights keep all of their updates, which add up to far more digits.
 */
const AUTO_FACTORS_FROM = 2 ** 20;
const AUTO_FACTORS_SAVE = 4;

/**
 * The codec of a layer's updates: `auto` keeps those of small layers exactly, and those of the largest as factors.
 * @param rank number of outer products that the weight's updates may be factored into; undefined where they cannot be
 */
export function chooseCodec(choice: CodecChoice, layer: LoggedLayer, rank?: number): CodecName {
  if (choice !== 'auto' && choice !== 'lowrank') return choice;
  const saves = rank === undefined ? 0 : factorsSave(layer, rank);
  const isLarge = saves >= AUTO_FACTORS_SAVE && elementCount(layer.tensors[0]!.dims) >= AUTO_FACTORS_FROM;
  if (choice === 'lowrank' ? saves > 1 : isLarge) return 'lowrank';
  return layerSize(layer) < AUTO_INT8_FROM ? 'float32' : 'int8';
}

/** How many times smaller than with int8 a layer's updates are as factors of that rank; 0 where its weight is no matrix. */
function factorsSave(layer: LoggedLayer, rank: number): number {
  const layout = layerLayout(layer);
  return layout.matrix ? int8.maxBytes(layout) / lowRankBytes(rank, layout) : 0;
}

/** The largest rank at which a layer's factors are smaller than int8; 0 where there is none. */
export function largestRank(layer: LoggedLayer): number {
  const layout = layerLayout(layer);
  if (!layout.matrix) return 0;
  const none = lowRankBytes(0, layout);
  const each = lowRankBytes(1, layout) - none;
  return Math.max(0, Math.ceil((int8.maxBytes(layout) - none) / each) - 1);
}

/**
 * The codec that a column says it was written with.
 * @throws InputError when this version of the program does not know it
 */
export function codecOf(name: string, version: number): Codec | EncodingCodec {
  const newest = Object.hasOwn(codecs, name) ? codecs[name as CodecName] : undefined;
  const codec =
    newest?.version === version ? newest : EARLIER.find((each) => each.name === name && each.version === version);
  if (!codec) {
    throw new InputError(
      `codec ${JSON.stringify(name)} version ${version} is unknown to this version of onnx-explain; ` +
        'a newer one wrote this log: upgrade to read it',
    );
  }
  return codec;
}
