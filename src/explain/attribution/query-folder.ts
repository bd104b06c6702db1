/** The folder of an input's maps beside the result. @param index of the input, from 0 */
export function queryFolder(index: number): string {
  return `query-${index}`;
}
