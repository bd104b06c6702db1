/** What ONNX Runtime says when it stops in the middle of a run. */
import { InputError } from '../errors.js';

/** A node's name may end with what ONNX Runtime's rewriting has added, and the reason begin with a place in its source. */
const REFUSAL = /while running (\w+) node\. Name:'(.*?)(?:_token_\d+)?' Status Message: (?:\S+\.cc:\d+ \w+ )?(.*?)\.?$/;

/**
 * The error that a run which stopped ends with. What an execution provider beside the processor refuses, the user can mend;
 * anything else is a bug of ours.
 * @param reason ONNX Runtime's, on one line
 * @param where which provider, in words such as " on webgpu"; empty for the processor alone
 */
export function stopped(reason: string, where: string, cause: unknown): Error {
  const [, operator, node, problem] = REFUSAL.exec(reason) ?? [];
  if (where === '' || operator === undefined) return new Error(reason, { cause });
  const place = `ONNX Runtime refuses ${operator} (node "${node}")${where}`;
  return new InputError({ place, problem: problem!, mend: 'set `executionProvider` to cpu' }, { cause });
}
