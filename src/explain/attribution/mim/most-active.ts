/** Which examples activate each unit of a layer most, in memory for a few of each unit. */

/** Examples that are kept of each unit. */
export const MOST_ACTIVE = 3;

/** An example by its position in the data, and what it makes of a unit. */
export interface ActivePosition {
  readonly position: number;
  readonly activation: number;
}

/** The examples so far that activate each unit most. */
export interface MostActive {
  /**
   * Takes examples, in their order.
   * @param activations row-major [rows, units]
   * @param first position of the first row
   */
  add(activations: Float32Array, first: number): void;
  /** Those of a unit, at most {@link MOST_ACTIVE}: the largest activation first, of equal ones the first in the data. */
  of(unit: number): ActivePosition[];
}

/** Begins without examples. @param units of the layer */
export function mostActive(units: number): MostActive {
  const activations = new Float32Array(units * MOST_ACTIVE).fill(-Infinity);
  const positions = new Int32Array(units * MOST_ACTIVE).fill(-1);
  // What has to be exceeded, close together: nearly all activations are compared with it, and no more.
  const least = new Float32Array(units).fill(-Infinity);
  const insert = (unit: number, activation: number, position: number) => {
    const best = unit * MOST_ACTIVE;
    const last = best + MOST_ACTIVE - 1;
    let place = last;
    for (; place > best && activation > activations[place - 1]!; place--) {
      activations[place] = activations[place - 1]!;
      positions[place] = positions[place - 1]!;
    }
    activations[place] = activation;
    positions[place] = position;
    least[unit] = activations[last]!;
  };
  return {
    add: (rows, first) => {
      for (let at = 0, position = first; at < rows.length; at += units, position++) {
        for (let unit = 0; unit < units; unit++) {
          const activation = rows[at + unit]!;
          if (activation > least[unit]!) insert(unit, activation, position);
        }
      }
    },
    of: (unit) => {
      const places = Array.from({ length: MOST_ACTIVE }, (_, i) => unit * MOST_ACTIVE + i);
      return places
        .filter((place) => positions[place]! >= 0)
        .map((place) => ({ position: positions[place]!, activation: activations[place]! }));
    },
  };
}
