/** Text files in pieces, known to be text in UTF-8 before anything is made of them. */
import { isUtf8 } from 'node:buffer';
import type { ByteReader } from '../byte-reader.js';
import type { LineFault } from './table.js';

const CHUNK = 1 << 16;
const LINE_FEED = 10;

/** Bytes that one line may have; what is longer is no row. */
export const LONGEST_LINE = 1 << 24;

/**
 * The bytes of a file as they are, in pieces that end behind a whole character.
 * @throws InputError naming the first line that is no text in UTF-8
 */
export async function* checkedText(reader: ByteReader, fault: LineFault): AsyncGenerator<Buffer> {
  let rest: Uint8Array = new Uint8Array(0);
  let line = 1;
  for (let isFirst = true; ; isFirst = false) {
    const bytes = new Uint8Array(CHUNK);
    const filled = await reader.fill(bytes);
    const piece = Buffer.concat([rest, bytes.subarray(0, filled)]);
    if (piece.length === 0) return;
    if (isFirst && piece.length > 1 && (piece.readUInt16LE() === 0xfeff || piece.readUInt16BE() === 0xfeff)) {
      throw fault(1, 'is text in UTF-16', 'save it in UTF-8');
    }
    const isLast = filled < CHUNK;
    const whole = piece.subarray(0, isLast ? piece.length : endOfCharacters(piece));
    const bad = firstBadLine(whole);
    if (bad) throw fault(line + bad.lines, bad.problem, bad.mend);
    for (let at = whole.indexOf(LINE_FEED); at >= 0; at = whole.indexOf(LINE_FEED, at + 1)) line++;
    rest = piece.subarray(whole.length);
    if (whole.length > 0) yield whole;
    if (isLast) return;
  }
}

/**
 * The lines of a file without what ends them, numbered from 1; blank lines are left out.
 * @throws InputError as `checkedText` does, and for a line that is too long
 */
export async function* textLines(
  reader: ByteReader,
  fault: LineFault,
): AsyncGenerator<{ readonly text: string; readonly line: number }> {
  let parts: Buffer[] = [];
  let length = 0;
  let line = 1;
  const taken = (): string => {
    const text = Buffer.concat(parts).toString();
    parts = [];
    length = 0;
    return text.replace(/^\ufeff/, '').trim();
  };
  for await (const piece of checkedText(reader, fault)) {
    let from = 0;
    for (let at = piece.indexOf(LINE_FEED); at >= 0; at = piece.indexOf(LINE_FEED, from)) {
      parts.push(piece.subarray(from, at));
      const text = taken();
      if (text !== '') yield { text, line };
      line++;
      from = at + 1;
    }
    const rest = piece.subarray(from);
    parts.push(rest);
    length += rest.length;
    if (length > LONGEST_LINE) throw fault(line, 'does not end', 'give one row a line');
  }
  const text = taken();
  if (text !== '') yield { text, line };
}

/** What zlib says of a damaged .gz file, as the fault of the line that it happened in; all else as it is. */
export function damagedText(error: unknown, line: number, fault: LineFault): unknown {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  return code.startsWith('Z_') ? fault(line, 'is damaged from here on', 'get or save the file again') : error;
}

/** Where the last character ends that is there as a whole. */
function endOfCharacters(bytes: Uint8Array): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back]!;
    if ((byte & 0xc0) === 0x80) continue;
    const needed = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return needed > back ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}

function firstBadLine(bytes: Buffer): { lines: number; problem: string; mend: string } | undefined {
  const isText = isUtf8(bytes);
  const zero = bytes.indexOf(0);
  if (isText && zero < 0) return undefined;
  const lines = bytes.toString('latin1').split('\n');
  const at = lines.findIndex((text) => text.includes('\0') || !isUtf8(Buffer.from(text, 'latin1')));
  return lines[at]!.includes('\0')
    ? { lines: at, problem: 'holds a zero byte, which no text has', mend: 'save the table as text in UTF-8' }
    : { lines: at, problem: 'holds letters that are not in UTF-8', mend: "save it with encoding='utf-8'" };
}
