/** How --help orders the flags of a command: those that most calls need first, the others under headings. */
import type { Argv } from 'yargs';

/** Names of flags under each heading, in the order of --help. */
type Groups = Readonly<Record<string, readonly string[]>>;

/** Headings that commands share; they come behind a command's own, and name what is left. */
const SHARED: Groups = {
  'Data and shapes:': [
    ...['class-names', 'label-column', 'resize', 'channels', 'mean', 'std', 'input-shape', 'output', 'at'],
  ],
  'Beyond one machine:': ['shard', 'shards', 'engine', 'redis'],
  'Output:': ['force', 'values', 'map', 'json', 'quiet', 'profile'],
};

/** Where a flag stands that no heading names. */
const REST = 'Everything else:';

/** What every command has, and nobody looks for. */
const LAST = ['help', 'version'];

const INPUT = ['input', 'input-split'];
const LRP = ['composite', 'rules', 'ignore-bias', 'low', 'high', 'fallback'];
const FIT = ['lambda', 'solver', 'tolerance', 'max-iterations'];

/** A command's own headings. */
const OWN: Readonly<Record<string, Groups>> = {
  demo: { 'Common:': ['out', 'seed'] },
  create: {
    'Common:': ['out', 'classes', 'input-shape', 'seed'],
    'Architecture:': ['hidden', 'width', 'depth', 'activation', 'init'],
  },
  inspect: { 'Common:': ['nodes', 'verify'] },
  train: {
    'Common:': ['model', 'data', 'out', 'epochs', 'lr', 'sampler', 'optimizer', 'resume'],
    'Batches:': ['batch-size', 'ghost-size', 'ghost-statistics', 'seed'],
    'Loss and updates:': [
      ...['loss', 'lr-steps', 'lr-factor', 'momentum', 'weight-decay', 'clip-norm'],
      ...['labels-from', 'sample-weights', 'class-weights'],
    ],
    'What is kept:': ['log', 'layers', 'codec', 'rank', 'codec-tolerance', 'checkpoint-every', 'keep-checkpoints'],
  },
  trace: {
    'Common:': [...INPUT, 'out', 'layer', 'top-k'],
    'How updates are compared:': ['split', 'similarity', 'reference', 'contrast', 'references', 'bandwidth'],
    'Output:': ['force', 'steps', 'map', 'json', 'quiet', 'profile'],
  },
  influence: {
    'Common:': [...INPUT, 'model', 'data', 'out', 'method', 'measure', 'target', 'top-k', 'verify'],
    'A model without a run:': ['features', 'layer', 'cache'],
  },
  evaluate: {
    'Common:': ['out', 'protocol', 'methods', 'queries'],
    'Protocol lds:': ['keep', 'subsets', 'fresh-order'],
    'Protocols removal and mislabel:': ['removals', 'noise'],
  },
  representer: {
    'Common:': ['model', 'data', ...INPUT, 'out', 'target', 'top-k'],
    'Fit:': ['mode', ...FIT, 'features', 'layer', 'cache'],
    'Further results:': ['group', 'compare', 'sensitivity', 'smooth-grad', 'noise', 'values'],
  },
  audit: {
    'Common:': ['model', 'data', 'out', 'by', 'top-k'],
    'Fit:': [...FIT, 'influence-examples', 'features', 'layer', 'cache'],
    'Simulation:': ['simulate-noise', 'seeds', 'examples', 'fractions'],
  },
  attribute: {
    'Common:': ['model', ...INPUT, 'out', 'method', 'target', 'layer'],
    'Method integrated-gradients:': ['steps', 'tolerance', 'baseline'],
    'Method smooth-grad:': ['samples', 'noise'],
    'Method grad-cam:': ['relu'],
    'Method lrp:': LRP,
    'Method mim:': ['data', 'data-split', 'examples', 'kernel', 'shares'],
  },
  trends: {
    'Common:': ['out', 'method', 'target', 'every', 'images', 'fail-on'],
    'Method lrp:': LRP,
    'Method grad-cam:': ['layer', 'relu'],
    'What is measured and shown:': ['data', 'loss-examples', 'show'],
  },
  check: {
    'Common:': ['baseline', 'preset', 'update-baseline', 'data', 'all-rules', 'warn-only'],
    'Limits and rules:': ['config', 'rtol', 'atol', 'skip', 'optional'],
    'A new baseline:': ['probes', 'points', 'method', 'seed'],
    'Output:': ['out', 'junit', 'markdown', 'force', 'json', 'quiet'],
  },
  serve: { 'Common:': ['port', 'data'] },
  worker: { 'Common:': ['engine', 'redis'] },
};

/** A command's own headings, with their flags. */
export function ownGroups(command: string): Groups {
  return OWN[command.split(' ')[0]!] ?? {};
}

/** All headings of a command with their flags, none of them twice. */
function groupsOf(command: string): Groups {
  const own = ownGroups(command);
  const taken = new Set(Object.values(own).flat());
  const shared = Object.entries(SHARED)
    .filter(([heading]) => !(heading in own))
    .map(([heading, flags]) => [heading, flags.filter((flag) => !taken.has(flag))] as const);
  return Object.fromEntries([...Object.entries(own), ...shared].sort(([a], [b]) => placeOf(a) - placeOf(b)));
}

/** What is about output comes last of all, whether a command has words of its own for it or not. */
function placeOf(heading: string): number {
  return heading === 'Output:' ? 1 : 0;
}

/** Puts the flags of a command under their headings. */
export function inGroups<T>(flags: Argv<T>, command: string): Argv<T> {
  const known = flagNames(flags);
  const groups = Object.entries(groupsOf(command)).map(
    ([heading, names]) => [heading, names.filter((name) => known.includes(name))] as const,
  );
  const named = new Set(groups.flatMap(([, names]) => names));
  for (const [heading, names] of groups) flags.group(names, heading);
  const rest = known.filter((name) => !named.has(name) && !LAST.includes(name));
  return flags.group([...rest, ...LAST], REST);
}

/** What yargs knows of flags and does not publish; its own usage page and completion read it. */
interface Inside {
  readonly getOptions: () => { readonly key: Readonly<Record<string, unknown>> };
  readonly getGroups: () => Readonly<Record<string, readonly string[]>>;
}

/** Names of the flags that were declared, as they are typed: no positional arguments, no second spellings. */
export function flagNames<T>(flags: Argv<T>): string[] {
  const inside = flags as unknown as Inside;
  const positional = inside.getGroups()['Positionals:'] ?? [];
  const names = Object.keys(inside.getOptions().key);
  return names.filter((name) => !positional.includes(name) && name === name.toLowerCase());
}
