/**
 * Begins with the files that take longest, so that no worker is left with one of them when the other has nothing more to do. Jest
 * itself goes by what files took before, which a fresh clone does not know, or by their size, which says nothing here.
 */
const { default: Sequencer } = require('@jest/test-sequencer');

/** Ten seconds and more on a quiet core, longest first. */
const LONGEST = [
  'cli/demo',
  'cli/bombs',
  'run/lock',
  'autodiff/node-cases',
  'cli/representer',
  'explain/trace/memory',
  'cli/output',
  'examples',
  'cli/hostile-arguments',
];

const place = ({ path }) => {
  const at = LONGEST.findIndex((name) => path.endsWith(`/test/${name}.test.ts`));
  return at < 0 ? LONGEST.length : at;
};

module.exports = class extends Sequencer {
  sort(tests) {
    return [...super.sort(tests)].sort((a, b) => place(a) - place(b));
  }
};
