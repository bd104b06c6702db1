/** Whether pictures of different layers show the same. */

/** Mean cosine of all pairs; pictures that are all zero agree with none, and one picture alone has no pair (0). */
export function meanPairwiseCosine(pictures: readonly Float32Array[]): number {
  let [sum, pairs] = [0, 0];
  for (let a = 0; a < pictures.length; a++) {
    for (let b = a + 1; b < pictures.length; b++) {
      sum += cosine(pictures[a]!, pictures[b]!);
      pairs++;
    }
  }
  return pairs > 0 ? sum / pairs : 0;
}

function cosine(a: Float32Array, b: Float32Array): number {
  let [product, squaresA, squaresB] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    product += a[i]! * b[i]!;
    squaresA += a[i]! ** 2;
    squaresB += b[i]! ** 2;
  }
  const size = Math.sqrt(squaresA * squaresB);
  return size > 0 ? product / size : 0;
}
