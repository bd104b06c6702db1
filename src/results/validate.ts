/** Checks values against the result schemas, with messages that name the place in the object. */
import * as v from 'valibot';
import { schemaVersion } from './header.js';
import { resultSchemas, type Result, type ResultKind } from './kinds.js';
import { matchSchema, quote, type Problem } from '../schema/problem.js';

/** A valid result, or the first problem found. */
export type ResultCheck = { readonly result: Result } | { readonly problem: Problem };

/** Checks that a value is a result of a known kind and of a version that this build reads. */
export function checkResult(value: unknown): ResultCheck {
  const head = matchSchema(v.object({ kind: v.string(), schemaVersion: v.number() }), value);
  if ('problem' in head) return head;
  const { kind, schemaVersion: version } = head.value;
  if (version > schemaVersion) {
    const message = `${version} is newer than ${schemaVersion}, the newest that this version reads; update onnx-explain`;
    return { problem: { path: 'schemaVersion', message } };
  }
  if (!isResultKind(kind)) {
    const known = Object.keys(resultSchemas).join(', ');
    return { problem: { path: 'kind', message: `${quote(kind)} is none of ${known}` } };
  }
  const checked = matchSchema(resultSchemas[kind], value);
  return 'problem' in checked ? checked : { result: checked.value };
}

function isResultKind(kind: string): kind is ResultKind {
  return Object.hasOwn(resultSchemas, kind);
}
