import { defineRule, percent } from '../../rule.js';
import { accuracyOf, labelled, NO_LABELS } from './labelled.js';

/** Accuracy of each class: a loss in one may hide behind a gain in another. */
export const classAccuracy = defineRule({
  name: 'decisions.class-accuracy',
  summary: 'largest loss of examples in one class',
  level: 'error',
  optional: false,
  classifiersOnly: true,
  needs: [],
  // Of some three probes a class, one lost is a third: examples count here, not shares.
  limits: { 're-export': { examples: 0 }, float16: { examples: 1 }, int8: { examples: 2 } },
  judge: (context, { examples }) => {
    const found = labelled(context);
    if (!found) return { status: 'skip', value: null, limit: examples, sentence: NO_LABELS };
    const { before, now, labels } = found;
    const classes = [...new Set(labels)].sort((a, b) => a - b);
    const changes = classes.map((label) => {
      const members = labels.flatMap((each, i) => (each === label ? [i] : []));
      const of = (decisions: typeof now) =>
        accuracyOf(
          members.map((i) => decisions[i]!),
          members.map(() => label),
        );
      return { label, size: members.length, was: of(before), is: of(now) };
    });
    const lost = (change: (typeof changes)[number]) => Math.round((change.was - change.is) * change.size);
    const worst = changes.reduce((most, each) => (lost(each) > lost(most) ? each : most));
    const nameOf = (index: number) => context.probes.classNames[index] ?? String(index);
    const changed = changes.filter(({ was, is }) => was !== is);
    return {
      status: lost(worst) > examples ? 'fail' : 'pass',
      value: Math.max(0, lost(worst)),
      limit: examples,
      sentence:
        changed.length === 0
          ? `accuracy of all ${classes.length} classes as before`
          : `${changed.length} of ${classes.length} classes changed; ${nameOf(worst.label)} was ${percent(worst.was)}, is ${percent(worst.is)}`,
      details: changed.map(
        ({ label, size, was, is }) => `${nameOf(label)} (${size}): was ${percent(was)}, is ${percent(is)}`,
      ),
    };
  },
});
