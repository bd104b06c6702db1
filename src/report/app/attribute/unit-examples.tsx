/** MIM: the compared examples that activate influential units most. */
import type { VNode } from 'preact';
import { formatNumber } from '../../../plot/format.js';
import type { AttributeResult, Layered } from '../../../results/attribute.js';
import { usePage, usePart } from '../context.js';
import type { ExampleLink } from '../kind-view.js';
import { Picture, usePictures } from '../parts/picture.js';
import { className, exampleName, notesLine } from '../parts/text.js';
import type { Pictured } from '../payload.js';
import { explainedIn } from './explained.js';

/** An influential unit as results list it. */
type ListedUnit = Layered['layers'][number]['strongest'][number];

/** An example of a unit. */
type UnitExample = NonNullable<ListedUnit['examples']>[number];

/** Size of a picture in pixels. */
const SIZE = 48;

/** The examples of a unit, each with its activation; those of the training split open when pressed. */
export function UnitExamples({
  unit,
  split = 'train',
}: {
  readonly unit: ListedUnit;
  readonly split: Layered['split'];
}): VNode {
  const { go, isPaper } = usePage();
  const { result } = usePart();
  const hasPicture = usePictures();
  const { examples = [] } = unit;
  const pictureOf = ({ index }: UnitExample): Pictured => ({ of: split, index });
  const arePictured = examples.some((example) => hasPicture(pictureOf(example)));
  const inside = (example: UnitExample) => {
    const name = exampleName(example, split === 'train' ? 'training example' : 'test example');
    return (
      <>
        {arePictured && <Picture of={pictureOf(example)} size={SIZE} alt={name} />}
        <span>{className(result.classNames, example.label)}</span>
        <span class="muted">{formatNumber(example.activation)}</span>
        {!arePictured && <span>{[name, notesLine(example.notes)].filter((part) => part !== '').join(', ')}</span>}
      </>
    );
  };
  // Behind a ReLU, a unit that is never active.
  if (unit.examples?.length === 0) return <span class="muted">none: it is silent on all of them</span>;
  return (
    <ol class={arePictured ? 'unit-examples' : 'unit-examples in-lines'}>
      {examples.map((example) => (
        <li key={example.index}>
          {split === 'train' && !isPaper ? (
            <button type="button" class="tile" onClick={() => go({ tab: 'examples', example: example.index })}>
              {inside(example)}
            </button>
          ) : (
            inside(example)
          )}
        </li>
      ))}
    </ol>
  );
}

/** Every listed unit of an input with the layer that it is in, and the split of its examples. */
function unitsOf(result: AttributeResult) {
  return explainedIn(result).flatMap((queries, input) =>
    queries.flatMap(({ layered }) =>
      (layered?.layers ?? []).flatMap(({ layer, strongest }) =>
        strongest.map((unit) => ({ input, layer, unit, split: layered?.split })),
      ),
    ),
  );
}

/** Training examples with the inputs whose influential units they activate most: of how many units, and of which. */
export function linksOfUnits(result: AttributeResult): ExampleLink[] {
  const found = new Map<string, { input: number; example: UnitExample; units: Map<string, number[]> }>();
  for (const { input, layer, unit, split } of unitsOf(result)) {
    for (const example of split === 'train' ? (unit.examples ?? []) : []) {
      const key = `${input} ${example.index}`;
      const link = found.get(key) ?? { input, example, units: new Map<string, number[]>() };
      link.units.set(layer, [...(link.units.get(layer) ?? []), unit.unit]);
      found.set(key, link);
    }
  }
  return Array.from(found.values(), ({ input, example, units }) => ({
    input,
    example,
    value: [...units.values()].reduce((sum, { length }) => sum + length, 0),
    by: Array.from(units, ([layer, of]) => `${layer}: ${of.join(', ')}`).join('; '),
  }));
}

/** Pictures of examples that no link names: those of the test split. */
export function picturedOfUnits(result: AttributeResult): Pictured[] {
  return unitsOf(result).flatMap(({ unit, split }) =>
    split === 'test' ? (unit.examples ?? []).map(({ index }): Pictured => ({ of: 'test', index })) : [],
  );
}
