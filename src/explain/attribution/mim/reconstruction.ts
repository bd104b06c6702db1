/** Units of a layer brought back to the input by DeconvNet: the last of the paper's three steps. */
import type { GraphBuilder } from '../../../graph/builder.js';
import type { Runtime } from '../../../runtime/runtime.js';
import type { Classifier } from '../../../classifier/classifier.js';
import { deconvNetRules } from '../methods/rectifiers.js';
import { emitPass } from '../pass.js';
import { openRunner, type Row } from '../runner.js';
import type { UnitLayer } from './layers.js';

/** Input of the graph: float32, the layer's shape: what is sent back. */
const SIGNAL = 'attribution/signal';
/** Output of the graph: float32, the input's shape. */
const PICTURE = 'attribution/picture';

/** DeconvNet from one layer to the input. */
export interface InputReconstruction {
  /**
   * What the input must have been for some units to be active.
   * @param x the explained input: its maxima say where to unpool to
   * @param signals activations of the layer, zero where a unit is left out
   */
  of(x: Float32Array, signals: readonly Float32Array[]): Promise<Float32Array[]>;
  release(): Promise<void>;
}

/** Emits the way back from a layer. @throws InputError listing operators that have no gradient */
export function emitReconstruction(explained: Classifier, { value }: UnitLayer): GraphBuilder {
  const { input, values } = explained;
  const { g, gradients } = emitPass(
    { explained },
    {
      from: value,
      seed: (builder) => builder.input(SIGNAL, 'float32', values.of(value).dims),
      wrt: [input.name],
      ruleFor: deconvNetRules,
    },
  );
  g.output(g.rename(gradients[0]!, PICTURE), 'float32', values.of(input.name).dims);
  return g;
}

/** Emits the way back from a layer, loaded when first run. @throws InputError listing operators that have no gradient */
export function openReconstruction(runtime: Runtime, explained: Classifier, layer: UnitLayer): InputReconstruction {
  const { input } = explained;
  const g = emitReconstruction(explained, layer);
  const runner = openRunner({ runtime, explained }, g);
  return {
    of: async (x, signals) => {
      const rows = signals.map((signal): Row => ({ [input.name]: x, [SIGNAL]: signal }));
      return (await runner.run(rows)).map((result) => result[PICTURE] as Float32Array);
    },
    release: () => runner.release(),
  };
}
