/** A writer thread: owns the files of some layers. */
import { codecOf } from '../codecs/registry.js';
import { layerWriter, stepsWriter, type ColumnWriter, type LayerUpdates, type StepFrames } from './column-writer.js';
import { originOf, type LayerColumn } from '../format/descriptors.js';
import { readResidual } from '../format/segment.js';
import { answerCalls } from '../worker-call.js';
import type { ResumedSegment, WriterRequest, WriterResult } from './writer-protocol.js';

let steps: ColumnWriter<StepFrames> | undefined;
let layers: { readonly file: string; readonly writer: ColumnWriter<LayerUpdates> }[] = [];
let failure: Error | undefined;

async function openLayer(column: LayerColumn, resumed: ResumedSegment | undefined) {
  const codec = codecOf(column.codec, column.codecVersion);
  const { file } = column;
  if (!resumed || codec.lossless || !('encoder' in codec)) return { file, writer: layerWriter(column) };
  const expected = { step: resumed.step, origin: originOf(resumed, file) };
  return { file, writer: layerWriter(column, await readResidual(resumed.directory, column, expected)) };
}

async function answer(request: WriterRequest): Promise<WriterResult> {
  switch (request.kind) {
    case 'open':
      steps = request.steps ? stepsWriter() : undefined;
      layers = await Promise.all(request.columns.map((column) => openLayer(column, request.resumed)));
      return [];
    case 'begin':
      steps?.begin(request.segment);
      for (const { writer } of layers) writer.begin(request.segment);
      return [];
    case 'append':
      if (request.steps) steps?.append(request.firstStep, request.steps);
      layers.forEach(({ writer }, i) => writer.append(request.firstStep, request.updates[i]!));
      return [];
    case 'seal': {
      const index = layers.map(({ file, writer }) => writer.seal(request.lastStep, request.residuals.get(file)));
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
