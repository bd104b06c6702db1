/** A result of `audit` of any size, made up: every fourth suspect should carry the next label. */
import type { AuditResult } from '../../../src/results/audit.js';
import { syntheticTrace } from '../synthetic-trace.js';

/** What an audit of so many suspects would say. */
export function syntheticAudit(count: number): AuditResult {
  const { tool, schemaVersion, model, data, options, sign, classNames } = syntheticTrace({
    queries: 1,
    layers: ['fc2'],
    steps: 2,
  });
  const classes = classNames.length;
  const label = (i: number) => (i * 7) % classes;
  const suspects = Array.from({ length: count }, (_, i) => {
    const index = (i * 7919) % (2 * count);
    const given = label(index);
    const suggested = i % 4 === 3 ? undefined : (given + 1 + (i % 2)) % classes;
    return {
      index,
      label: given,
      file: `train/${given}/${index}.png`,
      score: 1 - i / count,
      ...(suggested === undefined ? {} : { suggested }),
      confidence: 0.9,
      wrong: 1 - i / count,
      opponents: Array.from({ length: 5 }, (__, k) => {
        const other = (index + 11 * (k + 1)) % (2 * count);
        return { index: other, label: label(other), similarity: 0.9 - k / 20 };
      }),
      predicted: suggested ?? given,
      probability: 0.2,
      representer: 0.1,
      loss: 2,
      gradientNorm: 3,
    };
  });
  const indices = suspects.map(({ index }) => index).sort((a, b) => a - b);
  const angle = (index: number) => 2 * Math.PI * ((label(index) + ((index * 13) % 29) / 40) / classes);
  const radius = (index: number) => 4 + ((index * 17) % 31) / 16;
  return {
    kind: 'audit',
    tool,
    schemaVersion,
    model,
    data,
    options,
    sign,
    classNames,
    accuracy: { split: 'test', value: 0.91, chance: 0.1, examples: 1000 },
    fit: {
      layer: 'fc2',
      features: 84,
      outputs: classes,
      lambda: 0.003,
      status: 'converged',
      iterations: 20,
      gradientMaxNorm: 1e-11,
      seconds: 1,
      reused: false,
    },
    examples: 2 * count,
    disagreement: 0.1,
    by: 'combined',
    reason: 'the network has not memorised its labels',
    errors: {
      estimated: 20,
      contradicted: 31,
      suspicious: true,
      counted: { estimated: 24.2, interval: [17.3, 33.1], from: 'inputs' },
      clear: 0.8,
    },
    memorisation: { contradicted: 31, repeated: 0.1, memorised: false },
    course: { source: 'log', epochs: [1, 2, 3], gathered: [1, 2] },
    influenced: 0,
    suspects,
    map: {
      method: 'umap',
      layer: 'fc2',
      train: {
        indices,
        labels: indices.map(label),
        x: indices.map((index) => radius(index) * Math.cos(angle(index))),
        y: indices.map((index) => radius(index) * Math.sin(angle(index))),
      },
      queries: { x: [], y: [] },
    },
  };
}
