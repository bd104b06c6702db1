/**
 * Which room of the house may import from which: `npm run lint` checks it, and that there is no circle.
 *
 * A room is a folder of src/ (or a file of it), and a part of `explain` each. Rooms stand in the order in which they are
 * built: a room may name those above it only. BASICS may be imported from everywhere.
 */
import { readdirSync, readFileSync } from 'node:fs';

const BASICS = [
  'effort',
  'errors',
  'progress',
  'defaults',
  'tensor',
  'table',
  'tool',
  'nearest',
  'spreadsheet',
  'folder-names',
  'numeric',
];

const ROOMS = {
  storage: [],
  files: ['storage'],
  schema: [],
  onnx: ['files', 'storage'],
  runtime: ['onnx'],
  graph: ['onnx', 'runtime'],
  autodiff: ['graph', 'onnx'],
  data: ['files', 'onnx', 'schema', 'storage'],
  zoo: ['graph', 'onnx'],
  log: ['files', 'graph', 'onnx', 'runtime', 'storage'],
  shards: ['files', 'log', 'schema', 'storage'],
  results: ['files', 'schema', 'storage'],
  lists: ['results'],
  run: ['data', 'files', 'log', 'onnx', 'schema', 'storage'],
  profile: ['onnx', 'run', 'runtime'],
  classifier: ['autodiff', 'data', 'files', 'graph', 'onnx', 'runtime'],

  train: ['autodiff', 'classifier', 'data', 'files', 'graph', 'log', 'onnx', 'run', 'runtime', 'schema', 'storage'],

  replay: ['autodiff', 'classifier', 'graph', 'log', 'onnx', 'run', 'runtime', 'train'],

  plot: [],
  report: ['files', 'lists', 'plot', 'results', 'schema', 'storage'],

  'explain/trace': ['classifier', 'data', 'graph', 'log', 'onnx', 'results', 'run', 'runtime', 'shards', 'storage'],
  'explain/attribution': [
    ...['autodiff', 'classifier', 'data', 'files', 'graph', 'onnx', 'results', 'runtime', 'schema', 'shards'],
  ],
  'explain/representer': [
    ...['autodiff', 'classifier', 'data', 'files', 'graph', 'onnx', 'results', 'runtime', 'schema', 'shards'],
    ...['storage'],
  ],
  'explain/audit': [
    ...['classifier', 'data', 'explain/representer', 'graph', 'log', 'onnx', 'replay', 'results', 'run', 'runtime'],
    ...['storage', 'train'],
  ],
  'explain/influence': [
    ...['autodiff', 'classifier', 'data', 'explain/representer', 'explain/trace', 'graph', 'onnx', 'replay', 'results'],
    ...['runtime', 'schema', 'train'],
  ],
  'explain/feature-map': ['classifier', 'data', 'explain/representer', 'graph', 'log', 'onnx', 'results', 'runtime'],
  'explain/trends': [
    ...['classifier', 'data', 'explain/attribution', 'graph', 'log', 'onnx', 'replay', 'results', 'runtime', 'train'],
  ],
  evaluate: [
    ...['classifier', 'data', 'explain/audit', 'explain/influence', 'explain/representer', 'replay', 'results'],
    ...['runtime', 'schema', 'shards', 'train'],
  ],
  check: [
    ...[
      'classifier',
      'data',
      'explain/attribution',
      'explain/representer',
      'files',
      'graph',
      'lists',
      'onnx',
      'results',
    ],
    ...['runtime', 'schema', 'shards', 'storage'],
  ],
  inspect: ['autodiff', 'classifier', 'graph', 'log', 'onnx', 'run', 'runtime', 'storage'],

  // In a browser: arrays in the place of files.
  web: [
    ...['autodiff', 'classifier', 'data', 'explain/attribution', 'explain/influence', 'explain/representer'],
    ...['explain/trace', 'graph', 'inspect', 'log', 'onnx', 'replay', 'report', 'results', 'runtime', 'train', 'zoo'],
  ],

  workflows: [
    ...['classifier', 'data', 'explain/attribution', 'explain/audit', 'explain/feature-map', 'explain/influence'],
    ...[
      'explain/representer',
      'explain/trace',
      'explain/trends',
      'evaluate',
      'files',
      'graph',
      'lists',
      'log',
      'onnx',
      'replay',
      'report',
      'results',
      'run',
      'runtime',
      'schema',
      'shards',
      'storage',
      'train',
      'zoo',
    ],
  ],
  serve: [...['classifier', 'data', 'explain/audit', 'files', 'onnx', 'report', 'results', 'run', 'storage']],
  // Runs commands as processes, and so imports nothing of what they do.
  engine: ['schema', 'shards', 'storage'],
  index: ['*'],
  cli: ['*'],
};

