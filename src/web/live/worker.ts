/** The worker of a live page: it computes, so that the page stays awake. */
import { InputError, oneLine } from '../../errors.js';
import { liveEngine } from './engine.js';
import { answerFor } from './remote.js';

async function load(url: string): Promise<ArrayBuffer> {
  const response = await fetch(url).catch(() => undefined);
  if (!response?.ok) throw new InputError(`${url} could not be loaded; is onnx-explain serve still running?`);
  return response.arrayBuffer();
}

answerFor(self, { ...liveEngine(load) }, (error) =>
  error instanceof InputError ? error.message : `a bug of ours, please report it: ${oneLine(error)}`,
);
