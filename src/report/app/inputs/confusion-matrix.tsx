/** Which class was taken for which: a press on a cell lists its inputs. */
import type { VNode } from 'preact';
import { Fold } from '../parts/basics.js';
import { className } from '../parts/text.js';

/** Above so many classes, a matrix is no longer read; the most frequent mistakes are listed instead. */
const MOST_CLASSES = 14;
const LISTED = 12;

/** What is shown: counts by `truth>predicted`. */
export interface ConfusionProps {
  /** What it is called. */
  readonly label: string;
  readonly cells: ReadonlyMap<string, number>;
  readonly classNames: readonly string[];
  readonly chosen: string;
  readonly onChoose: (cell: string) => void;
  /** What rows and columns are, where they are not true and predicted classes. */
  readonly words?: MatrixWords;
}

/** What a matrix calls its sides. */
export interface MatrixWords {
  readonly row: string;
  readonly column: string;
  /** What is so of the examples of a cell. */
  readonly cell: (row: string, column: string) => string;
  /** What is so of all examples of a column. */
  readonly ofColumn: (column: string) => string;
}

const OF_DECISIONS: MatrixWords = {
  row: 'true',
  column: 'predicted',
  cell: (truth, predicted) => `${truth} taken for ${predicted}`,
  ofColumn: (predicted) => `all taken for ${predicted}`,
};

/** The matrix to be opened by those who want it; nothing where there is only one cell. */
export function ConfusionFold({ summary, ...matrix }: ConfusionProps & { readonly summary: string }): VNode | null {
  if (matrix.cells.size < 2) return null;
  return (
    <Fold title={summary}>
      <ConfusionMatrix {...matrix} />
    </Fold>
  );
}

/** The confusion matrix, or the list of the most frequent mistakes where there are many classes. */
export function ConfusionMatrix(props: ConfusionProps): VNode {
  return (
    <div class="table" role="region" aria-label={props.label} tabIndex={0}>
      <Matrix {...props} />
    </div>
  );
}

function Matrix(props: ConfusionProps): VNode | null {
  const { cells, classNames, chosen, onChoose, words = OF_DECISIONS } = props;
  const { row, column } = words;
  const used = [...new Set([...cells.keys()].flatMap((cell) => cell.split('>').map(Number)))].sort((a, b) => a - b);
  if (used.length === 0) return null;
  if (used.length > MOST_CLASSES) return <MistakeList {...props} />;
  const largest = Math.max(...cells.values());
  const press = (cell: string) => () => onChoose(chosen === cell ? '' : cell);
  return (
    <table class="confusion" aria-label={`${row} classes by rows, ${column} classes by columns`}>
      <thead>
        <tr>
          <th class="corner">
            {row} ↓ {column} →
          </th>
          {used.map((predicted) => (
            <th key={predicted} scope="col">
              <button
                type="button"
                aria-pressed={chosen === `>${predicted}`}
                title={words.ofColumn(className(classNames, predicted))}
                onClick={press(`>${predicted}`)}
              >
                <span>{className(classNames, predicted)}</span>
              </button>
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {used.map((truth) => (
          <tr key={truth}>
            <th scope="row">
              <button
                type="button"
                aria-pressed={chosen === `${truth}>`}
                title={`all whose ${row} class is ${className(classNames, truth)}`}
                onClick={press(`${truth}>`)}
              >
                {className(classNames, truth)}
              </button>
            </th>
            {used.map((predicted) => {
              const cell = `${truth}>${predicted}`;
              const count = cells.get(cell) ?? 0;
              if (count === 0) return <td key={predicted} />;
              const said = `${count}: ${words.cell(className(classNames, truth), className(classNames, predicted))}`;
              const strength = 8 + Math.round((count / largest) * 34);
              const color = truth === predicted ? 'outline' : 'opposing';
              return (
                <td key={predicted}>
                  <button
                    type="button"
                    aria-pressed={chosen === cell}
                    aria-label={said}
                    title={said}
                    style={`background:color-mix(in srgb,var(--${color}) ${strength}%,var(--plate))`}
                    onClick={press(cell)}
                  >
                    {count}
                  </button>
                </td>
              );
            })}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function MistakeList({ cells, classNames, chosen, onChoose, words = OF_DECISIONS }: ConfusionProps): VNode | null {
  const mistakes = [...cells].filter(([cell]) => new Set(cell.split('>')).size === 2);
  if (mistakes.length === 0) return null;
  const listed = mistakes.sort((a, b) => b[1] - a[1]).slice(0, LISTED);
  return (
    <ul class="mistakes" aria-label="most frequent mistakes">
      {listed.map(([cell, count]) => {
        const [row = '', column = ''] = cell.split('>').map((side) => className(classNames, Number(side)));
        return (
          <li key={cell}>
            <button type="button" aria-pressed={chosen === cell} onClick={() => onChoose(chosen === cell ? '' : cell)}>
              {words.cell(row, column)} <span class="muted">{count}</span>
            </button>
          </li>
        );
      })}
    </ul>
  );
}
