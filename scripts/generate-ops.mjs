/**
 * Writes OPS.md from the registry of gradients: `npm run ops`. With --check nothing is written, and a file that is out of
 * date ends the script with exit code 1.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { GRADIENTS, WITHOUT_GRADIENT } from '../dist/autodiff/registry.js';
import { isTraceable } from '../dist/graph/layers.js';
import { OPSET_RANGE } from '../dist/onnx/model.js';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

const passing = new Set(WITHOUT_GRADIENT);
const rows = GRADIENTS.map(({ op }) => [op, passing.has(op) ? 'none passes' : 'yes', isTraceable(op) ? 'yes' : '']);
rows.sort(([a], [b]) => (a < b ? -1 : 1));
const differentiable = rows.filter(([, gradient]) => gradient === 'yes').length;

const text = `# Operators

Made from the registry of gradients by \`npm run ops\`; do not edit.

${rows.length} standard operators, of operator sets ${OPSET_RANGE.oldest} to ${OPSET_RANGE.newest}: ${differentiable} with a gradient,
${rows.length - differentiable} through which none passes (their outputs are whole numbers, truth values or shapes). A model may hold any
other operator that ONNX Runtime knows, as long as no weight stands before it. *Traceable* are the layers whose
pre-activations \`trace\` takes apart.

| operator | gradient | traceable |
| --- | --- | --- |
${rows.map((row) => `| ${row.join(' | ')} |`).join('\n')}
`;

if (!process.argv.includes('--check')) {
  writeFileSync('OPS.md', text);
} else if (readFileSync('OPS.md', 'utf8') !== text) {
  console.error('OPS.md is out of date; run npm run ops');
  process.exitCode = 1;
}
