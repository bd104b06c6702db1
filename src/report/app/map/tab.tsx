/** The map of features. */
import type { VNode } from 'preact';
import type { Part } from '../payload.js';
import { mapOf } from './points.js';

/** The tab. */
export function MapTab({ part }: { readonly part: Part }): VNode {
  return <p>{mapOf(part.result)?.method}</p>;
}
