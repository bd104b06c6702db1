/** The map of features: where training examples and inputs lie in what the last layer sees. */
import type { VNode } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { formatCount } from '../../../plot/format.js';
import type { FeatureMap } from '../../../results/feature-map.js';
import { usePage } from '../context.js';
import { suspicionOf } from '../examples/listed.js';
import { useListedIndices } from '../examples/indices.js';
import { SelectionNote, useSelection } from '../examples/selection.js';
import { useOpenInput } from '../inputs/open.js';
import { Choice, Interactive, Select } from '../parts/basics.js';
import { className, counted, nameOfInput } from '../parts/text.js';
import type { Part } from '../payload.js';
import { byClass, byValue, TOLD_APART, type Looks } from './colors.js';
import { Legend } from './legend.js';
import { examplesWithin, lassoOf, lassoText, mapOf, pointsOf, type MapPoint } from './points.js';
import { ReadOut } from './read-out.js';
import { Scatter } from './scatter.js';

/** What colours can say. */
type ColorBy = 'class' | 'suspicion' | 'effect';

/** The tab; nothing on paper, or where the result has no map. */
export function MapTab({ part }: { readonly part: Part }): VNode | null {
  const map = mapOf(part.result);
  return map ? (
    <Interactive>
      <FeatureScatter part={part} map={map} />
    </Interactive>
  ) : null;
}

function FeatureScatter({ part, map }: { readonly part: Part; readonly map: FeatureMap }): VNode {
  const { state, go, kinds } = usePage();
  const { result } = part;
  const { classNames } = result;
  const decisions = kinds.decisionsOf(result);
  const listed = useListedIndices(result);
  const { passes, says } = useSelection(part);
  const [current, setCurrent] = useState<MapPoint | undefined>();
  const classes = useMemo(() => [...new Set(map.train.labels)].sort((a, b) => a - b), [map]);
  const [highlighted, highlight] = useState<number | undefined>();
  const { by, looks, choices, chosenClass } = useLooks(part, map, classes, highlighted);
  const lasso = useMemo(() => lassoOf(state.of.lasso), [state.of.lasso]);
  const set = (change: Record<string, string>) => go({ of: { ...state.of, ...change } });
  const points = pointsOf(map);
  const isChosen = useMemo(
    () => (point: MapPoint) => point.of === 'input' || passes({ index: point.index, label: point.label }),
    [passes],
  );
  const isBright = useMemo(() => {
    if (highlighted === undefined) return isChosen;
    return ({ of, index, label }: MapPoint) =>
      (of === 'input' ? decisions[index]?.predicted?.class : label) === highlighted;
  }, [isChosen, highlighted, decisions]);
  const open = ({ of, index }: MapPoint) => {
    if (of === 'input') go({ tab: '', input: index });
    else if (listed.has(index)) go({ tab: 'examples', example: index });
  };
  const within = lasso.length > 0 ? [...examplesWithin(map, lasso)] : undefined;
  const chosen = points.points.filter((point) => point.of === 'train' && isChosen(point));
  const inList = chosen.filter(({ index }) => listed.has(index)).length;
  const summary =
    `${counted(map.train.indices.length, 'training example')}` +
    (map.queries.x.length > 0 ? ` and ${counted(map.queries.x.length, 'input')}` : '');
  return (
    <section aria-label="map of features">
      <h2>Map of features</h2>
      <p>
        {summary} by what layer {map.layer} sees of them. Neighbours are alike; distances between groups mean little.
        Draw a line around points to list them.
      </p>
      <div class="row">
        {choices.length > 1 && (
          <Choice title="colours by" value={by} options={choices} onChoose={(value) => set({ color: value })} />
        )}
        <Select
          title="class"
          value={state.of.class ?? ''}
          options={[
            { value: '', text: 'all' },
            ...classes.map((label) => ({ value: String(label), text: className(classNames, label) })),
          ]}
          onChoose={(value) => set({ class: value })}
        />
      </div>
      <Legend
        by={by}
        classes={classes}
        classNames={classNames}
        chosen={chosenClass}
        hasInputs={map.queries.x.length > 0}
        onLook={highlight}
        onChoose={(label) => set({ class: label === undefined ? '' : String(label) })}
      />
      <div class="map-beside">
        <Scatter
          map={points}
          looks={looks}
          isBright={isBright}
          lasso={lasso}
          current={current}
          label={`${summary}. Arrow keys go to the next point in their direction, Enter opens it.`}
          onLook={setCurrent}
          onOpen={open}
          onLasso={(polygon) => set({ lasso: lassoText(polygon) })}
        />
        <ReadOut
          point={current}
          name={current?.of === 'input' ? nameOfInput(decisions[current.index]) : undefined}
          decision={current?.of === 'input' ? decisions[current.index] : undefined}
          canOpen={current !== undefined && (current.of === 'input' || listed.has(current.index))}
          part={part}
        />
      </div>
      <p class="map-chosen" aria-live="polite">
        {says.length > 0 && (
          <>
            {counted(chosen.length, 'point')}
            <SelectionNote says={says} />
            {inList > 0 && (
              <button type="button" onClick={() => go({ tab: 'examples', example: -1 })}>
                list {counted(inList, 'training example')}
              </button>
            )}
          </>
        )}
      </p>
      <ClassCounts map={map} within={within} classNames={classNames} />
    </section>
  );
}

