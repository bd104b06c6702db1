/** Which labels may be which others. */
import type { VNode } from 'preact';
import { useMemo } from 'preact/hooks';
import { usePage } from '../context.js';
import { ConfusionFold, type MatrixWords } from '../inputs/confusion-matrix.js';
import type { ListedExample } from '../kind-view.js';
import type { Part } from '../payload.js';
import { likelierLabel, suspicionOf } from './listed.js';

const WORDS: MatrixWords = {
  row: 'given',
  column: 'suggested',
  cell: (given, suggested) =>
    given === suggested ? `${given}, no other label is likelier` : `${given} may be ${suggested}`,
  ofColumn: (suggested) => `likeliest label ${suggested}`,
};

/** A matrix of the given and the suggested labels, by which the list is filtered; nothing where no audit is in the page. */
export function LabelMatrix({
  part,
  examples,
}: {
  readonly part: Part;
  readonly examples: readonly ListedExample[];
}): VNode {
  const { payload, state, go } = usePage();
  const { result } = part;
  const cells = useMemo(() => {
    const counts = new Map<string, number>();
    for (const { index } of examples) {
      const suspect = suspicionOf(payload, result, index);
      if (!suspect) continue;
      const cell = `${suspect.label}>${likelierLabel(suspect)}`;
      counts.set(cell, (counts.get(cell) ?? 0) + 1);
    }
    return counts;
  }, [payload, result, examples]);
  return (
    <ConfusionFold
      summary="Which label may be which"
      label="matrix of labels"
      cells={cells}
      classNames={result.classNames}
      chosen={state.of.cell ?? ''}
      onChoose={(cell) => go({ of: { ...state.of, cell } })}
      words={WORDS}
    />
  );
}
