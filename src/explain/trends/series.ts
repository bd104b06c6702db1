/** Measures of many images, step by step, as means with quartiles. */
import { quantile } from '../../numeric/statistics.js';
import type { TrendsSummary } from '../../results/trends.js';
import { finalMap, MEASURES, type FinalMap, type Measure } from './measures.js';

/** The means of all measures over some images. */
export type Means = Readonly<Record<string, number | null>>;

/** A series under construction: one method on the images of one split. */
export interface SeriesBuilder {
  /** Adds a step. @param maps one for each image */
  add(maps: readonly Float32Array[]): void;
  /** The measures so far. */
  readonly measures: Readonly<Record<string, TrendsSummary>>;
}

/** What maps are compared with: those after the last step. */
export function finalMaps(maps: readonly Float32Array[]): FinalMap[] {
  return maps.map(finalMap);
}

/** A series without any step yet. */
export function createSeries(finals: readonly FinalMap[]): SeriesBuilder {
  const summaries = MEASURES.map(() => ({
    mean: [] as (number | null)[],
    lowerQuartile: [] as (number | null)[],
    upperQuartile: [] as (number | null)[],
    images: [] as number[],
  }));
  return {
    add: (maps) => {
      MEASURES.forEach((measure, m) => {
        const values = valuesOf(measure, maps, finals);
        const { mean, lowerQuartile, upperQuartile, images } = summaries[m]!;
        mean.push(meanOf(values));
        lowerQuartile.push(values.length > 0 ? quantile(values, 0.25) : null);
        upperQuartile.push(values.length > 0 ? quantile(values, 0.75) : null);
        images.push(values.length);
      });
    },
    get measures() {
      const all = finals.length;
      return Object.fromEntries(
        MEASURES.map(({ name }, m) => {
          const { images, ...summary } = summaries[m]!;
          return [name, images.every((count) => count === all) ? summary : { ...summary, images }];
        }),
      );
    },
  };
}

/** Means of all measures at one step. */
export function meansOf(maps: readonly Float32Array[], finals: readonly FinalMap[]): Means {
  return Object.fromEntries(MEASURES.map((measure) => [measure.name, meanOf(valuesOf(measure, maps, finals))]));
}

function valuesOf(measure: Measure, maps: readonly Float32Array[], finals: readonly FinalMap[]): number[] {
  return maps.flatMap((map, i) => measure.of(map, finals[i]!) ?? []);
}

function meanOf(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}
