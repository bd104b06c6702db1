/** The weights of logged layers, as two models hold them. */
import type { Classifier } from '../../classifier/classifier.js';
import { InputError } from '../../errors.js';
import type { TraceableLayer } from '../../graph/layers.js';
import type { LoggedLayer } from '../../log/format/layer.js';
import { elementTypeName } from '../../onnx/element-type.js';
import { graphOf, type Model } from '../../onnx/model.js';
import { decodeTensor } from '../../onnx/tensor-proto.js';
import { elementCount } from '../../tensor.js';
import { flatWeights } from './layer-weights.js';

/** Whether the log holds a layer's bias. */
export const logsBias = ({ tensors }: LoggedLayer) => tensors.length > 1;

/**
 * A layer's weights before and after training, and its bias where that is not trained.
 * @throws InputError when a model lacks what the log holds
 */
export function weightsOf(
  { initial, trained }: { readonly initial: Model; readonly trained: Pick<Classifier, 'model'> },
  layer: TraceableLayer,
  logged: LoggedLayer,
) {
  const hasBias = logsBias(logged);
  const fixed = { name: logged.name, tensors: [{ name: layer.bias ?? '', dims: [layer.rows] }] };
  return {
    hasBias,
    weights: {
      initial: weightBytes(initial, logged, 'the model before training'),
      trained: weightBytes(trained.model, logged, 'the trained model'),
    },
    fixedBias:
      hasBias || layer.bias === undefined
        ? undefined
        : flatWeights(weightBytes(trained.model, fixed, 'the trained model')),
  };
}

/** The tensors of a layer as bytes: views of the model's file where it holds them so. */
function weightBytes(model: Model, { name, tensors }: LoggedLayer, which: string): Uint8Array[] {
  return tensors.map(({ name: tensor, dims }) => {
    const stored = graphOf(model).initializer.find((candidate) => candidate.name === tensor);
    const length = 4 * elementCount(dims);
    if (stored?.rawData.length === length && elementTypeName(stored.dataType) === 'float32') return stored.rawData;
    const weight = stored && decodeTensor(stored);
    if (weight?.type !== 'float32' || weight.data.length !== elementCount(dims)) {
      throw new InputError(
        `layer "${name}": ${which} has no float32 weight "${tensor}" of shape [${dims.join(', ')}], as the log says; ` +
          'restore the run directory from one copy',
      );
    }
    const { buffer, byteOffset, byteLength } = weight.data as Float32Array;
    return new Uint8Array(buffer, byteOffset, byteLength);
  });
}
