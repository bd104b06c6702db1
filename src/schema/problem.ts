/** What is wrong with a value that a valibot schema refused, in words for users. */
import * as v from 'valibot';

/** What is wrong, and where. */
export interface Problem {
  /** Place in the object, for example `queries[0].layers[2].norm`; empty for the object itself. */
  readonly path: string;
  /** What is wrong there, in one line. */
  readonly message: string;
}

/** What a schema makes of a value, or the first thing that is wrong with it. */
export function matchSchema<const S extends v.GenericSchema>(
  schema: S,
  value: unknown,
): { readonly value: v.InferOutput<S> } | { readonly problem: Problem } {
  const checked = v.safeParse(schema, value, { abortEarly: true });
  return checked.success ? { value: checked.output } : { problem: firstProblem(checked.issues[0]) };
}

/** An issue that valibot found, in words. */
export function firstProblem(issue: v.BaseIssue<unknown>): Problem {
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
export function quote(text: string): string {
  const line = JSON.stringify(text.replace(/^"(.*)"$/s, '$1')).slice(1, -1);
  return line.length > 60 ? `${line.slice(0, 60)}…` : line;
}
