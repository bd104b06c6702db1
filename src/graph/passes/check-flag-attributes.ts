/** Refuses flags that are neither 0 nor 1: operators read them in different ways, and we would have to guess which. */
import { InputError } from '../../errors.js';
import { intAttribute } from '../../onnx/attributes.js';
import { isStandardDomain, nodeLabel, type Model } from '../../onnx/model.js';
import { nodesIn } from '../rewrite.js';

/** Attributes of standard operators that switch something on or off. */
const FLAGS: ReadonlySet<string> = new Set([
  ...['transA', 'transB', 'keepdims', 'noop_with_empty_axes', 'ceil_mode', 'count_include_pad', 'exclusive', 'reverse'],
  ...['is_causal', 'allowzero', 'training_mode', 'select_last_index', 'largest', 'sorted', 'linear_before_reset'],
  ...['layout', 'upper', 'input_forget', 'align_corners', 'exclude_outside', 'antialias', 'across_channels'],
]);

/** The model as it is. @throws InputError for a flag that is neither 0 nor 1 */
export function checkFlagAttributes(model: Model): Model {
  for (const node of nodesIn(model)) {
    if (!isStandardDomain(node.domain)) continue;
    for (const { name, refAttrName } of node.attribute) {
      if (!FLAGS.has(name) || refAttrName !== '') continue;
      const value = intAttribute(node, name, 0);
      if (value !== 0 && value !== 1) {
        throw new InputError(
          `node ${nodeLabel(node)}: attribute "${name}" is ${value}, expected 0 or 1; export it again`,
        );
      }
    }
  }
  return model;
}
