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
  return {
    add: (rows, first) => {
      for (let i = 0; i < rows.length; i++) {
        const value = rows[i]!;
        const best = (i % units) * MOST_ACTIVE;
        let place = best + MOST_ACTIVE - 1;
        if (!(value > activations[place]!)) continue;
        for (; place > best && value > activations[place - 1]!; place--) {
          activations[place] = activations[place - 1]!;
          positions[place] = positions[place - 1]!;
        }
        activations[place] = value;
        positions[place] = first + Math.floor(i / units);
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
