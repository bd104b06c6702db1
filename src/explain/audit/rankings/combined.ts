/** `combined`: what other examples say of a label, and what the network does, as long as it has not memorised its labels. */
import { evidenceRanks, normalisedRanks, type Gathered } from '../evidence/gathered.js';
import { weightOfInputs } from '../evidence/inputs.js';
import type { Evidence, Ranked, Ranking } from './ranking.js';

/**
 * Weighted mean of normalised ranks. With a run: of the area under the margin, of out-of-fold probabilities and of votes of
 * neighbours, each over the epochs before the network repeats 30 % of the labels that the other examples contradict; from
 * then on its features tell apart what it was told to, not what it saw. Without one: of the same, out of the model as it is,
 * with its loss as long as it has not memorised its labels. What the inputs say joins with a weight of at most ½ each.
 */
export const combined: Ranking = {
  needsRun: false,
  rank: (evidence) => (evidence.course ? byCourse(evidence) : byModel(evidence)),
};

async function byCourse(evidence: Evidence): Promise<Ranked> {
  const { course } = evidence;
  const { gathered, gatheredEpochs, gatheredMargins, epochs } = await course!();
  const margins = normalisedRanks(gatheredMargins.map((margin) => -margin));
  const last = epochs.at(-1)!;
  const until = gatheredEpochs.at(-1)!;
  const reason =
    until < last
      ? `the network has memorised its labels: it ${repeats(gathered)}; so the course of its training is used, up to epoch ${until} of ${last}`
      : `the network has not memorised its labels: it ${repeats(gathered)}; so all of its training is used, up to its last layer after epoch ${last}`;
  return { scores: await together([margins], gathered, evidence), reason };
}

async function byModel(evidence: Evidence): Promise<Ranked> {
  const { fitted, latest } = evidence;
  const gathered = await latest();
  if (gathered.memorised) {
    const reason =
      `the network has memorised its labels: it ${repeats(gathered)}; so only out-of-fold probabilities and neighbours ` +
      'are used, not its loss; auditing the run that trained it finds more';
    return { scores: await together([], gathered, evidence), reason };
  }
  const reason =
    `the labels are not memorised: the model ${repeats(gathered)}; so out-of-fold probabilities, neighbours and the ` +
    'loss of its last layer are used';
  return { scores: await together([normalisedRanks(fitted.scores.loss)], gathered, evidence), reason };
}

function repeats({ memorisation: { contradicted, repeated } }: Gathered): string {
  return `repeats ${Math.round(100 * repeated)} % of the ${contradicted} labels that other examples contradict`;
}

/** The mean of the network's own ranks, those of its features, and those of the inputs. */
async function together(
  own: readonly Float64Array[],
  gathered: Gathered,
  { labels, classes, inputs }: Evidence,
): Promise<Float64Array> {
  const weighted = [...own, ...evidenceRanks(gathered, labels, classes)].map((ranks) => ({ ranks, weight: 1 }));
  const others = await inputs();
  if (others) {
    const weight = weightOfInputs(others, gathered, labels, classes);
    weighted.push(...evidenceRanks(others, labels, classes).map((ranks) => ({ ranks, weight })));
  }
  const total = weighted.reduce((sum, { weight }) => sum + weight, 0);
  return Float64Array.from(labels, (_, i) => {
    return weighted.reduce((sum, { ranks, weight }) => sum + weight * ranks[i]!, 0) / total;
  });
}
