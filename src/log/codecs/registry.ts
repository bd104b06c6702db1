/** The codecs of the log. A new codec is one file and one line here. */
import { InputError } from '../../errors.js';
import { layerSize, type LoggedLayer } from '../format/layer.js';
import type { Codec, EncodingCodec } from './codec.js';
import { float16 } from './float16.js';
import { float32 } from './float32.js';
import { int8 } from './int8.js';
import { lowrank } from './lowrank.js';

/** Every codec, by its name in records. */
export const codecs = { float32, float16, int8, lowrank } as const satisfies Record<string, Codec>;

/** Name of a codec. */
export type CodecName = keyof typeof codecs;

/** What a user may ask for: a codec, or the choice by layer size. */
export type CodecChoice = CodecName | 'auto';

/** Values of `--codec`. */
export const codecChoices: readonly CodecChoice[] = ['auto', 'float32', 'float16', 'int8'];

/**
 * Below this many elements `auto` keeps a layer lossless: 16 KiB a step is little beside the layers that make a log
 * large, and small first and last layers are those whose updates are looked at one by one.
 */
const AUTO_INT8_FROM = 4096;

/** The codec of a layer's updates: `auto` keeps those of small layers exactly. */
export function chooseCodec(choice: CodecChoice, layer: LoggedLayer): CodecName {
  if (choice !== 'auto') return choice;
  return layerSize(layer) < AUTO_INT8_FROM ? 'float32' : 'int8';
}

/**
 * The codec that a column says it was written with.
 * @throws InputError when this version of the program does not know it
 */
export function codecOf(name: string, version: number): Codec | EncodingCodec {
  const codec = Object.hasOwn(codecs, name) ? codecs[name as CodecName] : undefined;
  if (codec?.version !== version) {
    throw new InputError(
      `codec ${JSON.stringify(name)} version ${version} is unknown to this version of onnx-explain; ` +
        'a newer one wrote this log: upgrade to read it',
    );
  }
  return codec;
}
