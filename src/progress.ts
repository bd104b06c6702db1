/** How long work says how far it is. */

/** A part of the work is at `done` of `total` (examples, steps, …); `what` names the part. */
export type Progress = (what: string, done: number, total: number) => void;

/** A line that the user should read: something was chosen, left out or not as expected. */
export type Notice = (line: string) => void;

/** How work talks to whoever waits for it; both may be left out. */
export interface Reporting {
  readonly onProgress?: Progress | undefined;
  readonly onNotice?: Notice | undefined;
}