/**
 * The looks that the state asks for, and those that the page's data allow.
 * @param highlighted a class that is singled out for a moment
 */
function useLooks(part: Part, map: FeatureMap, classes: readonly number[], highlighted: number | undefined) {
  const { payload, state, kinds } = usePage();
  const { result } = part;
  const input = useOpenInput();
  const chosenClass = state.of.class ? Number(state.of.class) : undefined;
  const singledOut = highlighted ?? chosenClass;
  const suspicion = useMemo(() => {
    const wrong = map.train.indices.map((index) => [index, suspicionOf(payload, result, index)] as const);
    return new Map(wrong.flatMap(([index, suspect]) => (suspect ? [[index, -(suspect.wrong ?? 1)] as const] : [])));
  }, [payload, result, map]);
  const effects = useMemo(() => {
    const links = kinds.linksOf(result).filter((link) => link.input === input);
    return new Map(links.map(({ example, value }) => [example.index, value]));
  }, [kinds, result, input]);
  const choices: { value: ColorBy; text: string }[] = [
    { value: 'class', text: 'by class' },
    ...(suspicion.size > 0 ? [{ value: 'suspicion' as const, text: 'by suspicion' }] : []),
    ...(map.queries.x.length > 0 && effects.size > 0
      ? [{ value: 'effect' as const, text: 'by effect on the open input' }]
      : []),
  ];
  const usual: ColorBy = classes.length > TOLD_APART ? choices.at(-1)!.value : 'class';
  const by = choices.find(({ value }) => value === state.of.color)?.value ?? usual;
  const looks = useMemo((): Looks => {
    if (by === 'suspicion') return byValue(suspicion);
    if (by === 'effect') return byValue(effects);
    return byClass(classes, singledOut);
  }, [by, suspicion, effects, classes, singledOut]);
  return { by, looks, choices, chosenClass };
}

/** The map in words: how many of each class there are, and how many within the line. */
function ClassCounts({
  map,
  within,
  classNames,
}: {
  readonly map: FeatureMap;
  readonly within: readonly number[] | undefined;
  readonly classNames: readonly string[];
}): VNode {
  const chosen = within && new Set(within);
  const counts = new Map<number, number>();
  for (const [i, label] of map.train.labels.entries()) {
    if (!chosen || chosen.has(map.train.indices[i]!)) counts.set(label, (counts.get(label) ?? 0) + 1);
  }
  const sorted = [...counts].sort((a, b) => b[1] - a[1]);
  return (
    <p class="small muted">
      {within ? 'Within the line: ' : 'On the map: '}
      {sorted.map(([label, count]) => `${className(classNames, label)} ${formatCount(count)}`).join(', ') || 'nothing'}.
    </p>
  );
}
