/** LRP against zennit (scripts/fixtures/attribution/), and what must hold of it on its own. */
import { describe, expect, test } from '@jest/globals';
import { lrp } from '../../../../src/explain/attribution/methods/lrp.js';
import type { RuleSpec } from '../../../../src/explain/attribution/rules/rule.js';
import type { AttributionSettings } from '../../../../src/explain/attribution/settings.js';
import { openClassifier } from '../../../../src/classifier/open.js';
import { GraphBuilder } from '../../../../src/graph/builder.js';
import { BATCH } from '../../../../src/graph/values.js';
import { float32 } from '../../../../src/tensor.js';
import { runtime } from '../../../helpers/run-model.js';
import { nodeName } from '../../../../src/graph/find-node.js';
import type { Node } from '../../../../src/onnx/model.js';
import { attributionsOf, fixture, NETWORKS, references, stacked, worstError } from '../../../helpers/attribution.js';
import type { Fixture } from '../../../helpers/attribution.js';

const bounds = { low: [references.low], high: [references.high] };

/** Our settings for a map of the fixture, by its name. */
function settingsFor(map: string, { explained }: Fixture): Partial<AttributionSettings> {
  const [, kind, name] = /^(\w+) (.*)$/.exec(map)!;
  const named = (...ops: string[]) => explained.model.graph!.node.filter(({ opType }) => ops.includes(opType));
  const linear = named('Conv', 'Gemm');
  const everywhere = (nodes: readonly Node[], rule: RuleSpec) =>
    Object.fromEntries(nodes.map((node) => [nodeName(node), rule]));
  if (kind === 'first') return { bounds, composite: 'zplus', rules: { [nodeName(linear[0]!)]: { rule: name! } } };
  if (name === 'zplus without bias') return { composite: 'zplus', ignoreBias: true };
  const blunt = { rule: 'epsilon', epsilon: 0.1 };
  if (name === 'epsilon 0.1') return { rules: everywhere(linear, blunt) };
  if (kind === 'steady') return { composite: name!, rules: everywhere(named('Add', 'ReduceMean'), blunt) };
  return { bounds, composite: name! };
}

describe.each(NETWORKS)('%s', (name) => {
  const { rounding } = references.networks[name]!;
  const maps = Object.keys(rounding).filter((map) => /^(rule|first|steady|composite) /.test(map));

  test.each(maps)('%s equals zennit', async (map) => {
    const network = await fixture(name);
    const found = await attributionsOf(lrp, network.explained, network.examples, settingsFor(map, network));
    // zennit in float32 is up to 3e-5 from zennit in float64, which the references are. But flat and w² in every layer of
    // a residual network send relevance through sums of nearly 0: there zennit's own rounding is 1e-2, and ours may be as
    // large. The same rules with a larger ε in the sums ("steady") are held to what is promised.
    const isSteady = name !== 'resnet18' || !['rule flat', 'rule wsquare'].includes(map);
    const tolerance = isSteady ? 1e-4 : 2 * rounding[map]!;
    expect(worstError(found, network.arrays[map]!.data)).toBeLessThan(tolerance);
    for (const { map: relevance, expected, output, ledger } of found) {
      expect(expected).toBe(output);
      const arrived = relevance.reduce((sum, value) => sum + value, 0);
      const absorbed = ledger!.reduce((sum, entry) => sum + entry.in - entry.out, 0);
      const size = ledger!.reduce((most, entry) => Math.max(most, Math.abs(entry.in)), 0);
      // The books balance to the last bits of float64: each sum stands on both sides.
      expect(Math.abs(output - absorbed - arrived)).toBeLessThan(1e-12 * size);
    }
  });

  test('without biases, z⁺ conserves relevance', async () => {
    const { explained, examples } = await fixture(name);
    const found = await attributionsOf(lrp, explained, examples, { composite: 'zplus', ignoreBias: true });
    for (const { map, output, ledger } of found) {
      const sum = map.reduce((total, value) => total + value, 0);
      expect(Math.abs(output - sum) / Math.abs(output)).toBeLessThan(1e-4);
      expect(ledger!.every(({ bias }) => bias === 0)).toBe(true);
    }
  });

  test('the ledger says what biases took', async () => {
    const { explained, examples } = await fixture(name);
    const [found] = await attributionsOf(lrp, explained, examples, { composite: 'zplus' });
    const entries = found!.ledger!;
    const taken = entries.reduce((sum, { bias }) => sum + bias, 0);
    const absorbed = entries.reduce((sum, entry) => sum + entry.in - entry.out, 0);
    expect(Math.abs(taken)).toBeGreaterThan(0.01);
    // The stabiliser, 1e-6 against sums of about 1, takes the rest.
    expect(Math.abs(absorbed - taken)).toBeLessThan(1e-4 * Math.abs(found!.output));
    for (const { op, bias, rule } of entries) if (bias !== 0) expect([op, rule]).toContain('zplus');
  });
});

