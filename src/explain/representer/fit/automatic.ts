/** The fit whose λ follows from the data: the usual one, or as much less as it takes to follow the model. */
import type { Runtime } from '../../../runtime/runtime.js';
import { cachedFit, FIT_DEFAULTS, type CachedFit, type FitOptions } from '../cached-fit.js';
import type { LayerData } from '../layer-data.js';
import { reconstructScores, spelledWeights } from '../reconstruction.js';
import { CLOSE, closerLambda } from './closer-lambda.js';

/** λ, or how it is found. */
export type AskedLambda = number | 'auto';

/** A fit, and how its λ came about. */
export interface ChosenFit {
  readonly fitted: CachedFit;
  readonly options: FitOptions;
  /** Fits that were made, in order, where λ was left open: the last one is not taken if it is no better. */
  readonly tried?: readonly { readonly lambda: number; readonly pearson: number }[] | undefined;
}

/** λ is rarely lowered twice: what a smaller one gives is estimated well. */
const MOST_FITS = 3;

/**
 * Fits with the λ that is given, or with the largest that follows the model's outputs: the usual one, else what `closerLambda` names,
 * as long as that converges and comes closer. Labels are aimed at with the usual one: how closely they are to be followed is no
 * matter of the model.
 * @throws InputError for options that do not fit the layer
 */
export async function chosenFit(
  layerData: LayerData,
  asked: Omit<FitOptions, 'lambda'> & { readonly lambda: AskedLambda },
  runtime: Runtime,
  onIteration?: (iteration: number, gradientMaxNorm: number) => void,
): Promise<ChosenFit> {
  const lambda = asked.lambda === 'auto' ? FIT_DEFAULTS.lambda : asked.lambda;
  const at = async (value: number) => {
    const options: FitOptions = { ...asked, lambda: value };
    return { options, fitted: await cachedFit(layerData, options, runtime, onIteration) };
  };
  let best = await at(lambda);
  if (asked.lambda !== 'auto' || asked.mode !== 'given') return best;
  let pearson = await followed(layerData, best.fitted, runtime);
  const tried = [{ lambda, pearson }];
  while (isTooFar(best.fitted, pearson) && tried.length < MOST_FITS) {
    const closer = await closerLambda(layerData, best.fitted, pearson, best.options, runtime);
    if (closer.lambda >= best.options.lambda) break;
    const next = await at(closer.lambda);
    const reached = await followed(layerData, next.fitted, runtime);
    tried.push({ lambda: closer.lambda, pearson: reached });
    if (next.fitted.fit.status !== 'converged' || reached <= pearson) break;
    [best, pearson] = [next, reached];
  }
  return { ...best, tried };
}

/** Whether the penalty is too strong for a fit to follow the model. */
export function isTooFar({ fit }: CachedFit, pearson: number): boolean {
  return fit.status === 'converged' && pearson < CLOSE;
}

/** How well a fit follows the model on the training points: Pearson's correlation with its outputs. */
async function followed({ layer, train }: LayerData, { points }: CachedFit, runtime: Runtime): Promise<number> {
  const spelled = await spelledWeights(points, runtime);
  const { outputs, activation } = layer;
  const scores = Float64Array.from(train.scores);
  return (await reconstructScores(train.features, spelled, scores, outputs, activation, runtime)).pearson;
}
