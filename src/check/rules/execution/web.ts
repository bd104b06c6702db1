import { defineRule, short } from '../../rule.js';
import { CouldNotRun, need } from '../../unavailable.js';

/** The model on onnxruntime-web gives what it gives on onnxruntime-node. */
export const web = defineRule({
  name: 'execution.web',
  summary: 'outputs on onnxruntime-web against onnxruntime-node',
  level: 'error',
  // Many models are never meant for a browser.
  optional: true,
  needs: ['web'],
  limits: { 're-export': { error: 1e-3 }, float16: { error: 2e-2 }, int8: { error: 0.1 } },
  judge: ({ candidate }, { error }) => {
    const { web: ran } = candidate;
    // That it is not installed, or refuses the model, names it already.
    if (ran && 'problem' in ran && ran.problem.startsWith('onnxruntime-web')) throw new CouldNotRun(ran.problem);
    const found = need(ran, 'onnxruntime-web');
    return {
      status: found.error <= error ? 'pass' : 'fail',
      value: found.error,
      limit: error,
      sentence: `relative error ${short(found.error)} on ${found.runtime}, ${found.probes} ${found.probes === 1 ? 'probe' : 'probes'}`,
    };
  },
});
