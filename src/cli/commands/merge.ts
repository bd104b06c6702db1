import { InputError } from '../../errors.js';
import { look } from '../../files.js';
import { join } from '../../storage/paths.js';
import { storeOf } from '../../storage/registry.js';
import { mergeOf, openShards } from '../../shards/merge.js';
import { defineCommand } from '../command.js';
import { commonOptions, outputOptions } from '../options.js';

/** `merge`: the result of a command whose work was divided. */
export const mergeCommand = defineCommand({
  command: 'merge <partials..>',
  describe: 'Make the result of what --shard has computed in parts',
  builder: (yargs) =>
    outputOptions(commonOptions(yargs))
      .positional('partials', {
        type: 'string',
        array: true,
        demandOption: true,
        describe: 'Files that shards have written, or their folder',
      })
      .example('$0 merge parts --out why', 'The result of all shards in a folder'),
  handler: async (args, _ui, { run }) => {
    const paths: string[] = [];
    for (const path of args.partials) paths.push(...(await partialsIn(path)));
    const set = await openShards(paths);
    const own = [
      `--out=${args.out}`,
      ...(['force', 'json', 'quiet', 'debug'] as const).flatMap((flag) => (args[flag] ? [`--${flag}`] : [])),
      ...(args.limits ? [] : ['--no-limits']),
    ];
    return run([...set.words, ...own], mergeOf(set));
  },
});

/** What is called as shards' files in a folder; a file itself. */
async function partialsIn(path: string): Promise<string[]> {
  if ((await look(path))?.kind !== 'folder') return [path];
  const names = (await storeOf(path).list(path)).map(({ name }) => name);
  const partials = names.filter((name) => /^shard-\d+-of-\d+\.partial$/.test(name));
  if (partials.length === 0) throw new InputError({ file: path, problem: 'holds nothing that a shard has written' });
  return partials.map((name) => join(path, name));
}
