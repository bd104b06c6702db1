/**
 * γ of single training examples from elsewhere: what splits the γ of a batch exactly into its rows, as going back over the
 * recorded steps does, takes the place of the equal parts that a trace knows of by itself.
 */

/** γ of every training example for inputs at one layer. */
export interface LayerExampleGammas {
  /** For each traced input, in order: Γ of every training example, [training examples]. */
  readonly queries: readonly Float64Array[];
  /**
   * The mean of γ / ‖r‖² over the reference inputs, [training examples]: γ for the mean of their matrices G / ‖r‖². Without
   * it nothing is contrasted.
   */
  readonly mean?: Float64Array | undefined;
  /** γ / ‖r‖² of the first reference inputs one by one: what tells whether a layer's list is the same for everything. */
  readonly references?: readonly Float64Array[] | undefined;
  /**
   * At the layer whose units were asked for: for each traced input, by unit, what every training example did to that output,
   * (Δ f)_unit of its parts, [training examples].
   */
  readonly units?: readonly ReadonlyMap<number, Float64Array>[] | undefined;
}

/** What γ is asked for. */
export interface ExampleGammaRequest {
  /** Names of the layers. */
  readonly layers: readonly string[];
  /** What γ is measured against: r = W f, or (W − W⁽⁰⁾) f. */
  readonly reference: 'full' | 'delta';
  /** The traced inputs as the model takes them. */
  readonly inputs: readonly Float32Array[];
  /** The reference inputs, likewise; none where nothing is contrasted. */
  readonly references: readonly Float32Array[];
  /** Outputs of a layer that are asked for one by one. */
  readonly units?: UnitRequest | undefined;
}

/** Single outputs of a layer. */
export interface UnitRequest {
  readonly layer: string;
  /** How many outputs it has. */
  readonly count: number;
  /** For each traced input, some of them. */
  readonly of: readonly (readonly number[])[];
}

/** An exact split of traced layers. */
export interface ExampleGammas {
  /** @returns γ at each of the layers, in their order; undefined where it turns out that there is none */
  of(request: ExampleGammaRequest): Promise<readonly LayerExampleGammas[] | undefined>;
}
