/** The pictures of a page beside a result, so that the page can be made again, with others in it (Node only). */
import { look, readBytes } from '../../files.js';
import { join } from '../../storage/paths.js';
import * as v from 'valibot';
import { InputError } from '../../errors.js';
import { count, list, number } from '../../schema/fields.js';
import { parseJson } from '../../schema/json.js';
import { matchSchema } from '../../schema/problem.js';
import { noSheets, type Sheets } from './sheets.js';

const FOLDER = 'pictures';
const PLACES = 'places.json';
const sheetName = (index: number) => `sheet-${index}.webp`;

const positive = v.pipe(count, v.minValue(1));

const placesSchema = v.object({
  kind: v.literal('pictures'),
  sheets: list(
    v.object({ width: positive, height: positive, pitch: v.tuple([positive, positive]), columns: positive }),
  ),
  /** Sheet, tile, width and height of each picture. */
  places: v.record(v.string(), v.tuple([count, count, positive, positive])),
  /** Of what is no picture, a text or a row's numbers; absent in folders of earlier versions. */
  written: v.optional(v.record(v.string(), v.union([v.string(), list(number)])), {}),
  columns: v.optional(list(v.string())),
  leftOut: count,
});

/** The files of a folder `pictures`, by their name below the result's folder; none where there are no pictures. */
export function picturesFiles(pictures: Sheets = noSheets): [name: string, content: string | Uint8Array][] {
  const { files, ...places } = pictures;
  if (places.sheets.length === 0 && Object.keys(places.written).length === 0) return [];
  return [
    ...files.map((file, i): [string, Uint8Array] => [`${FOLDER}/${sheetName(i)}`, file]),
    [`${FOLDER}/${PLACES}`, `${JSON.stringify({ kind: 'pictures', ...places })}\n`],
  ];
}

/**
 * The pictures that lie beside a result; undefined where there is no such folder.
 * @throws InputError when it is damaged
 */
export async function readPictures(folder: string): Promise<Sheets | undefined> {
  const path = join(folder, FOLDER, PLACES);
  if ((await look(path))?.kind !== 'file') return undefined;
  const text = new TextDecoder().decode(await readBytes(path));
  const damaged = (file: string, problem: string) =>
    new InputError({ file, problem, mend: `run the command again, or remove the folder ${FOLDER} to go without` });
  const checked = matchSchema(
    placesSchema,
    parseJson(text, (why) => damaged(path, `not JSON (${why})`)),
  );
  if ('problem' in checked) throw damaged(path, `${checked.problem.path}: ${checked.problem.message}`);
  const { sheets, places, written, columns, leftOut } = checked.value;
  const files: Uint8Array[] = [];
  for (const [i, { width, height }] of sheets.entries()) {
    const name = join(folder, FOLDER, sheetName(i));
    if (!(await look(name))) throw damaged(name, 'is missing');
    const file = await readBytes(name);
    const { default: sharp } = await import('sharp');
    const found = await sharp(file)
      .metadata()
      .catch(() => undefined);
    if (found?.format !== 'webp' || found.width !== width || found.height !== height) {
      throw damaged(name, `is no WebP picture of ${width} × ${height}`);
    }
    files.push(file);
  }
  const lost = Object.entries(places).find(([, [sheet, tile]]) => {
    const of = sheets[sheet];
    return !of || (Math.floor(tile / of.columns) + 1) * of.pitch[1] > of.height;
  });
  if (lost) throw damaged(path, `${lost[0]} lies outside of its sheet`);
  return { sheets, files, places, written, columns, leftOut };
}
