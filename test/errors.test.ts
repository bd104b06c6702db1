import { InputError, inPlace } from '../src/errors.js';
import { showOptions } from '../src/cli/show-options.js';

const failing = (fault: ConstructorParameters<typeof InputError>[0]) => () => {
  throw new InputError(fault);
};

test.each([
  [{ problem: 'is no model' }, 'is no model'],
  [{ file: 'a.onnx', problem: 'is no model', mend: 'give another' }, 'a.onnx: is no model; give another'],
  [{ file: 'a.npz', place: 'array "x"', problem: 'is empty' }, 'a.npz: array "x": is empty'],
  [{ place: '`lambda` 0', problem: 'expected a number above 0' }, '`lambda` 0: expected a number above 0'],
  [{ file: 'two\nlines\u001b[31m', problem: 'is no model' }, 'two lines [31m: is no model'],
])('an error of %j reads "%s"', (fault, message) => {
  const error = new InputError(fault);
  expect(error.message).toBe(message);
  expect(error).toMatchObject(fault);
});

test.each([
  ['a plain problem', 'is odd; mend it', { file: 'run', place: undefined, problem: 'is odd; mend it' }],
  ['a place', { place: 'line 3', problem: 'is odd' }, { file: 'run', place: 'line 3', problem: 'is odd' }],
  ['another file', { file: 'log', place: 'step 3', problem: 'is odd' }, { file: 'run', place: 'log: step 3' }],
  ['the same file', { file: 'run', place: 'line 3', problem: 'is odd' }, { file: 'run', place: 'line 3' }],
])('in a file, an error that names %s names both', async (_what, fault, expected) => {
  await expect(inPlace('run', failing(fault))).rejects.toMatchObject(expected);
});

test('any other error passes as it is', async () => {
  const bug = new TypeError('undefined is not a function');
  await expect(inPlace('run', () => Promise.reject(bug))).rejects.toBe(bug);
});

test.each([
  ['give `batchSize` and `topK`', 'give --batch-size and --top-k'],
  ['`learningRate` -1: expected a number from 0', '--lr -1: expected a number from 0'],
  ['the node `weird` of `model`.onnx', 'the node `weird` of --model.onnx'],
  ['`BatchSize`, `batch-size`, `constructor`', '`BatchSize`, `batch-size`, `constructor`'],
])('the command line shows %s as %s', (message, shown) => {
  expect(showOptions(message)).toBe(shown);
});
