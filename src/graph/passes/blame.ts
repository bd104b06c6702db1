/** Which pass broke a model that ONNX Runtime took as it was exported. */
import { ModelRefused } from '../../errors.js';
import { encodeModel } from '../../onnx/codec.js';
import type { Model } from '../../onnx/model.js';
import { PASSES } from './list.js';
import type { PassContext } from './pass.js';

/**
 * Does something with what the passes make of a model, or makes it. Where ONNX Runtime refuses that, the passes are applied
 * once more, and what each gives is loaded: nothing of it costs anything while all goes well.
 * @param source the model as exported
 * @throws ModelRefused naming the first pass whose result ONNX Runtime does not load, where it loads the source
 */
export async function blamingPasses<T>(source: Model, context: PassContext, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    const pass = error instanceof ModelRefused ? await culprit(source, context) : undefined;
    if (pass === undefined) throw error;
    throw new ModelRefused(
      {
        problem: `the pass "${pass}" breaks the model (${(error as Error).message}), which ONNX Runtime loads as it was exported`,
        mend: 'that is a bug of ours: please report it',
      },
      { cause: error },
    );
  }
}

async function culprit(source: Model, context: PassContext): Promise<string | undefined> {
  if (!(await loads(source, context))) return undefined;
  let model = source;
  for (const { name, apply } of PASSES) {
    let after: Model;
    try {
      after = await apply(model, context);
    } catch {
      // What it was given loads: it refuses for a reason of its own.
      return undefined;
    }
    if (after !== model && !(await loads(after, context))) return name;
    model = after;
  }
  return undefined;
}

async function loads(model: Model, { runtime }: PassContext): Promise<boolean> {
  try {
    const session = await runtime.createSession(encodeModel(model), { optimization: 'disabled', threads: 1 });
    await session.release();
    return true;
  } catch {
    return false;
  }
}
