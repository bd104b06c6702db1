import { look } from '../../files.js';
import { InputError } from '../../errors.js';
import { refuseForeignModel, writeModelFile } from '../../onnx/file.js';
import { create } from '../../zoo/create.js';
import { ACTIVATIONS, DEFAULT_ACTIVATION, DEFAULT_INIT, INITS, type ActivationName } from '../../zoo/network.js';
import { ARCHITECTURES } from '../../zoo/registry.js';
import { commonOptions, parseNumbers, parseShape } from '../options.js';
import { defineCommand } from '../command.js';

/** `create`: a fresh model from the zoo. */
export const createCommand = defineCommand({
  command: 'create <architecture>',
  describe: 'Make a fresh model with random weights',
  lists: { Architectures: Object.fromEntries(ARCHITECTURES.map(({ name, summary }) => [name, summary])) },
  builder: (yargs) =>
    commonOptions(yargs)
      .positional('architecture', { type: 'string', demandOption: true, describe: 'One of those listed below' })
      .option('out', { type: 'string', demandOption: true, describe: 'File to write, such as m.onnx' })
      .option('classes', { type: 'number', default: 10, describe: 'Number of classes' })
      .option('input-shape', { type: 'string', describe: 'Shape of one example, such as 3,32,32' })
      .option('hidden', { type: 'string', describe: 'Widths of hidden layers, for mlp, such as 128,64' })
      .option('width', {
        type: 'number',
        describe: 'Factor of all channels and units, for vgg11, vgg16, resnet18, vit-tiny and gin, such as 0.25',
      })
      .option('depth', { type: 'number', describe: 'How many layers of those that repeat, for vit-tiny and gin' })
      .option('activation', {
        choices: Object.keys(ACTIVATIONS) as ActivationName[],
        describe: `What follows the layers, ${DEFAULT_ACTIVATION} by default, for vit-tiny gelu; training is smoother with all but relu`,
      })
      .option('init', {
        choices: INITS,
        default: DEFAULT_INIT,
        describe: 'What weights are drawn from: he for He’s normal distribution, uniform for PyTorch’s default',
      })
      .option('seed', { type: 'number', default: 0, describe: 'Seed of the initial weights' })
      .option('force', { type: 'boolean', default: false, describe: 'Replace a model that was made by this tool' })
      .example('$0 create lenet --out lenet.onnx', 'A LeNet for 28×28 grey images and 10 classes')
      .example('$0 create vgg16 --input-shape 3,32,32 --out vgg.onnx', 'A VGG-16 for CIFAR-10'),
  handler: async (args, ui) => {
    const { out } = args;
    if (!args.force && (await look(out))) {
      throw new InputError(`${out}: exists already; choose another --out or add --force`);
    }
    await refuseForeignModel(out);
    const inputShape = parseShape(args.inputShape);
    const hidden = parseNumbers(args.hidden, '--hidden');
    const model = create(args.architecture, {
      seed: args.seed,
      classes: args.classes,
      inputShape,
      hidden,
      width: args.width,
      depth: args.depth,
      activation: args.activation,
      init: args.init,
    });
    await writeModelFile(out, model);
    ui.verdict(`${out}: ${args.architecture} with ${model.graph!.initializer.length} weights`);
    ui.result({ path: out, architecture: args.architecture });
  },
});
