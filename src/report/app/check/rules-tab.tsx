/** What each rule found, failures first, and the decisions that changed. */
import type { VNode } from 'preact';
import type { CheckResult, CheckRule } from '../../../results/check.js';
import { usePage } from '../context.js';
import { Choice, Facts, Fold, Interactive, Notice, timeFact } from '../parts/basics.js';
import { counted } from '../parts/text.js';
import type { Part } from '../payload.js';
import { ChangedDecisions } from './changed-decisions.js';
import { changedIn, countOf, shown, STATUS_TEXT, STATUSES } from './says.js';

/** The tab. */
export function RulesTab({ part }: { readonly part: Part }): VNode {
  const { state, go, isPaper } = usePage();
  const result = part.result as CheckResult;
  const { baseline, configuration, seconds } = result;
  const present = STATUSES.filter((status) => countOf(result, status) > 0);
  const only = present.find((status) => status === state.of.status);
  const rules = present
    .filter((status) => (isPaper ? status !== 'pass' && status !== 'skip' : (only ?? status) === status))
    .flatMap((status) => result.rules.filter((rule) => rule.status === status));
  const blocking = result.rules.filter(({ blocks }) => blocks).length;
  return (
    <article>
      <p class="lede">
        {result.verdict === 'pass'
          ? 'The new export passes.'
          : `The new export does not do what the accepted model did: ${counted(blocking, 'rule')} failed that end${blocking === 1 ? 's' : ''} the pipeline.`}
      </p>
      {changedIn(result).all > 0 && <ChangedDecisions result={result} />}
      <h3>What each rule found</h3>
      <Interactive>
        <Choice
          title="rules shown"
          value={only ?? ''}
          options={[
            { value: '', text: `all ${result.rules.length}` },
            ...present.map((status) => ({ value: status, text: `${STATUS_TEXT[status]} ${countOf(result, status)}` })),
          ]}
          onChoose={(status) => go({ of: { ...state.of, status } })}
        />
      </Interactive>
      <ul class="rules" aria-live="polite">
        {rules.map((rule) => (
          <Rule key={rule.rule} rule={rule} />
        ))}
      </ul>
      {isPaper && rules.length < result.rules.length && (
        <p class="muted">
          {result.rules.length - rules.length} rules passed or were not judged; all are in result.json.
        </p>
      )}
      {configuration?.found && (
        <Notice>Configured by {configuration.path}, which was found in the current folder.</Notice>
      )}
      <Facts
        facts={[
          ['accepted model', `${baseline.model} (${baseline.path})`],
          ['configuration', configuration?.path ?? 'none'],
          ['probes', String(result.probes)],
          ...timeFact(seconds),
        ]}
      />
    </article>
  );
}

function Rule({ rule }: { readonly rule: CheckRule }): VNode {
  const { isPaper } = usePage();
  const { status, optional, sentence, value, limit, where, details, changes, level } = rule;
  const milder = changes.map(({ by, what }) => `${by}: ${what}`);
  return (
    <li>
      <p class={`status status-${status}`}>
        {STATUS_TEXT[status]}
        {optional && status === 'could-not-run' && ' (optional)'}
      </p>
      <div>
        <p>{sentence}</p>
        <p class="small muted">
          {rule.rule}
          {value !== null && ` · value ${shown(value)}`}
          {limit !== null && `, limit ${shown(limit)}`}
          {where !== undefined && (
            <>
              {' '}
              · begins at <strong>{where}</strong>
            </>
          )}
          {level === 'warn' && ' · warns only'}
        </p>
        {milder.length > 0 && <p class="small muted">{milder.join('; ')}</p>}
        {details.length > 0 && !isPaper && (
          <Fold title={`Details (${details.length})`}>
            <ul>
              {details.map((detail, i) => (
                <li key={i}>{detail}</li>
              ))}
            </ul>
          </Fold>
        )}
      </div>
    </li>
  );
}
