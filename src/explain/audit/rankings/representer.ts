/** `representer`: |α| of an example for its own label ([Yeh et al. 2018], Sec. 4.1). */
import { fittedRanking } from './ranking.js';

/** How far the fitted output is from the label, divided by 2λn. */
export const representer = fittedRanking(({ scores }) => scores.representer);
