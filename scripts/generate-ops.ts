/**
 * Writes OPS.md: the registry of gradients with the formula that each states in its docstring, and how ONNX's own node
 * tests fare (`npm run ops`). With --check nothing is written, and a table that is out of date ends the script with exit
 * code 1; the node tests' part is checked where they run, in test/autodiff/node-cases.test.ts.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { GRADIENTS, WITHOUT_GRADIENT } from '../src/autodiff/registry.js';
import { isTraceable } from '../src/graph/layers.js';
import { OPSET_RANGE } from '../src/onnx/model.js';
import { NODE_CASES, readNodeCases } from '../test/helpers/node-cases/archive.js';
import { runNodeCase, type Outcome } from '../test/helpers/node-cases/run.js';
import { describeOutcomes, SECTION } from '../test/helpers/node-cases/summary.js';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

const folder = 'src/autodiff/gradients';
/** An entry of a family's table with the docstring above it. */
const DOCUMENTED = /^ {2}\/\*\*((?:(?!\*\/)[^])*)\*\/\n {2}(\w+):/gm;

/** Docstrings by operator. */
const formulas = new Map(
  readdirSync(folder).flatMap((file) =>
    [...readFileSync(`${folder}/${file}`, 'utf8').matchAll(DOCUMENTED)].map(([, docstring, op]) => {
      const sentence = docstring!.replace(/\s*\n\s*\*\s?/g, ' ').trim();
      return [op!, sentence.replace(/\|/g, '\\|')] as const;
    }),
  ),
);

function notesOn(op: string): string {
  const formula = formulas.get(op);
  if (formula === undefined) throw new Error(`${folder}: no docstring above the gradient of ${op}`);
  return formula;
}

const passing = new Map(
  Object.entries(WITHOUT_GRADIENT).flatMap(([given, ops]) => ops.map((op) => [op, `Gives ${given}.`] as const)),
);
if (GRADIENTS.size !== formulas.size + passing.size) throw new Error(`${folder}: an operator stands in two tables`);
const rows = [...GRADIENTS.keys()].sort().map((op) => {
  const traceable = isTraceable(op) ? 'yes' : '';
  const none = passing.get(op);
  return none ? [op, 'none passes', traceable, none] : [op, 'yes', traceable, notesOn(op)];
});
const differentiable = rows.length - passing.size;

const table = `# Operators

Made from the registry of gradients by \`npm run ops\`; do not edit.

${rows.length} standard operators, of operator sets ${OPSET_RANGE.oldest} to ${OPSET_RANGE.newest}: ${differentiable} with a gradient,
${passing.size} through which none passes (their outputs are whole numbers, truth values or shapes). Every gradient has a gradient in its
turn, so that a step of training can be differentiated as a whole. A model may hold any
other operator that ONNX Runtime knows, as long as no weight stands before it. *Traceable* are the layers whose
pre-activations \`trace\` takes apart. In the notes, y is the output, x, a, b … are the inputs, and dx is the gradient of the
loss to x.

Where a function has a kink, the notes say which of its slopes is taken. It is the one that PyTorch takes for what it exports
to the operator, wherever ONNX tells apart what PyTorch does. It does not for Clip with two bounds (ReLU6 and Hardtanh, with
slope 0 at the bounds, are taken for granted; \`clamp(x, low, high)\` has 1 there), for Max and Min with a constant number
(\`clamp\` is taken for granted; \`maximum\` shares) and for ReduceMax and ReduceMin (\`amax\` is taken for granted; \`max(dim)\`
gives all to one element).

| operator | gradient | traceable | notes |
| --- | --- | --- | --- |
${rows.map((row) => `| ${row.join(' | ')} |`).join('\n')}

## Written in other operators first

| operator | becomes |
| --- | --- |
| LSTM, GRU, RNN | their steps, for sequences of a fixed length; each step's state is a traceable layer, with one weight for all; training rolls eight and more up as a Scan |
| If | the branch taken, where the condition follows from constants or shapes |
| Loop, Scan | their iterations one after the other, where the count follows from constants or shapes |
| Attention | its products and its softmax, unless it keeps past keys and values or gives away more than its result |
| model-local functions | their nodes |
| LinearClassifier, Normalizer, Scaler, ZipMap (ai.onnx.ml) | standard operators, with their numbers as weights |

`;

if (process.argv.includes('--check')) {
  const [written] = readFileSync('OPS.md', 'utf8').split(SECTION);
  if (written !== table) {
    console.error('OPS.md is out of date; run npm run ops');
    process.exitCode = 1;
  }
} else {
  const nodeCases = readNodeCases(NODE_CASES);
  const outcomes: Outcome[] = [];
  for (const nodeCase of nodeCases.cases) outcomes.push(await runNodeCase(nodeCase));
  for (const { name, status, detail } of outcomes) if (status === 'failed') console.error(`${name}: ${detail}`);
  writeFileSync('OPS.md', table + describeOutcomes(nodeCases, outcomes));
}