const path = (room) => `^src/${room}(/|\\.ts$)`;
const paths = (rooms) => rooms.map(path);
const names = Object.keys(ROOMS);

/** What a room may import from, itself included. */
function allowed(room, at) {
  const above = names.slice(0, at).filter((name) => name !== 'index');
  const listed = ROOMS[room].includes('*') ? above : ROOMS[room];
  const unknown = listed.filter((name) => !above.includes(name));
  if (unknown.length > 0) throw new Error(`${room} may not import from ${unknown.join(', ')}, which stands below it`);
  return [room, ...listed, ...BASICS];
}

/** Every room must stand in the table. */
for (const entry of readdirSync('src', { withFileTypes: true })) {
  const name = entry.name.replace(/\.tsx?$/, '');
  const found = name === 'explain' ? readdirSync('src/explain').map((part) => `explain/${part}`) : [name];
  const homeless = found.filter((room) => ![...BASICS, ...names].includes(room));
  if (homeless.length > 0) throw new Error(`${homeless.join(', ')} is missing in the table of .dependency-cruiser.js`);
}

/** Rooms for Node only, as files and threads are their business. Elsewhere a file that is says "Node only" at its start. */
const NODE_ROOMS = ['check', 'cli', 'data', 'engine', 'log', 'run', 'serve', 'storage', 'workflows'];

const NODE_FILES = readdirSync('src', { recursive: true })
  .map((file) => `src/${String(file).replaceAll('\\', '/')}`)
  .filter((file) => /\.tsx?$/.test(file) && /^(#!.*\n)?\/\*\*[^/]*Node only/.test(readFileSync(file, 'utf8')));

/** Modules of Node that every bundler replaces. */
const EVERYWHERE = ['path', 'url'];

export default {
  forbidden: [
    {
      name: 'no-circle',
      comment: 'Two files that need each other are one, or need a third.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    ...BASICS.map((room) => ({
      name: `from-${room}`,
      severity: 'error',
      from: { path: path(room) },
      to: { path: '^src/', pathNot: [path(room), path('errors')] },
    })),
    ...names.map((room, at) => ({
      name: `from-${room}`,
      comment: `${room} imports from ${ROOMS[room].join(', ') || 'the basics only'}`,
      severity: 'error',
      from: { path: path(room) },
      to: { path: '^src/', pathNot: paths(allowed(room, at)) },
    })),
    {
      name: 'node-only',
      comment:
        'What runs in a browser too imports nothing of Node: say "Node only" in the first comment of a file that must.',
      severity: 'error',
      from: { path: '^src/', pathNot: [...paths(NODE_ROOMS), ...NODE_FILES.map((file) => `^${file}$`)] },
      to: { dependencyTypes: ['core'], pathNot: EVERYWHERE.map((name) => `^(node:)?${name}$`) },
    },
    {
      name: 'native-only-where-said',
      comment: 'ONNX Runtime and sharp stay behind `Runtime` and the readers of pictures.',
      severity: 'error',
      from: {
        path: '^src/',
        pathNot: [
          '^src/runtime/',
          '^src/(data/pictures/decode-picture|plot/png|report/pictures|report/page/(sheets|pictures-folder))\\.ts$',
        ],
      },
      to: { path: 'node_modules/(onnxruntime|sharp)' },
    },
    {
      name: 'declared',
      comment:
        'What is imported stands among the dependencies of package.json; but the build puts onnxruntime-node into dist, with what it needs, and ' +
        'onnxruntime-web is an optional peer.',
      severity: 'error',
      from: { path: '^src/', pathNot: '/gen/' },
      to: {
        dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown', 'unknown'],
        pathNot: 'node_modules/onnxruntime-(common|node|web)/',
      },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.tsx', '.js', '.d.ts'],
      conditionNames: ['import', 'node', 'default', 'types'],
      exportsFields: ['exports'],
    },
  },
};
