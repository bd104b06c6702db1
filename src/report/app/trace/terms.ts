/** The terms of a trace. */
import type { Term } from '../kind-view.js';

/** What the words of a trace mean. */
export const TERMS: readonly Term[] = [
  [
    'γ',
    "How much of a layer's output a training step accounts for: the weights are the initial ones plus all updates of the " +
      'training, so the output W f is a sum over the steps, and γ is the product of one summand Δ f with the whole, ' +
      '⟨W f, Δ f⟩. Positive supports the output, negative opposes it.',
  ],
  [
    'γ of an example',
    'What it did in all steps. Split exactly (the option “split” says how it was), an update is the sum of what each example of ' +
      'its batch gave to it, also to later ones by momentum. Split in equal parts, each step is shared equally by the examples ' +
      'of its batch: the list then holds examples of the most influential batches, knows the class of an input, and tells ' +
      'single examples of a batch not apart.',
  ],
  [
    'contrast, γ−γ\u0304',
    'γ minus its mean over reference inputs, which the seed drew (the mean of their shares γ / ‖W f‖², times ‖W f‖² of this ' +
      'input): what is left is specific to this input. Examples, steps and classes are ranked by it; the shares are of γ ' +
      'itself, so that they add up.',
  ],
  [
    'share of γ',
    'Σ γ of all steps of a class, relative to ‖W f‖²: the shares of all classes and of the initial weights sum to 100 %, ' +
      'with what weight decay took away, which is no example’s. With the reference “delta”, W − W⁽⁰⁾ stands for W, and the initial weights have no share.',
  ],
  [
    'training on a class',
    'What the examples of the class gave to all updates of a score, Σ Δ f, those of the bias included: with the part of the ' +
      'weights before training it sums to the score before the softmax. Where the split is by batch, “batches of a class” are ' +
      'the updates of the steps whose batch was of the class.',
  ],
  [
    'cosine similarity',
    "Direction of a step's summand Δ f relative to the whole: 1 the same, 0 unrelated, −1 opposite.",
  ],
  [
    'density',
    'How often a cosine similarity occurs among the steps of a class; steps that change the output more weigh more.',
  ],
  [
    'bias share',
    'Part of the output W f + b that the final bias b carries. A bias counts as one more input that is always 1: what the ' +
      'steps did to it is among their γ.',
  ],
  [
    'completeness error',
    "What is missing when the initial weights' part and all traced steps are added up, relative to ‖W f‖; 0 is perfect.",
  ],
  ['codec error', 'The error that the compression of the log itself reports, in the same unit.'],
];
