/** What examples are called in reports. */
import type { Column } from './page.js';

/** An example as results hold it. */
interface NamedExample {
  readonly index: number;
  readonly file?: string | undefined;
  readonly row?: number | undefined;
  readonly notes?: Readonly<Record<string, string>> | undefined;
}

/** An example and where it is: `training image 17 (cat/0017.jpg)`. @param what it is */
export function exampleName(example: NamedExample, what = 'training image'): string {
  const where = whereOf(example);
  return where === '' ? `${what} ${example.index}` : `${what} ${example.index} (${where})`;
}

/** Where an example is: its file below the data set's folder, its row, or both; nothing where the result does not say it. */
export function whereOf({ file, row }: Pick<NamedExample, 'file' | 'row'>): string {
  return [file, row === undefined ? undefined : `row ${row}`].filter((part) => part !== undefined).join(', ');
}

/** The columns of a table that say where examples are, and what is stored beside them; none where the result does not say it. */
export function originColumns<E extends NamedExample>(examples: readonly E[]): readonly Column<E>[] {
  const has = {
    file: examples.some(({ file }) => file !== undefined),
    row: examples.some(({ row }) => row !== undefined),
  };
  const names = new Set(examples.flatMap(({ notes }) => Object.keys(notes ?? {})));
  return [
    ...(has.file ? [{ title: 'file', value: ({ file }: E) => file }] : []),
    ...(has.row ? [{ title: 'row', value: ({ row }: E) => (row === undefined ? undefined : String(row)) }] : []),
    ...Array.from(names, (name) => ({ title: name, value: ({ notes }: E) => notes?.[name] })),
  ];
}
