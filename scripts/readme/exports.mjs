/** Models from frameworks of Python, exported by the lines that README.md and docs/exporters.md show. */
import { spawnSync } from 'node:child_process';
import { blocksOf } from './blocks.mjs';

/** Pythons, as in PATH: the first that has what an export takes is taken. */
const PYTHONS = (process.env.PYTHON ?? 'python3').split(':');

/** A network for photographs of 32×32 pixels, of three classes. */
const TORCH = `
import torch
from torch import nn
model = nn.Sequential(
    nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2),
    nn.Conv2d(8, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2),
    nn.Flatten(), nn.Linear(16 * 8 * 8, 3))
`;

const KERAS = `
import keras
model = keras.Sequential([
    keras.layers.Input((32, 32, 3)),
    keras.layers.Conv2D(8, 3), keras.layers.BatchNormalization(), keras.layers.ReLU(), keras.layers.MaxPooling2D(),
    keras.layers.Flatten(), keras.layers.Dense(3)])
model(keras.ops.zeros((1, 32, 32, 3)))  # as training does; Keras exports nothing that was never called
`;

const SKLEARN = `
import glob, numpy
from PIL import Image
from sklearn.neural_network import MLPClassifier
files = sorted(glob.glob("photos/train/*/*.jpg"))
x = numpy.array([numpy.asarray(Image.open(f)).transpose(2, 0, 1).ravel() / 255 for f in files], dtype=numpy.float32)
model = MLPClassifier([32], max_iter=20).fit(x, [f.split("/")[2] for f in files])
`;

const [torchscript, keras, sklearn] = blocksOf('docs/exporters.md')
  .filter(({ language }) => language === 'python')
  .map(({ text }) => text);

/**
 * Each: what makes `model`, which modules it takes, and the block that exports it; the README's own where there is none.
 */
export const EXPORTS = [
  { name: 'PyTorch', make: TORCH, modules: ['torch', 'onnxscript'] },
  { name: 'PyTorch, TorchScript', make: TORCH, modules: ['torch'], block: torchscript },
  { name: 'Keras', make: KERAS, modules: ['keras', 'tensorflow', 'tf2onnx'], block: keras },
  { name: 'scikit-learn', make: SKLEARN, modules: ['sklearn', 'skl2onnx', 'PIL'], block: sklearn },
].map((each) => ({ ...each, missing: () => lacking(each.modules) }));

/** Exports a model to model.onnx of a folder. */
export function exportModel({ make, modules }, block, folder) {
  const { status, stderr } = run(pythonWith(modules), `${make}${block}\n`, folder);
  if (status !== 0) throw new Error(`the export failed:\n${stderr.slice(-4000)}`);
}

function lacking(modules) {
  return pythonWith(modules) === undefined ? `no Python with ${modules.join(', ')}` : undefined;
}

function pythonWith(modules) {
  return PYTHONS.find((python) => run(python, `import ${modules.join(', ')}`).status === 0);
}

function run(python, program, cwd) {
  const { status, stderr } = spawnSync(python, ['-W', 'ignore', '-'], { input: program, cwd, encoding: 'utf8' });
  return { status, stderr: stderr ?? '' };
}
