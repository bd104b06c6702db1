import { defineRule, forAll } from '../../rule.js';

/** How pixels become the model's input, as the file's metadata tell whoever uses it. */
export const preprocessing = defineRule({
  name: 'structure.preprocessing',
  summary: 'mean and standard deviation that pixels are normalised with',
  level: 'error',
  optional: false,
  needs: [],
  limits: forAll({}),
  judge: ({ baseline, candidate }) => {
    const [before, now] = [baseline.preprocessing, candidate.normalization];
    const text = (values: { mean: readonly number[]; std: readonly number[] }) =>
      `mean ${values.mean.join(', ')}, std ${values.std.join(', ')}`;
    const lost = baseline.signature.preprocessing !== null && candidate.signature.preprocessing === null;
    const changed = text(before) !== text(now);
    const sentence = lost
      ? `the metadata no longer say how pixels become the input (${text(before)})`
      : changed
        ? `pixels were normalised with ${text(before)}, now with ${text(now)}`
        : baseline.probes.source.kind === 'data'
          ? `${text(now)} as before`
          : 'the metadata say the same as before';
    return { status: lost || changed ? 'fail' : 'pass', value: text(now), limit: text(before), sentence };
  },
});
