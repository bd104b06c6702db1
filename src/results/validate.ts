/** Checks values against the result schemas, with messages that name the place in the object. */
import * as v from 'valibot';
import { schemaVersion } from './header.js';
import { resultSchemas, type Result, type ResultKind } from './kinds.js';

/** What is wrong with a value, and where. */
export interface ResultProblem {
  /** Place in the object, for example `queries[0].layers[2].norm`; empty for the object itself. */
  readonly path: string;
  /** What is wrong there, in one line. */
  readonly message: string;
}

/** A valid result, or the first problem found. */
export type ResultCheck = { readonly result: Result } | { readonly problem: ResultProblem };

/** Checks that a value is a result of a known kind and of a version that this build reads. */
export function checkResult(value: unknown): ResultCheck {
  const head = v.safeParse(v.object({ kind: v.string(), schemaVersion: v.number() }), value, { abortEarly: true });
  if (!head.success) return { problem: problemOf(head.issues[0]) };
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
  return checked.success ? { result: checked.output } : { problem: problemOf(checked.issues[0]) };
}

function isResultKind(kind: string): kind is ResultKind {
  return Object.hasOwn(resultSchemas, kind);
}

function problemOf(issue: v.BaseIssue<unknown>): ResultProblem {
  return { path: pathOf(issue), message: messageOf(issue) };
}

function pathOf(issue: v.BaseIssue<unknown>): string {
  let path = '';
  for (const { key } of (issue.path ?? []) as readonly { readonly key: unknown }[]) {
    if (typeof key === 'number') path += `[${key}]`;
    else if (typeof key === 'string' && /^[\w$]+$/.test(key)) path += path === '' ? key : `.${key}`;
    else path += `[${quote(String(key))}]`;
  }
  return path;
}

function messageOf(issue: v.BaseIssue<unknown>): string {
  if (issue.kind === 'schema' && issue.input === undefined) return 'is missing';
  // A message of the schema's own says what is wrong; valibot's standard ones read better as "expected, found".
  if (issue.expected === null || issue.type === 'regex') return issue.message;
  return `expected ${issue.expected}, found ${quote(issue.received)}`;
}

/** Text of unknown origin in a message: one line, of bounded length. */
function quote(text: string): string {
  const line = JSON.stringify(text.replace(/^"(.*)"$/s, '$1')).slice(1, -1);
  return line.length > 60 ? `${line.slice(0, 60)}…` : line;
}
