/** Inputs of text models that follow from the tokens: data sets hold tokens only. */
import { cloneModel } from '../../onnx/codec.js';
import { elementTypeCode } from '../../onnx/element-type.js';
import { feedsOf, graphOf, type Model, type Node } from '../../onnx/model.js';
import { encodeTensor } from '../../onnx/tensor-proto.js';
import { int64 } from '../../tensor.js';
import { makeNode } from '../builder.js';
import { nameMaker, type NameMaker } from '../rewrite.js';
import { table } from '../../table.js';

/** The input that holds the tokens' numbers, as Hugging Face's models call it. */
const TOKENS = 'input_ids';

/** Makes an input of the tokens' shape and of an element type. */
type Filling = (name: string, type: number, fresh: NameMaker, zero: string) => Node[];

/** What the other inputs are. To fill another: a line here. */
const FILLINGS = table<Filling>({
  // Padding is token 0, in BERT's vocabularies and those made like them.
  attention_mask: (name, type, fresh, zero) => {
    const isPadding = fresh(`${name}_is_padding`);
    const isToken = fresh(`${name}_is_token`);
    return [
      makeNode('Equal', [TOKENS, zero], [isPadding]),
      makeNode('Not', [isPadding], [isToken]),
      makeNode('Cast', [isToken], [name], { to: type }),
    ];
  },
  // One sequence, not a pair.
  token_type_ids: (name, type, fresh, zero) => {
    const zeros = fresh(`${name}_zeros`);
    return [makeNode('Mul', [TOKENS, zero], [zeros]), makeNode('Cast', [zeros], [name], { to: type })];
  },
});

/**
 * The model with the inputs that go with the tokens computed from them: the mask is 1 where a token is not 0 (padding),
 * the type of every token is 0. Models without such inputs are returned as they are.
 */
export function fillInputs(model: Model): Model {
  const filled = feedsOf(graphOf(model)).filter(({ name }) => name in FILLINGS);
  const tokens = feedsOf(graphOf(model)).find(({ name }) => name === TOKENS);
  if (filled.length === 0 || tokens?.type?.tensorType?.elemType !== elementTypeCode('int64')) return model;
  const changed = cloneModel(model);
  const graph = graphOf(changed);
  const fresh = nameMaker(changed);
  const zero = fresh('token_zero');
  graph.initializer.push(encodeTensor(zero, int64([0], [])));
  graph.input = graph.input.filter(({ name }) => !filled.some((input) => input.name === name));
  const nodes = filled.flatMap(({ name, type }) =>
    FILLINGS[name]!(name, type?.tensorType?.elemType ?? elementTypeCode('int64'), fresh, zero),
  );
  graph.node = [...nodes, ...graph.node];
  return changed;
}
