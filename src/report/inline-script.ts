/** The one script that a page may hold (Node only). */
import { createHash } from 'node:crypto';

/** A script, and the hash by which the page allows it, and nothing else, to run. */
export interface InlineScript {
  readonly text: string;
  /** SHA-256 of its UTF-8 bytes, base64, as a Content-Security-Policy names it. */
  readonly sha256: string;
}

/** A script for a page. It holds no data: what it works on, it reads from the page. @throws Error when it would end its own element */
export function inlineScript(text: string): InlineScript {
  if (/<[!/]|\r/i.test(text)) throw new Error('internal: a script that an HTML parser reads otherwise');
  return { text, sha256: createHash('sha256').update(text).digest('base64') };
}
