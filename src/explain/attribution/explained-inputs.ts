/** The inputs that are explained: brought into the form that the model takes, with what it says of them. */
import { describeInput, knownLabel } from '../../classifier/describe.js';
import { examine } from '../../classifier/examine.js';
import type { Classifier } from '../../classifier/classifier.js';
import { scoresOfOthers, undecided } from '../../classifier/undecided.js';
import { asFed } from '../../classifier/feeds.js';
import { targetOf } from '../../classifier/targets.js';
import type { ExampleForm } from '../../data/example-shape.js';
import type { Input } from '../../data/input.js';
import { InputError } from '../../errors.js';
import type { Notice } from '../../progress.js';
import type { AttributeQuery } from '../../results/attribute.js';
import type { Runtime } from '../../runtime/runtime.js';
import type { Example } from './method.js';

/** An input, described and ready to be explained. */
export interface ExplainedInput {
  readonly example: Example;
  /** What its features are called; undefined of an image. */
  readonly features?: { readonly names?: readonly string[] | undefined } | undefined;
  /** Of text: its tokens in reading order, and the dimensions of the input as it is held. */
  readonly text?: { readonly tokens: readonly string[]; readonly shape: readonly number[] } | undefined;
  readonly facts: Pick<
    AttributeQuery,
    | 'input'
    | 'inputFile'
    | 'inputRow'
    | 'inputNotes'
    | 'index'
    | 'predicted'
    | 'truth'
    | 'undecided'
    | 'topClasses'
    | 'target'
  >;
}

/** What all inputs look like. @throws InputError where they have several shapes */
export function commonForm(inputs: readonly Input[]): ExampleForm {
  const [first, ...others] = inputs;
  const other = others.find(({ shape }) => shape.join() !== first!.shape.join());
  if (!other) return first!;
  throw new InputError(
    `${other.name}: is [${other.shape.join(', ')}], but ${first!.name} is [${first!.shape.join(', ')}]; ` +
      'explain inputs of different sizes one by one, or give `resize`',
  );
}

/**
 * Runs the model on each input, and finds the class that is explained.
 * @param wanted `predicted`, `true`, a class name or number
 * @returns the inputs, and the classifier with what running them has shown of it
 * @throws InputError for a class that the model does not have, or numbers that are not finite
 */
export async function describeInputs(
  { runtime, inputs, onNotice }: { runtime: Runtime; inputs: readonly Input[]; onNotice?: Notice | undefined },
  opened: Classifier,
  { wanted, classNames }: { wanted: string; classNames: readonly string[] },
): Promise<{ readonly classifier: Classifier; readonly described: readonly ExplainedInput[] }> {
  const xs = inputs.map(({ data, shape, name }) => asFed(opened, data, shape, name));
  const { classifier, scores } = await examine(opened, xs, runtime, onNotice);
  const references = await scoresOfOthers(classifier, xs[0]!, runtime);
  const described = inputs.map((each, index): ExplainedInput => {
    const ofInput = scores[index]!;
    if (!ofInput.every(Number.isFinite)) {
      throw new InputError(`${each.name}: the model's scores are not finite; check its weights, \`mean\` and \`std\``);
    }
    const why = undecided({ scores: ofInput, activation: classifier.activation, references, layers: [] });
    if (why !== undefined) onNotice?.(`${each.name}: ${why}`);
    const facts = describeInput(each, ofInput, classifier, classNames);
    const question = {
      wanted,
      predicted: facts.predicted.class,
      truth: knownLabel(each, classNames),
      input: each.name,
    };
    const target = targetOf(question, { kind: 'class', count: classifier.classes, names: classNames });
    return {
      example: { x: xs[index]!, target, index },
      features: each.picture ? undefined : { names: each.featureNames },
      text: each.tokens && { tokens: each.tokens, shape: each.shape },
      facts: {
        ...facts,
        index,
        undecided: why,
        topClasses: [...facts.topClasses],
        target: { class: target, label: classNames[target]! },
      },
    };
  });
  return { classifier, described };
}
