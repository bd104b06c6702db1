import type { AuditResult, AuditSuspect } from '../results/audit.js';
import { classColumns, exampleColumns, originColumns, type ListContext } from './columns.js';
import { integer, list, number, type List } from './list.js';

/** An example as a line of the list. */
export type AuditedExample = Omit<AuditSuspect, 'opponents'>;

/**
 * Lists of an audit: all examples, most suspicious first, and the opponents of the suspects.
 * @param all every example: the result has the first of them
 */
export function auditLists(
  { suspects }: Pick<AuditResult, 'suspects'>,
  all: readonly AuditedExample[],
  context: ListContext,
): List[] {
  const ranked = all.map((example, i) => ({ ...example, rank: i + 1 }));
  const opponents = suspects.flatMap((suspect) =>
    suspect.opponents.map((opponent, i) => ({ ...opponent, suspect: suspect.index, rank: i + 1 })),
  );
  type Ranked = (typeof ranked)[number];
  return [
    list('suspects', ranked, [
      integer('rank', ({ rank }) => rank),
      ...exampleColumns<Ranked>(context),
      number('score', ({ score }) => score),
      // The suggestion is left out where it is the label.
      ...classColumns<Ranked>('suggested', context, ({ suggested }) => suggested),
      number('confidence', ({ confidence }) => confidence),
      number('wrong', ({ wrong }) => wrong),
      ...classColumns<Ranked>('predicted', context, ({ predicted }) => predicted),
      number('label_probability', ({ probability }) => probability),
      number('representer', ({ representer }) => representer),
      number('loss', ({ loss }) => loss),
      number('gradient_norm', ({ gradientNorm }) => gradientNorm),
      number('influence', ({ influence }) => influence),
      ...originColumns(ranked, context, (example) => example),
    ]),
    list('opponents', opponents, [
      integer('suspect', ({ suspect }) => suspect),
      integer('rank', ({ rank }) => rank),
      ...exampleColumns(context),
      number('similarity', ({ similarity }) => similarity),
      ...originColumns(opponents, context, (example) => example),
    ]),
  ];
}
