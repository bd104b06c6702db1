/** Checks values against the result schemas, with messages that name the place in the object. */
import * as v from 'valibot';
import { schemaVersion } from './header.js';
import { resultSchemas, type Result, type ResultKind } from './kinds.js';
import { firstProblem, quote, type Problem } from './problem.js';

/** A valid result, or the first problem found. */
export type ResultCheck = { readonly result: Result } | { readonly problem: Problem };

/** Checks that a value is a result of a known kind and of a version that this build reads. */
export function checkResult(value: unknown): ResultCheck {
  const head = v.safeParse(v.object({ kind: v.string(), schemaVersion: v.number() }), value, { abortEarly: true });
  if (!head.success) return { problem: firstProblem(head.issues[0]) };
  const { kind, schemaVersion: version } = head.output;
  if (version > schemaVersion) {
    const message = `${version} is newer than ${schemaVersion}, the newest that this version reads; update onnx-explain`;
    return { problem: { path: 'schemaVersion', message } };
  }
  if (!isResultKind(kind)) {
    const known = Object.keys(resultSchemas).join(', ');
    return { problem: { path: 'kind', message: `${quote(kind)} is none of ${known}` } };
  }
  const checked = v.safeParse(resultSchemas[kind], value, { abortEarly: true });
  return checked.success ? { result: checked.output } : { problem: firstProblem(checked.issues[0]) };
}

function isResultKind(kind: string): kind is ResultKind {
  return Object.hasOwn(resultSchemas, kind);
}
