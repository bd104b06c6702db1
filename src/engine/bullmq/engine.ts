/** BullMQ on Redis: shards wait in a queue, and workers on any number of machines take them from it. */
import type { Engine } from '../engine.js';
import { submit } from './submit.js';
import { work } from './work.js';

/** @param redis its address; `REDIS_URL` of the environment by default */
export function bullmq(redis = process.env.REDIS_URL): Engine {
  return {
    run: (plan, reporting, cancelled) => submit(redis, plan, reporting, cancelled),
    work: (onWork, stopped) => work(redis, { onWork, stopped }),
  };
}
