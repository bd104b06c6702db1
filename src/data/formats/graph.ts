/**
 * Labelled graphs in the text format of the GIN experiments ([Xu et al. 2019]; MUTAG, PROTEINS, …): the number of
 * graphs; for each graph a line "nodes label", then for each node a line "tag degree neighbour neighbour …". Numbers
 * after the neighbours (node attributes) are left out.
 */
import { InputError } from '../../errors.js';
import { look, readBytes } from '../../files.js';
import { announcedHoldOut } from '../hold-out.js';
import { bytesText, countText, printable } from '../printable.js';
import type { Format, Place, ReadRequest, Source } from '../source.js';

// Dense matrices of what a longer text holds would not fit in memory anyway.
const TEXT_LIMIT = 1 << 28;

const FIRST_LINES = /^\s*\d+\s*\r?\n\s*\d+[ \t]+-?\d+\s*\r?\n/;

interface LabelledGraph {
  readonly label: number;
  readonly tags: readonly number[];
  readonly neighbours: readonly (readonly number[])[];
}

/**
 * Reader of graph files. An example is one matrix `[V, T + V]`, V being the most nodes of any graph and T the number of
 * different tags: row v holds node v's tag as a one-hot vector (columns 0 … T − 1) and its row of the symmetric
 * adjacency matrix (columns T …). Rows that pad a smaller graph are all zero.
 */
export const graphFormat: Format = {
  in: 'file',
  expects: 'a text file of graphs (number of graphs; "nodes label"; "tag degree neighbours…")',
  matches: ({ head }) => FIRST_LINES.test(new TextDecoder().decode(head)),
  read,
};

async function read(place: Place, { split, memoryLimit, notice }: ReadRequest): Promise<Source> {
  const size = (await look(place.path))?.size ?? 0;
  if (size > TEXT_LIMIT) {
    throw new InputError(
      `${place.shown}: ${bytesText(size)} of text are more than is read as graphs; give fewer graphs`,
    );
  }
  const graphs = parseGraphs(new TextDecoder().decode(await readBytes(place.path)), place.shown);
  const classes = sorted(graphs.map(({ label }) => label));
  const tags = sorted(graphs.flatMap((graph) => graph.tags));
  const nodes = graphs.reduce((most, graph) => Math.max(most, graph.tags.length), 0);
  const shape = [nodes, tags.length + nodes];
  const bytes = 4 * graphs.length * shape[0]! * shape[1]!;
  if (bytes > memoryLimit) {
    throw new InputError(
      `${place.shown}: takes ${bytesText(bytes)} as dense matrices, more than the memory limit of ` +
        `${bytesText(memoryLimit)}; raise the limit or leave out the largest graphs`,
    );
  }
  const labels = graphs.map(({ label }) => classes.indexOf(label));
  const kept = announcedHoldOut(labels, split, place.shown, notice);
  const tagNumber = new Map(tags.map((tag, i) => [tag, i]));
  const examples = new Float32Array(kept.length * shape[0]! * shape[1]!);
  kept.forEach((from, to) => {
    writeMatrix(graphs[from]!, tagNumber, shape, examples.subarray(to * shape[0]! * shape[1]!));
  });
  return {
    shape,
    elementType: 'float32',
    kind: 'vector',
    labels: Int32Array.from(kept, (i) => labels[i]!),
    classNames: classes.map(String),
    origin: (index) => ({ row: kept[index]! }),
    examples,
  };
}

function writeMatrix(
  { tags, neighbours }: LabelledGraph,
  tagNumber: ReadonlyMap<number, number>,
  [, columns]: readonly number[],
  matrix: Float32Array,
): void {
  const adjacency = tagNumber.size;
  tags.forEach((tag, v) => {
    const row = v * columns!;
    matrix[row + tagNumber.get(tag)!] = 1;
    for (const u of neighbours[v]!) {
      matrix[row + adjacency + u] = 1;
      matrix[u * columns! + adjacency + v] = 1;
    }
  });
}

function parseGraphs(text: string, shown: string): LabelledGraph[] {
  const lines = text.split(/\r?\n/);
  let at = 0;
  const wrong = (expected: string): InputError =>
    new InputError(
      `${shown}, line ${countText(at)}: expected ${expected}, found "${printable(lines[at - 1] ?? 'the end of the file', 60)}"`,
    );
  const numbers = (expected: string, atLeast: number): number[] => {
    const parts = (lines[at++] ?? '').trim().split(/\s+/).map(Number);
    if (parts.length < atLeast || !parts.slice(0, atLeast).every(Number.isSafeInteger)) throw wrong(expected);
    return parts;
  };

  const [total] = numbers('the number of graphs', 1) as [number];
  // Every graph takes a line: a larger number is refused before it is believed.
  if (total < 1 || total > lines.length) throw wrong('the number of graphs in this file');
  return Array.from({ length: total }, () => {
    const [nodes, label] = numbers('"nodes label"', 2) as [number, number];
    if (nodes < 1 || nodes > lines.length - at) throw wrong('as many nodes as lines follow');
    const rows = Array.from({ length: nodes }, () => {
      const [tag, degree, ...rest] = numbers('"tag degree neighbours…"', 2) as [number, number, ...number[]];
      const neighbours = rest.slice(0, Math.max(0, degree));
      if (degree !== neighbours.length || !neighbours.every((u) => Number.isInteger(u) && u >= 0 && u < nodes)) {
        throw wrong(`${degree} neighbours from 0 to ${nodes - 1}`);
      }
      return { tag, neighbours };
    });
    return { label, tags: rows.map(({ tag }) => tag), neighbours: rows.map(({ neighbours }) => neighbours) };
  });
}

function sorted(values: readonly number[]): number[] {
  return [...new Set(values)].sort((a, b) => a - b);
}
