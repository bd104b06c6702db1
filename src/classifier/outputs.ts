/** Which output of a model holds the class scores. */
import { InputError } from '../errors.js';
import { rowsOf } from '../graph/batch.js';
import { valuesDependingOn } from '../graph/reachable.js';
import type { Values } from '../graph/values.js';
import { nearestNames } from '../nearest.js';
import { graphOf, type Model } from '../onnx/model.js';
import type { Notice } from '../progress.js';

/** What is known besides the model. */
export interface OutputQuestion {
  /** Name that the user gave. */
  readonly wanted?: string | undefined;
  /** Number of classes that the data have. */
  readonly classes?: number | undefined;
  readonly onNotice?: Notice | undefined;
}

/**
 * The output to read scores off: the one asked for, or else the likeliest: one row of numbers per example, as many as
 * there are classes, that no other output is computed from; the first of those that are equal in this.
 * @throws InputError for a name that the model does not have, and where no output has a row of real numbers per example
 */
export function scoresOutput(model: Model, values: Values, { wanted, classes, onNotice }: OutputQuestion): string {
  const graph = graphOf(model);
  const names = graph.output.map(({ name }) => name);
  if (wanted !== undefined) {
    if (names.includes(wanted)) return wanted;
    throw new InputError(
      `output "${wanted}": the model has no such output; the nearest are ${nearestNames(wanted, names).join(', ')}`,
    );
  }
  const rows = rowsOf(model);
  const real = names.filter((name) => {
    const value = values.has(name) ? values.of(name) : undefined;
    return value !== undefined && value.type.startsWith('float') && value.dims[0] === rows;
  });
  if (real.length === 0) {
    const shown = names.map((name) => `${name} ${values.has(name) ? describe(values, name) : ''}`.trim()).join(', ');
    throw new InputError(
      `none of the model's outputs (${shown}) has a row of real numbers for each example; ` +
        'export the class scores as an output, [batch, classes]',
    );
  }
  if (real.length === 1) return real[0]!;
  const rated = real.map((name) => {
    const sizes = values.of(name).dims.slice(1);
    const wide = sizes.filter((size) => size !== 1);
    const width = wide.length === 0 ? 1 : wide.length === 1 && typeof wide[0] === 'number' ? wide[0] : NaN;
    const isRow = !Number.isNaN(width);
    const fits = classes !== undefined && (width === classes || (width === 1 && classes === 2));
    const behind = valuesDependingOn(graph.node, [name]);
    const isLast = !real.some((other) => other !== name && behind.has(other));
    return { name, rating: 4 * Number(isRow) + 2 * Number(fits) + Number(isLast) };
  });
  // The sort is stable: of equal ones the first stays first.
  const [best] = rated.sort((a, b) => b.rating - a.rating);
  onNotice?.(
    `the model has ${real.length} outputs (${real.join(', ')}): scores are read off ${best!.name}; name another with \`output\``,
  );
  return best!.name;
}

function describe(values: Values, name: string): string {
  const { type, dims } = values.of(name);
  return `${type} [${dims.join(', ')}]`;
}
