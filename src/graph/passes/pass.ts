/** What a pass is: one rewrite of a model on its way to the form that everything else works on. */
import { InputError } from '../../errors.js';
import type { Model } from '../../onnx/model.js';
import type { Runtime } from '../../runtime/runtime.js';
import type { ExampleDims } from '../example-dims.js';

/** What passes may need besides the model. */
export interface PassContext {
  readonly runtime: Runtime;
  /** Per input, the dimensions of one example, where the model leaves them open. */
  readonly exampleDims: ExampleDims;
}

/** A rewrite. What it returns computes the same as what it is given, which stays as it was. */
export interface Pass {
  /** What messages call it; as its file is called. */
  readonly name: string;
  /** @throws InputError for a model that cannot be rewritten, and will therefore not do */
  readonly apply: (model: Model, context: PassContext) => Model | Promise<Model>;
}

/** What became of a model in a pass. */
export interface PassRun {
  readonly pass: string;
  readonly milliseconds: number;
  readonly before: Model;
  /** The same object as `before` where there was nothing to do. */
  readonly after: Model;
}

const watchers = new Set<(run: PassRun) => void>();

/**
 * Has a function called after every pass, until the returned one is called. Preparing a model happens deep inside of what
 * a command does; whoever debugs one wants to look on without every room between handing a listener down.
 */
export function watchPasses(watcher: (run: PassRun) => void): () => void {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

/** A pass failed in a way that is a bug of ours; `message` names it, `cause` is what happened. */
export class PassFailure extends Error {
  override readonly name = 'PassFailure';

  constructor(
    readonly pass: string,
    cause: unknown,
  ) {
    super(`the pass "${pass}" failed: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

/** Applies a pass, and tells who watches. @throws PassFailure for anything but an InputError */
export async function runPass(pass: Pass, model: Model, context: PassContext): Promise<Model> {
  const start = performance.now();
  const after = await applied(pass, model, context);
  const run = { pass: pass.name, milliseconds: performance.now() - start, before: model, after };
  for (const watcher of watchers) watcher(run);
  return after;
}

async function applied(pass: Pass, model: Model, context: PassContext): Promise<Model> {
  try {
    return await pass.apply(model, context);
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new PassFailure(pass.name, error);
  }
}
