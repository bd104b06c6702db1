/** What examples are called in reports. */
import type { Column } from './page.js';

/** An example as results hold it. */
interface NamedExample {
  readonly index: number;
  readonly file?: string | undefined;
}

/** An example and its file: `training image 17 (cat/0017.jpg)`. @param what it is */
export function exampleName({ index, file }: NamedExample, what = 'training image'): string {
  return file === undefined ? `${what} ${index}` : `${what} ${index} (${file})`;
}

/** The column of a table that says the files of examples; none where they have no files. */
export function fileColumn<E extends NamedExample>(examples: readonly E[]): readonly Column<E>[] {
  return examples.some(({ file }) => file !== undefined) ? [{ title: 'file', value: ({ file }) => file }] : [];
}
