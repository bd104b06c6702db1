/** `combined`: what other examples say of a label, and what the network does, as long as it has not memorised its labels. */
import { evidenceRanks, normalisedRanks, type Gathered } from '../evidence/gathered.js';
import type { Evidence, Ranked, Ranking } from './ranking.js';

/**
 * Mean of normalised ranks. With a run: of the area under the margin, of out-of-fold probabilities and of votes of
 * neighbours, each over the epochs before the network repeats 30 % of the labels that the other examples contradict; from
 * then on its features tell apart what it was told to, not what it saw. Without one: of the same, out of the model as it is,
 * with its loss as long as it has not memorised its labels.
 */
export const combined: Ranking = {
  needsRun: false,
  rank: (evidence) => (evidence.course ? byCourse(evidence) : byModel(evidence)),
};

async function byCourse({ labels, classes, course }: Evidence): Promise<Ranked> {
  const { gathered, gatheredEpochs, gatheredMargins, epochs } = await course!();
  const margins = normalisedRanks(gatheredMargins.map((margin) => -margin));
  const last = epochs.at(-1)!;
  const until = gatheredEpochs.at(-1)!;
  const reason =
    until < last
      ? `the network has memorised its labels: it ${repeats(gathered)}; so the course of its training is used, up to epoch ${until} of ${last}`
      : `the network has not memorised its labels: it ${repeats(gathered)}; so all of its training is used, up to its last layer after epoch ${last}`;
  return { scores: meanOf([margins, ...evidenceRanks(gathered, labels, classes)]), reason };
}

async function byModel({ labels, classes, fitted, latest }: Evidence): Promise<Ranked> {
  const gathered = await latest();
  const ranks = evidenceRanks(gathered, labels, classes);
  if (gathered.memorised) {
    const reason =
      `the network has memorised its labels: it ${repeats(gathered)}; so only out-of-fold probabilities and neighbours ` +
      'are used, not its loss; auditing the run that trained it finds more';
    return { scores: meanOf(ranks), reason };
  }
  const reason =
    `the labels are not memorised: the model ${repeats(gathered)}; so out-of-fold probabilities, neighbours and the ` +
    'loss of its last layer are used';
  return { scores: meanOf([...ranks, normalisedRanks(fitted.scores.loss)]), reason };
}

function repeats({ memorisation: { contradicted, repeated } }: Gathered): string {
  return `repeats ${Math.round(100 * repeated)} % of the ${contradicted} labels that other examples contradict`;
}

function meanOf(lists: readonly Float64Array[]): Float64Array {
  return lists[0]!.map((_, i) => lists.reduce((sum, list) => sum + list[i]!, 0) / lists.length);
}
