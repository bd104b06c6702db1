/** Examples as a shell finds them. */
import { shellPath } from '../../workflows/list-context.js';

/** An example of a result. */
interface ListedExample {
  readonly index: number;
  readonly file?: string | undefined;
  readonly row?: number | undefined;
}

/** The path of an example's file, or its row where the file holds many; its index where a result does not say more. */
export function whereabouts({ index, file, row }: ListedExample, { spec }: { readonly spec: string }): string {
  if (row !== undefined) return `row ${row}`;
  return file === undefined ? String(index) : `${shellPath(spec)}/${file}`;
}
