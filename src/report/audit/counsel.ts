/** What an audit says of one label, as far as its own numbers carry. */
import { formatPercent } from '../../plot/format.js';
import type { ResultOf } from '../../results/kinds.js';

/** An audit of any build: those of earlier ones count no errors. */
export type AnyAudit = ResultOf<'audit'>;

/** What an audit of any build says of an example. */
export type Suspect = AnyAudit['suspects'][number];

/** From this probability on, a label is likelier wrong than right. */
const LIKELY = 0.5;

/** What a suspect's counsel depends on. */
export type Counselled = Pick<Suspect, 'label' | 'suggested' | 'wrong'>;

/** What is to be thought of a label. */
export type Counsel = {
  /** How likely it is wrong, in words; left out in audits of earlier builds. */
  readonly wrong?: string | undefined;
} & (
  | {
      /** `uncalibrated`: too few examples are clear to say how likely the label is wrong. */
      readonly says: 'likely wrong' | 'uncalibrated';
      /** The class that it should be, or may be where that is uncalibrated. */
      readonly instead: number;
    }
  | {
      readonly says: 'probably right';
      readonly instead?: undefined;
      /** The class that other examples tell all the same. */
      readonly others: number;
    }
  /** Other examples tell no other class. */
  | { readonly says: 'nothing'; readonly instead?: undefined }
);

/** The label that a counsel suggests, with a question mark where that is uncalibrated; undefined where it suggests none. */
export function suggestionOf({ says, instead }: Counsel, nameOf: (index: number) => string): string | undefined {
  return instead === undefined ? undefined : `${nameOf(instead)}${says === 'uncalibrated' ? '?' : ''}`;
}

/** What an audit says of a suspect's label. Where wrong labels could not be counted, the probability of one is not calibrated. */
export function counselOf(
  { errors }: Pick<AnyAudit, 'errors'>,
  { label, suggested, wrong: probability }: Counselled,
): Counsel {
  const isCalibrated = errors?.counted !== undefined && probability !== undefined;
  const wrong = isCalibrated ? formatPercent(probability) : probability === undefined ? undefined : 'uncalibrated';
  if (suggested === undefined || suggested === label) return { says: 'nothing', wrong };
  if (!isCalibrated) return { says: 'uncalibrated', instead: suggested, wrong };
  return probability >= LIKELY
    ? { says: 'likely wrong', instead: suggested, wrong }
    : { says: 'probably right', others: suggested, wrong };
}
