/** The best few of many, in memory for the few. */

/** Collects the items with the highest scores. */
export interface Top<T> {
  /** An item that ties with one offered before it ranks below it. */
  offer(score: number, item: T): void;
  /** Best first. */
  readonly items: readonly T[];
}

/** Keeps the `limit` items with the highest scores. */
export function createTop<T>(limit: number): Top<T> {
  const scores: number[] = [];
  const items: T[] = [];
  return {
    items,
    offer: (score, item) => {
      if (items.length === limit && !(score > scores[limit - 1]!)) return;
      let place = items.length;
      while (place > 0 && score > scores[place - 1]!) place--;
      scores.splice(place, 0, score);
      items.splice(place, 0, item);
      if (items.length > limit) {
        scores.pop();
        items.pop();
      }
    },
  };
}
