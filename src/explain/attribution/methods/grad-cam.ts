import { InputError } from '../../../errors.js';
import { findNode, nodeName } from '../../../graph/find-node.js';
import { nodesLeadingTo } from '../../../graph/reachable.js';
import { graphOf, type Node } from '../../../onnx/model.js';
import { activationAfter } from '../activations.js';
import type { Classifier } from '../../../classifier/classifier.js';
import type { Method } from '../method.js';
import { emitPass, OUTPUT, TARGET, targetSeed } from '../pass.js';
import { openRunner, type Row } from '../runner.js';
import { upsample } from '../upsample.js';

/** Output of the graph: float32 [batch, …space of the layer]. */
const MAP = 'attribution/map';

/**
 * Grad-CAM ([Selvaraju et al. 2017], Eq. 1 and 2): the channels of a layer, each weighed by the mean of its gradient,
 * added up, cut at zero by default, and brought to the input's size.
 */
export const gradCam: Method = {
  name: 'grad-cam',
  summary: 'the channels of a convolution, weighed by their mean gradient',
  open: (context) => {
    const { explained, settings } = context;
    const { input, scores, values } = explained;
    const node = chosenNode(explained, settings.layer);
    const layer = node.output[0]!;
    const { g, gradients } = emitPass(context, {
      from: scores,
      seed: targetSeed(explained, 'one'),
      wrt: [layer],
    });
    const size = values.of(layer).dims.slice(2) as number[];
    const space = g.ints(size.map((_, axis) => axis + 2));
    const weights = g.op('ReduceMean', [gradients[0]!, space], { keepdims: 1 });
    const sum = g.op('ReduceSum', [g.op('Mul', [weights, layer]), g.ints([1])], { keepdims: 0 });
    const map = settings.relu ? g.op('Relu', [sum]) : sum;
    g.output(g.rename(map, MAP), 'float32', ['batch', ...size]);
    const runner = openRunner(context, g);
    // Without the channels, which stand first.
    const shape = input.dims.slice(1);
    return {
      attribute: async (examples) => {
        const rows = examples.map(({ x, target }): Row => ({ [input.name]: x, [TARGET]: target }));
        return (await runner.run(rows)).map((result) => ({
          map: upsample(result[MAP] as Float32Array, size, shape),
          shape,
          output: result[OUTPUT]![0]!,
          layer: nodeName(node),
        }));
      },
      release: () => runner.release(),
    };
  },
};

/** @throws InputError when the layer has no channels over the input's space */
function chosenNode({ model, values, input, scores }: Classifier, wanted: string | undefined): Node {
  const graph = graphOf(model);
  const nodes = nodesLeadingTo(graph.node, [scores]);
  const last = nodes.findLast(({ opType }) => opType === 'Conv');
  if (wanted === undefined) {
    if (!last) throw new InputError('Grad-CAM needs a convolution, and the model has none; choose another `method`');
    return activationAfter(nodes, last);
  }
  const node = findNode(graph, wanted, nodes);
  const { dims } = values.of(node.output[0]!);
  if (
    dims.length !== input.dims.length + 1 ||
    dims.length < 3 ||
    dims.slice(2).some((dim) => typeof dim === 'string')
  ) {
    const conv = last ? `; choose a convolution, such as ${nodeName(last)}` : '';
    throw new InputError(
      `layer "${wanted}" is [${dims.join(', ')}], and Grad-CAM needs channels over the input's space${conv}`,
    );
  }
  return node;
}
