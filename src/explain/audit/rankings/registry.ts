/** The rankings of training labels. To add one: a file beside this one, and a line here. */
import { aum } from './aum.js';
import { combined } from './combined.js';
import { confident } from './confident.js';
import { forgetting } from './forgetting.js';
import { gradientNorm } from './gradient-norm.js';
import { influence } from './influence.js';
import { loss } from './loss.js';
import { meanLoss } from './mean-loss.js';
import { metagradient } from './metagradient.js';
import { neighbours } from './neighbours.js';
import type { Ranking } from './ranking.js';
import { representer } from './representer.js';

/** Every ranking by its name on the command line. */
export const RANKINGS = {
  combined,
  aum,
  'mean-loss': meanLoss,
  forgetting,
  confident,
  neighbours,
  representer,
  loss,
  'gradient-norm': gradientNorm,
  influence,
  metagradient,
} as const satisfies Record<string, Ranking>;

/** Name of a ranking. */
export type RankingName = keyof typeof RANKINGS;

/** What the suspects are sorted by by default. */
export const DEFAULT_RANKING: RankingName = 'combined';
