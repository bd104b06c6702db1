/** Gradients of recurrent layers, whose steps are rolled up, and relevance, to which each step is a layer. */
import { expect, test } from '@jest/globals';
import { openClassifier } from '../../../../src/classifier/open.js';
import type { Example, Method } from '../../../../src/explain/attribution/method.js';
import { gradient } from '../../../../src/explain/attribution/methods/gradient.js';
import { lrp } from '../../../../src/explain/attribution/methods/lrp.js';
import { smoothGrad } from '../../../../src/explain/attribution/methods/smooth-grad.js';
import { ATTRIBUTION_DEFAULTS } from '../../../../src/explain/attribution/settings.js';
import { prepareModel } from '../../../../src/graph/prepare.js';
import { isScan } from '../../../../src/graph/scan.js';
import { cloneModel, decodeModel } from '../../../../src/onnx/codec.js';
import { graphOf, type Model } from '../../../../src/onnx/model.js';
import { RECURRENT, recurrentClassifier } from '../../../helpers/networks.js';
import { gaussian } from '../../../helpers/random-tensors.js';
import { runtime } from '../../../helpers/run-model.js';

const { steps, width } = RECURRENT;
const examples = [0, 1].map((index): Example => ({ x: gaussian(steps * width, 30 + index, 1), target: index, index }));

/** Maps of the examples, and how many Scans there were in the graphs that were run for them. */
async function mapsOf(model: Model, method: Method) {
  const explained = await openClassifier(model, { runtime, form: { shape: [steps, width] }, isPrepared: true });
  let scans = 0;
  const watching = {
    ...runtime,
    createSession: (bytes: Uint8Array, options?: object) => {
      scans += graphOf(decodeModel(bytes.slice(), 'loaded')).node.filter(isScan).length;
      return runtime.createSession(bytes, options);
    },
  };
  const opened = await method.open({ runtime: watching, explained, settings: ATTRIBUTION_DEFAULTS });
  try {
    return { maps: (await opened.attribute(examples)).map(({ map }) => map), scans };
  } finally {
    await opened.release();
  }
}

test.each([
  ['gradient', gradient, 8],
  ['SmoothGrad', smoothGrad, 8],
  ['LRP', lrp, 0],
])('%s is that of the steps written out', async (_, method, expectedScans) => {
  const prepared = await prepareModel(recurrentClassifier('LSTM'), runtime);
  const unmarked = cloneModel(prepared);
  for (const node of graphOf(unmarked).node) node.metadataProps = [];
  const [rolled, written] = [await mapsOf(prepared, method), await mapsOf(unmarked, method)];
  expect([rolled.scans, written.scans]).toEqual([expectedScans, 0]);
  rolled.maps.forEach((map, i) => {
    const largest = Math.max(...map.map(Math.abs));
    expect(largest).toBeGreaterThan(1e-5);
    // Sums over steps are taken in another order.
    expect(map).toBeAllClose(written.maps[i]!, { relative: 1e-5, absolute: 1e-6 * largest });
  });
});
