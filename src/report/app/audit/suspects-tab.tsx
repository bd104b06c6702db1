/** The suspects: as examples to be looked at one by one; on paper the first of them. */
import type { VNode } from 'preact';
import { counselOf, suggestionOf, type AnyAudit } from '../../audit/counsel.js';
import { usePage } from '../context.js';
import { ExamplesTab } from '../examples/tab.js';
import { Notice } from '../parts/basics.js';
import { DataTable } from '../parts/data-table.js';
import { originColumns } from '../parts/example-list.js';
import { Picture, usePictures } from '../parts/picture.js';
import { className } from '../parts/text.js';
import { writtenColumns } from '../parts/written.js';
import type { Part } from '../payload.js';

/** Suspects on paper. */
const ON_PAPER = 30;

/** The tab. */
export function SuspectsTab({ part }: { readonly part: Part }): VNode {
  const { isPaper } = usePage();
  const result = part.result as AnyAudit;
  return (
    <>
      {result.errors?.suspicious === false && (
        <Notice>No label looks wrong for sure: these examples are only the least certain ones.</Notice>
      )}
      {isPaper ? <PaperTable part={part} result={result} /> : <ExamplesTab part={part} />}
    </>
  );
}

/** The first suspects, as a table. */
function PaperTable({ part, result }: { readonly part: Part; readonly result: AnyAudit }): VNode {
  const has = usePictures();
  const { suspects, classNames } = result;
  const shown = suspects.slice(0, ON_PAPER).map((suspect) => ({ ...suspect, counsel: counselOf(result, suspect) }));
  const pictured = shown.some(({ index }) => has({ of: 'train', index }));
  return (
    <DataTable
      title="Training examples, most suspicious first"
      rows={shown}
      columns={[
        ...(pictured
          ? [
              {
                title: '',
                value: ({ index }: { index: number }) => (
                  <Picture of={{ of: 'train', index }} size={40} alt={`training image ${index}`} />
                ),
              },
            ]
          : []),
        { title: 'example', numeric: true, value: ({ index }) => index },
        ...[...originColumns(shown), ...writtenColumns(part, shown)].map(({ title, value }) => ({ title, value })),
        { title: 'label', value: ({ label }) => className(classNames, label) },
        {
          title: 'suggested label',
          value: ({ counsel }) => suggestionOf(counsel, (index) => className(classNames, index)) ?? '',
        },
        {
          title: 'label is wrong with',
          numeric: true,
          value: ({ counsel: { wrong } }) => wrong,
        },
        { title: 'the model says', value: ({ predicted }) => className(classNames, predicted) },
      ]}
    />
  );
}
