/** Rules that fire together. */

/** Rules that tell of numbers, and any of which may fail when the numbers are others. */
export const CONSEQUENCES =
  /^(outputs\.(tolerance|error-quantiles)|decisions\..*|representations\..*|explanations\..*)$/;

export const OUTPUTS = ['outputs.tolerance', 'outputs.error-quantiles'];

export const MAPS = ['explanations.rank-correlation', 'explanations.top-overlap'];

export const POINTS = 'explanations.representer-overlap';

export const STRUCTURE = [
  ...['structure.inputs', 'structure.outputs', 'structure.parameters', 'structure.file-size'],
  ...['structure.preprocessing', 'structure.inference'],
];
