/** All inputs of a result: filtered, sorted, one of them open. */
import type { VNode } from 'preact';
import { useMemo } from 'preact/hooks';
import { formatPercent } from '../../../plot/format.js';
import { usePage, usePart } from '../context.js';
import { isProbable, nameOf, outcomeOf, type Decision } from '../decisions.js';
import { Choice, Select } from '../parts/basics.js';
import { ListPanel, ListRow } from '../parts/list-panel.js';
import { className, counted } from '../parts/text.js';
import { cellOf, confusion, filtered, hasProbabilities, ORDERS, type FilterState } from './filter.js';
import { ConfusionFold } from './confusion-matrix.js';

const RANGES = ['', '0-20', '20-40', '40-60', '60-80', '80-100'];

/** The places that are listed, in order; computed once as long as the filter stays. */
export function useListed(): { readonly decisions: readonly Decision[]; readonly places: readonly number[] } {
  const { state, kinds } = usePage();
  const part = usePart();
  const { search, only, cell, sure, sort } = state;
  const decisions = kinds.decisionsOf(part.result);
  const places = useMemo(
    () => filtered(decisions, { search, only, cell, sure, sort } satisfies FilterState),
    [decisions, search, only, cell, sure, sort],
  );
  return { decisions, places };
}

/** The list of inputs with its filters. */
export function InputsPanel(): VNode {
  const { state, go } = usePage();
  const { result } = usePart();
  const { decisions, places } = useListed();
  const outcomes = decisions.map(outcomeOf);
  const count = (outcome: string) => outcomes.filter((found) => found === outcome).length;
  const cells = useMemo(() => confusion(decisions), [decisions]);
  const isFiltered = state.search !== '' || state.only !== 'all' || state.cell !== '' || state.sure !== '';
  const [truth, predicted] = cellOf(state.cell);
  return (
    <ListPanel
      things="inputs"
      searched="file name, class or text"
      search={state.search}
      onSearch={(search) => go({ search }, true)}
      count={places.length}
      current={places.indexOf(state.input)}
      row={(at) => <InputRow place={places[at]!} decision={decisions[places[at]!]!} />}
    >
      {count('unknown') < decisions.length && (
        <Choice
          title="which inputs"
          value={state.only}
          options={[
            { value: 'all', text: `all ${decisions.length}` },
            { value: 'wrong', text: `wrong ${count('wrong')}` },
            { value: 'right', text: `right ${count('right')}` },
          ]}
          onChoose={(only) => go({ only })}
        />
      )}
      <div class="row">
        <Select
          title="order"
          value={state.sort}
          options={Object.entries(ORDERS).map(([value, text]) => ({ value, text }))}
          onChoose={(sort) => go({ sort })}
        />
        {hasProbabilities(decisions) && (
          <Select
            title="sure"
            value={state.sure}
            options={RANGES.map((value) => ({ value, text: value === '' ? 'any' : `${value.replace('-', '–')} %` }))}
            onChoose={(sure) => go({ sure })}
          />
        )}
      </div>
      <ConfusionFold
        summary="Which class was taken for which"
        label="confusion matrix"
        cells={cells}
        classNames={result.classNames}
        chosen={state.cell}
        onChoose={(cell) => go({ cell })}
      />
      <p class="small" aria-live="polite">
        {counted(places.length, 'input')}
        {truth !== undefined && `, truly ${className(result.classNames, truth)}`}
        {predicted !== undefined && `, taken for ${className(result.classNames, predicted)}`}
        {isFiltered && (
          <>
            {' '}
            <button type="button" class="link" onClick={() => go({ search: '', only: 'all', cell: '', sure: '' })}>
              show all
            </button>
          </>
        )}
      </p>
    </ListPanel>
  );
}

function InputRow({ place, decision }: { readonly place: number; readonly decision: Decision }): VNode {
  const { state, go } = usePage();
  const { predicted, truth } = decision;
  const isWrong = outcomeOf(decision) === 'wrong';
  return (
    <ListRow
      of={{ of: 'input', index: place }}
      isOpen={state.input === place}
      onOpen={() => go({ input: place })}
      below={nameOf(decision)}
    >
      <strong>{predicted?.label ?? decision.input}</strong>
      {predicted && isProbable(decision) && ` ${formatPercent(predicted.probability)}`}
      {isWrong && <span class="wrong">, wrong: {truth!.label}</span>}
    </ListRow>
  );
}
