/** The plots of a trace result: what of the result goes into each. */
import { depthOverview } from '../../plot/depth-overview.js';
import { formatCount, formatNumber, formatPercent, formatSignedPercent } from '../../plot/format.js';
import { imagePanel } from '../../plot/image-panel.js';
import { linePlot } from '../../plot/line-plot.js';
import type { EmbeddedImage } from '../../plot/pixel-image.js';
import { ridgePlot } from '../../plot/ridge-plot.js';
import type { TraceExample, TraceLayer, TraceQuery } from '../../results/trace.js';
import { className } from '../class-name.js';
import { LIST_TITLES, stepGroups, type Split } from './words.js';

/** Classes in a plot, at most: the most probable ones, as in the paper. */
const plottedClasses = 10;

/** A training example with its picture. */
export interface PicturedExample extends TraceExample {
  readonly image: EmbeddedImage | undefined;
}

/**
 * Share of the layer's representation that a γ accounts for: γ / ‖reference‖². The shares of all steps (and, with the
 * full reference, of the initial weights) sum to 1, up to the completeness error.
 */
export function shareOf(layer: TraceLayer, gamma: number): number {
  return layer.norm > 0 ? gamma / layer.norm ** 2 : 0;
}

/** Σ γ of a class in a layer; 0 when no step was of this class. */
export function classGamma(layer: TraceLayer, index: number): number {
  return layer.classes.find((entry) => entry.class === index)?.gamma ?? 0;
}

/** The score by which an example was ranked, in words. */
export function exampleScore({ gamma, cosine, contrast }: TraceExample): string {
  if (contrast === undefined)
    return cosine === undefined ? `γ ${formatNumber(gamma)}` : `Σ cos ${formatNumber(cosine)}`;
  return `${cosine === undefined ? 'γ−γ\u0304' : 'cos−mean'} ${formatNumber(contrast)}`;
}

/** One ridge a class, the ten most probable classes, or undefined when the result holds no ridges. */
export function layerRidges(query: TraceQuery, layer: TraceLayer): string | undefined {
  const plotted = query.topClasses.slice(0, plottedClasses).flatMap(({ class: index, label }) => {
    const entry = layer.classes.find((candidate) => candidate.class === index);
    return entry?.ridge ? [{ index, label, ridge: entry.ridge, gamma: entry.gamma }] : [];
  });
  const { mixed } = layer;
  if (mixed?.ridge) plotted.push({ index: -1, label: 'mixed batches', ridge: mixed.ridge, gamma: mixed.gamma });
  // Split exactly, such batches have a ridge, and their share is that of the classes.
  const isShared = (index: number) => index >= 0 || layer.remainder === undefined;
  const x = plotted[0]?.ridge.x;
  if (!x || x.length < 2) return undefined;
  const highlighted = plotted.findIndex(({ index }) => index === query.predicted.class);
  return ridgePlot({
    x,
    ridges: plotted.map(({ index, label, ridge, gamma }) => ({
      label,
      density: ridge.density,
      note: isShared(index) ? formatSignedPercent(shareOf(layer, gamma)) : undefined,
    })),
    highlighted: highlighted < 0 ? undefined : highlighted,
    noteTitle: 'share of γ',
    label:
      `Density of the cosine similarity between each class's weight updates and the output of layer ${layer.layer}, ` +
      `weighted by the size of the updates; ${query.predicted.label} is predicted`,
  });
}

/** The title of a list, and whether that is all of it. */
export function listTitle(title: string, shown: readonly unknown[], all: readonly unknown[]): string {
  if (shown.length === all.length) return title;
  return `${title}, the first ${formatCount(shown.length)} of ${formatCount(all.length)} in result.json`;
}

/** The query and the training images of a layer's lists. */
export function layerPanel(
  query: TraceQuery,
  layer: TraceLayer,
  queryImage: EmbeddedImage | undefined,
  examples: readonly PicturedExample[],
  opponents: readonly PicturedExample[],
  classNames: readonly string[],
  split: Split,
): string {
  const items = (list: readonly PicturedExample[], tone?: 'opposing') =>
    list.map((example) => ({
      image: example.image,
      caption: className(classNames, example.label),
      detail: exampleScore(example),
      highlighted: example.label === query.predicted.class,
      tone,
    }));
  const title = listTitle(`${LIST_TITLES[split].supporting}, layer ${layer.layer}`, examples, layer.examples);
  const rows = [{ title, items: items(examples) }];
  if (opponents.length > 0) {
    const opposing = listTitle(LIST_TITLES[split].opposing, opponents, layer.opponents);
    rows.push({ title: opposing, items: items(opponents, 'opposing') });
  }
  return imagePanel({
    query: {
      image: queryImage,
      caption: query.predicted.label,
      detail: formatPercent(query.predicted.probability),
      highlighted: true,
      tone: 'accent',
    },
    rows,
    label:
      `Input predicted as ${query.predicted.label}, and training images, ` +
      `${split === 'batch' ? 'of the batches ' : ''}that shaped layer ${layer.layer} most`,
  });
}

/** Share of γ of each class and of mixed batches, layer by layer. */
export function classesOverDepth(query: TraceQuery): string {
  const groups = new Set(query.layers.flatMap(stepGroups).map((group) => group.class));
  const classes = query.topClasses.slice(0, plottedClasses).filter((entry) => groups.has(entry.class));
  const mixed = groups.has(null);
  return depthOverview({
    layers: query.layers.map(({ layer }) => layer),
    classes: [...classes.map(({ label }) => label), ...(mixed ? ['mixed batches'] : [])],
    shares: query.layers.map((layer) => [
      ...classes.map((entry) => shareOf(layer, classGamma(layer, entry.class))),
      ...(mixed ? [shareOf(layer, layer.mixed?.gamma ?? 0)] : []),
    ]),
    highlighted: classes.findIndex((entry) => entry.class === query.predicted.class),
    scaleTitle: "share of the layer's γ",
    label: `How much of each layer's output the training steps of each class account for, from input to output`,
  });
}

/** Running sum of γ over the steps: of the predicted class, of all others, of mixed batches; undefined without the series. */
export function gammaOverTraining(query: TraceQuery, layer: TraceLayer): string | undefined {
  if (!layer.steps || layer.steps.gamma.length === 0) return undefined;
  const { gamma, class: classes } = layer.steps;
  const x = Array.from(gamma.keys());
  const sumOver = (belongs: (name: number | null) => boolean) => {
    let sum = 0;
    return gamma.map((value, i) => (sum += belongs(classes[i]!) ? shareOf(layer, value) * 100 : 0));
  };
  const { class: predicted, label } = query.predicted;
  const ofClasses = classes.some((name) => name !== null)
    ? [
        { name: label, x, y: sumOver((name) => name === predicted), color: 'accent' as const },
        {
          name: 'all other classes',
          x,
          y: sumOver((name) => name !== null && name !== predicted),
          color: 'outline' as const,
        },
      ]
    : [];
  const mixed = classes.includes(null)
    ? [{ name: 'mixed batches', x, y: sumOver((name) => name === null), color: 'ink' as const }]
    : [];
  return linePlot({
    series: [...ofClasses, ...mixed],
    xTitle: 'training step',
    yTitle: "share of the layer's γ so far, %",
    label: `Running sum of γ over training, layer ${layer.layer}`,
    height: 260,
  });
}
