import { defineRule, short } from '../../rule.js';
import { mean } from '../../../numeric/statistics.js';
import { calibrationError } from '../../measure/statistics.js';
import { accuracyOf, labelled } from './labelled.js';
import { need } from '../../unavailable.js';

/** Whether the model is as sure of itself as before. */
export const calibration = defineRule({
  name: 'decisions.calibration',
  summary: 'change of the confidence, and with labels of the calibration error',
  level: 'error',
  optional: false,
  classifiersOnly: true,
  needs: [],
  limits: { 're-export': { change: 0.005 }, float16: { change: 0.01 }, int8: { change: 0.08 } },
  judge: (context, { change }) => {
    const { baseline, candidate } = context;
    const now = need(candidate.decisions, 'the decisions');
    const sureness = (decisions: typeof now) => mean(decisions.map(({ confidence }) => confidence));
    const [was, is] = [sureness(baseline.decisions), sureness(now)];
    const withLabels = labelled(context);
    const errors =
      withLabels &&
      [withLabels.before, withLabels.now].map((decisions) =>
        calibrationError(
          decisions.map(({ confidence }) => confidence),
          decisions.map((decision, i) => decision.class === withLabels.labels[i]),
        ),
      );
    // Rounding moves an example over the edge of a bin, which is no change of calibration: the gap that counts is of means.
    const gap = withLabels
      ? Math.abs(is - accuracyOf(withLabels.now, withLabels.labels)) -
        Math.abs(was - accuracyOf(withLabels.before, withLabels.labels))
      : Math.abs(is - was);
    const found = Math.max(Math.abs(is - was), gap);
    const calibrated = errors ? `; expected calibration error was ${short(errors[0]!)}, is ${short(errors[1]!)}` : '';
    return {
      status: found <= change ? 'pass' : 'fail',
      value: found,
      limit: change,
      sentence: `mean confidence was ${short(was)}, is ${short(is)}${calibrated}`,
    };
  },
});
