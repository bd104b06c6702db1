import { ENGINE_NAMES, ENGINES } from '../../engine/registry.js';
import { defineCommand } from '../command.js';
import { REDIS } from '../divided.js';
import { commonOptions } from '../options.js';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** `worker`: computes parts of commands that others have typed. */
export const workerCommand = defineCommand({
  command: 'worker',
  describe: 'Compute parts of commands that were given to an engine',
  builder: (yargs) =>
    commonOptions(yargs)
      .option('engine', {
        choices: ENGINE_NAMES,
        default: 'bullmq' as const,
        describe: 'What hands the parts out',
      })
      .option('redis', REDIS)
      .example('$0 worker --redis redis://queue:6379', 'One core of this machine; start one a core')
      .example(
        '$0 trace run --input photo.png --out why --engine bullmq --redis redis://queue:6379',
        'Have a trace computed by all workers there are',
      ),
  handler: async (args, ui) => {
    const engine = await ENGINES[args.engine]({ redis: args.redis });
    const stopped = new AbortController();
    const stop = () => stopped.abort();
    // A terminal tells this process and the one that started it, which passes it on: it comes twice.
    for (const signal of SIGNALS) process.on(signal, stop);
    try {
      await engine.work((what) => ui.print(what), stopped.signal);
    } finally {
      for (const signal of SIGNALS) process.off(signal, stop);
    }
  },
});
