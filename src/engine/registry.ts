/** The engines. To add one: a folder beside this file, and an entry here. */
import type { Engine } from './engine.js';

/** What an engine is opened with. */
export interface EngineAddress {
  /** Of the Redis that shards are handed out by. */
  readonly redis: string | undefined;
}

/** Engines by name, each loaded when it is asked for. */
export const ENGINES = {
  bullmq: async ({ redis }: EngineAddress): Promise<Engine> => (await import('./bullmq/engine.js')).bullmq(redis),
} as const;

/** The name of an engine. */
export type EngineName = keyof typeof ENGINES;

/** All of them. */
export const ENGINE_NAMES = Object.keys(ENGINES) as readonly EngineName[];
