/** What a report's page holds, without a browser. */
import { gunzipSync } from 'node:zlib';
import type { Payload } from '../../../src/report/app/payload.js';
import { readPayload } from '../../../src/report/app/unpack.js';

/** The page as a sheet of paper: what a reader without scripts sees, as HTML. */
export function paperOf(page: string): string {
  return /<noscript>(.*?)<\/noscript>/s.exec(page)![1]!;
}

/** The text of HTML as a reader sees it, entities resolved. */
export function textOf(html: string): string {
  return html
    .replace(/<style>.*?<\/style>/gs, '')
    .replace(/<(p|li|h\d|div|td|th|dt|dd|summary|section|button)\b/g, ' <$1')
    .replace(/<[^>]*>/g, '')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&')
    .replace(/\s+/g, ' ');
}

/** The text of a page without scripts. */
export const paperText = (page: string): string => textOf(paperOf(page));

/** The data of a page. */
export function payloadOf(page: string): Payload {
  const [, data] = /<script type="application\/octet-stream" id="payload">([^<]*)<\/script>/.exec(page)!;
  return readPayload(gunzipSync(Buffer.from(data!, 'base64')).toString());
}
