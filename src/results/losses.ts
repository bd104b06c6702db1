/** Which measures are losses: a file of its own, as pages need it without the schemas. */

/** Whether a measure is low where a decision is good, so that what supports it does harm. */
export const isLoss = (measure: string): boolean => measure === 'loss' || measure === 'test-loss';
