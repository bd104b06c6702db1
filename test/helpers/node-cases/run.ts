/**
 * The ONNX project's own node tests as tests of reading, writing, upgrading and differentiating: each model must give the
 * expected outputs after a round trip through our codec, and its gradient must be what differences say.
 */
import { InputError } from '../../../src/errors.js';
import { decodeModel, encodeModel } from '../../../src/onnx/codec.js';
import { validateModel } from '../../../src/onnx/validate.js';
import type { NodeCase } from './archive.js';
import { forwardDifference, REFUSED } from './forward.js';
import { checkModelGradient } from './gradient.js';

/** What became of a case. */
export interface Outcome {
  readonly name: string;
  readonly status: 'passed' | 'skipped' | 'failed';
  /** What was found, or why not. */
  readonly detail: string;
}

/** Cases whose gradient cannot be compared with differences. */
const NOT_COMPARED: readonly { readonly pattern: RegExp; readonly reason: string }[] = [
  { pattern: /^test_(training_dropout|bernoulli)/, reason: 'random: every run differs' },
  { pattern: /^test_batchnorm_.*training_mode/, reason: 'batch norm in training mode: the training graph replaces it' },
  {
    pattern: /^test_attention.*(fullymasked|nan_robustness|structural_empty|local_window_gqa)/,
    reason: 'a softmax of nothing but −∞, hidden by Where: its gradient is NaN, as in PyTorch',
  },
  { pattern: /^test_(acosh_example|atanh)$/, reason: 'next to a pole, where float32 differences are no measure' },
  { pattern: /^test_(de)?quantizelinear/, reason: 'a staircase: straight through by design, tested by its formula' },
];

/** Runs a case. */
export async function runNodeCase(given: NodeCase): Promise<Outcome> {
  const outcome = (status: Outcome['status'], detail: string): Outcome => ({ name: given.name, status, detail });
  try {
    const model = decodeModel(given.bytes, given.name);
    validateModel(model, given.name);
    const difference = await forwardDifference(given, encodeModel(model));
    if (difference) {
      const own = await forwardDifference(given, given.bytes);
      if (!own) return outcome('failed', difference);
      return outcome(
        'skipped',
        own === REFUSED ? 'ONNX Runtime has no kernel for it' : 'ONNX Runtime computes otherwise',
      );
    }
    const reason = NOT_COMPARED.find(({ pattern }) => pattern.test(given.name))?.reason;
    if (reason) return outcome('skipped', reason);
    return outcome('passed', await checkModelGradient(given, model));
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const isRefusal = error instanceof InputError && !message.startsWith('ONNX Runtime');
    return outcome(isRefusal ? 'skipped' : 'failed', isRefusal ? refusal(message) : message);
  }
}

/** A message without what names the single case. */
function refusal(message: string): string {
  return `refused: ${message.replace(/^node [^:]*: /, '')}`;
}