test.each(['flat', 'wsquare', 'zbox'])(
  '%s where the batch is not the first axis, as in recurrent layers',
  async (composite) => {
    const mapOf = async (turned: boolean) => {
      const g = new GraphBuilder();
      const x = g.input('x', 'float32', [BATCH, 3, 2]);
      const turn = (value: string) => (turned ? g.op('Transpose', [value], { perm: [1, 0, 2] }) : value);
      const weight = (...dims: [number, number]) =>
        g.initializer(
          g.fresh('w'),
          float32(
            Float32Array.from({ length: dims[0] * dims[1] }, (_, i) => Math.sin(i + 1)),
            dims,
          ),
        );
      const hidden = turn(g.op('Relu', [g.op('MatMul', [turn(x), weight(2, 4)])]));
      const scores = g.op('MatMul', [g.op('Flatten', [hidden]), weight(12, 2)]);
      g.output(g.rename(scores, 'scores'), 'float32', [BATCH, 2]);
      const explained = await openClassifier(g.model(), { runtime, form: { shape: [3, 2] } });
      const rows = [Float32Array.of(1, -2, 0.5, 1, -1, 2), Float32Array.of(2, 1, 1, 0.5, -1, 0)];
      const examples = rows.map((row, index) => ({ x: row, target: 1, index }));
      const rules = {
        [nodeName(explained.model.graph!.node.find(({ opType }) => opType === 'MatMul')!)]: { rule: composite },
      };
      const bounds = { low: [-2], high: [2] };
      return stacked(await attributionsOf(lrp, explained, examples, { composite: 'epsilon', rules, bounds }));
    };
    const straight = await mapOf(false);
    expect(straight.some((value) => value !== 0)).toBe(true);
    expect(await mapOf(true)).toBeAllClose(straight, { relative: 1e-5, absolute: 1e-6 });
  },
);

describe('rules that do not fit', () => {
  test.each([
    [{ composite: 'zplas' }, /`composite` zplas: no such composite; the nearest are zplus/],
    [{ rules: { conv9: { rule: 'zplus' } } }, /layer "conv9" does not exist here/],
    [{ rules: { 'conv1.weight': { rule: 'zplas' } } }, /layer "conv1\.weight": no rule "zplas"; the nearest are zplus/],
    [{ rules: { 'conv1.weight': { rule: 'gamma', alpha: 1 } } }, /rule gamma has no setting "alpha"; it has gamma, /],
    [
      { rules: { 'conv1.weight': { rule: 'gamma', gamma: true } } },
      /setting "gamma": expected a number from 0, found true/,
    ],
    [{ rules: { 'conv1.weight': { rule: 'pass' } } }, /rule pass does not serve node .*Conv/],
    [{ rules: { 'conv1.weight': { rule: 'alpha-beta', alpha: 3 } } }, /alpha - beta must be 1/],
  ] as const)('%j', async (settings, message) => {
    const { explained, examples } = await fixture('lenet');
    await expect(attributionsOf(lrp, explained, examples, settings)).rejects.toThrow(message);
  });
});
