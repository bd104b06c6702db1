/** A writer thread: owns the files of some layers. */
import { codecOf } from '../codecs/registry.js';
import { layerWriter, stepsWriter, type ColumnWriter, type StepFrames } from './column-writer.js';
import { originOf, type LayerColumn } from '../format/descriptors.js';
import { readResidual } from '../format/segment.js';
import { answerCalls } from '../worker-call.js';
import type { ResumedSegment, WriterRequest, WriterResult } from './writer-protocol.js';

let steps: ColumnWriter<StepFrames> | undefined;
let layers: ColumnWriter<Float32Array>[] = [];
let failure: Error | undefined;

async function openLayer(column: LayerColumn, resumed: ResumedSegment | undefined) {
  if (!resumed || codecOf(column.codec, column.codecVersion).lossless) return layerWriter(column);
  const expected = { step: resumed.step, origin: originOf(resumed, column.file) };
  return layerWriter(column, await readResidual(resumed.directory, column, expected));
}

async function answer(request: WriterRequest): Promise<WriterResult> {
  switch (request.kind) {
    case 'open':
      steps = request.steps ? stepsWriter() : undefined;
      layers = await Promise.all(request.columns.map((column) => openLayer(column, request.resumed)));
      return [];
    case 'begin':
      steps?.begin(request.segment);
      for (const layer of layers) layer.begin(request.segment);
      return [];
    case 'append':
      if (request.steps) steps?.append(request.firstStep, request.steps);
      layers.forEach((layer, i) => layer.append(request.firstStep, request.deltas[i]!));
      return [];
    case 'seal': {
      const index = layers.map((layer) => layer.seal(request.lastStep));
      return steps ? [steps.seal(request.lastStep), ...index] : index;
    }
  }
}

answerCalls<WriterRequest, WriterResult>(async (request) => {
  // After a failed write the file may end inside a frame: nothing may follow it.
  if (failure) throw failure;
  try {
    return [await answer(request), []];
  } catch (error) {
    failure = error as Error;
    throw error;
  }
});
