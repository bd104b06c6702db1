/** Classifiers for tests that look at one part of the project, without opening a file for them. */
import type { Classifier } from '../../src/classifier/classifier.js';
import { graphOf, feedsOf, type Model } from '../../src/onnx/model.js';
import { valuesOf } from '../../src/graph/values.js';

/** A model as it is, taken for a classifier whose scores are its first output. @param dims of one example */
export function asClassifier(model: Model, dims: readonly number[], outputs: number): Classifier {
  const graph = graphOf(model);
  const output = graph.output[0]!.name;
  return {
    model,
    values: valuesOf(graph, new Map()),
    input: { name: feedsOf(graph)[0]!.name, type: 'float32', dims },
    normalization: undefined,
    output,
    scores: output,
    outputs,
    classes: Math.max(2, outputs),
    activation: 'none',
    batch: undefined,
    rowsMix: false,
  };
}
