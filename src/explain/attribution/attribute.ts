/** Explains inputs by one or several methods of attribution. */
import type { Classifier } from '../../classifier/classifier.js';
import { classNamesFor } from '../../classifier/describe.js';
import { asTheModelTakesIt, type Layout } from '../../classifier/layout.js';
import { openClassifier, type InterfaceChoice } from '../../classifier/open.js';
import type { Dataset } from '../../data/dataset.js';
import type { FloatArray } from '../../tensor.js';
import type { Input } from '../../data/input.js';
import { UNIT_RANGE } from '../../data/normalization.js';
import type { Preprocessing } from '../../data/preprocessing.js';
import { InputError } from '../../errors.js';
import { folderNames } from '../../folder-names.js';
import type { Model } from '../../onnx/model.js';
import type { AttributeQuery } from '../../results/attribute.js';
import type { Runtime } from '../../runtime/runtime.js';
import { WHOLE, type Division } from '../../shards/division.js';
import { boundsOf } from './bounds.js';
import { commonForm, describeInputs } from './explained-inputs.js';
import { attributeInBlocks } from './in-blocks.js';
import type { Comparison, Method, OpenMethod } from './method.js';
import { gradCam } from './methods/grad-cam.js';
import { mim } from './methods/mim.js';
import { methodNamed } from './methods/registry.js';
import { exampleSource } from './mim/examples.js';
import type { LayeredSettings } from './mim/settings.js';
import { describeAttribution } from './queries.js';
import { queryFolder } from './query-folder.js';
import type { AttributionSettings } from './settings.js';
import type { Reporting } from '../../progress.js';

/** In the place of layers: MIM chooses, and Grad-CAM takes the last convolution, as both do by default. */
const AUTO_LAYER = 'auto';

/** What is explained, and how. */
export interface AttributeRequest extends InterfaceChoice, Reporting {
  readonly runtime: Runtime;
  readonly model: Model;
  readonly inputs: readonly Input[];
  /** How pixels become the input; floats are taken as they are. */
  readonly preprocessing?: Pick<Preprocessing, 'mean' | 'std'> | undefined;
  /** What the user calls the classes, where that was said. */
  readonly classNames?: readonly string[] | undefined;
  readonly methods: readonly string[];
  /** Those of them that are left out, with a word to the user, where they do not fit the model. */
  readonly optional?: readonly string[] | undefined;
  /** `predicted`, `true`, a class name or number. */
  readonly target: string;
  readonly settings: AttributionSettings;
  /** For Grad-CAM and MIM, by name; the method's own choice where it is left out, or `auto`. */
  readonly layers?: readonly string[] | undefined;
  readonly layered: LayeredSettings;
  /** What MIM compares with, and how many of its examples at most. */
  readonly data?: Dataset | undefined;
  readonly mostExamples: number;
  /** Which inputs are explained here; all by default. */
  readonly division?: Division | undefined;
}

/** What came out. */
export interface AttributeOutcome {
  readonly classNames: readonly string[];
  /** One entry per input and method, inputs in their order. */
  readonly queries: readonly AttributeQuery[];
  /** The arrays that the entries name, in the layout in which inputs are held; `asTheModelTakesIt` is for files. */
  readonly arrays: ReadonlyMap<string, FloatArray>;
  readonly layout: Layout;
}

/** A method on a layer of its own, where it has one. */
interface Task {
  readonly method: Method;
  readonly layer?: string | undefined;
  /** Name of the files, without their ending. */
  readonly file: string;
}

/** @throws InputError unless there is a name for each class */
function checkNames(names: readonly string[] | undefined, classes: number): void {
  if (names === undefined || names.length === classes) return;
  throw new InputError(
    `\`classNames\`: ${names.length} names for a model of ${classes} classes; name every class, in the order of their numbers`,
  );
}

/**
 * Explains inputs.
 * @throws InputError for an unknown method, class or layer, for inputs that do not fit, and listing every operator that a
 *   method has no rule for, before anything is computed
 */
export async function attribute(request: AttributeRequest): Promise<AttributeOutcome> {
  const { inputs, target } = request;
  const methods = request.methods.map(methodNamed);
  const layers = chosenLayers(request);
  const known = [request.data?.classNames, ...inputs.map(({ classNames }) => classNames)];
  const opening = await openClassifier(request.model, {
    ...request,
    form: commonForm(inputs),
    examples: inputs[0]!.name,
    classes: known.find((names) => names !== undefined)?.length,
  });
  checkReal(opening);
  checkNames(request.classNames, opening.classes);
  const classNames = classNamesFor(opening.classes, known);
  const { classifier, described } = await describeInputs(request, opening, { wanted: target, classNames });
  const opened = new Map<Task, OpenMethod>();
  try {
    await openTasks(opened, tasksOf(methods, layers), classifier, { ...request, layers });
    const examples = described.map(({ example }) => example);
    const tasks = [...opened].map(([task, open]) => ({ ...task, open }));
    const found = await attributeInBlocks(tasks, examples, request.division ?? WHOLE, ({ name }, place) =>
      request.onProgress?.(name, place, tasks.length),
    );
    const entries = described.flatMap((input, i) =>
      tasks.map(({ method, file }, t) =>
        describeAttribution(input, { method: method.name, file: `${queryFolder(i)}/${file}.npy` }, found[t]![i]!),
      ),
    );
    return {
      classNames,
      queries: entries.map(({ query, arrays }) => ({
        ...query,
        shape: [...asTheModelTakesIt(arrays.get(query.file)!, opening.layout).shape],
      })),
      arrays: new Map(entries.flatMap(({ arrays }) => [...arrays])),
      layout: opening.layout,
    };
  } finally {
    for (const open of opened.values()) await open.release();
  }
}

/** Layers by name; undefined leaves the choice to the methods. @throws InputError where no method is made at a layer */
function chosenLayers({ layers, methods }: AttributeRequest): readonly string[] | undefined {
  const atLayer = [gradCam.name, mim.name];
  if (layers && !methods.some((name) => atLayer.includes(name))) {
    throw new InputError(
      `\`layer\` ${layers.join(',')}: ${methods.join(', ')} explains the input alone; ` +
        `leave it out, or choose \`method\` ${atLayer.join(' or ')}`,
    );
  }
  return layers?.join() === AUTO_LAYER ? undefined : layers;
}

/** @throws InputError for an input that nothing can be attributed to */
function checkReal({ input: { name, type, dims } }: Classifier): void {
  if (type === 'float32') return;
  const mend = type.includes('int')
    ? 'whole numbers, such as tokens, have no gradient: export the part of the model behind their embedding'
    : 'export it in float32';
  throw new InputError(`the input "${name}" is ${type} [batch, ${dims.join(', ')}], expected float32; ${mend}`);
}

/** Grad-CAM is made once for each layer asked for. */
function tasksOf(methods: readonly Method[], layers: readonly string[] | undefined): Task[] {
  const tasks = methods.flatMap((method) => {
    const chosen = method === gradCam && layers ? layers : [undefined];
    return chosen.map((layer) => ({
      method,
      layer,
      name: layer === undefined ? method.name : `${method.name}-${layer}`,
    }));
  });
  const files = folderNames(tasks.map(({ name }) => name));
  return tasks.map(({ method, layer }, i) => ({ method, layer, file: files[i]! }));
}

/** Opens every method, so that what does not fit is known before anything is computed. */
async function openTasks(
  opened: Map<Task, OpenMethod>,
  tasks: readonly Task[],
  explained: Classifier,
  { runtime, settings: given, inputs, optional, onNotice, ...request }: AttributeRequest,
): Promise<void> {
  const settings = { ...given, bounds: boundsOf(given.bounds, inputs, explained.normalization ?? UNIT_RANGE) };
  const comparison = comparisonOf(request, explained);
  const unfit: InputError[] = [];
  for (const task of tasks) {
    const { method, layer } = task;
    try {
      opened.set(task, await method.open({ runtime, explained, settings: { ...settings, layer }, comparison }));
    } catch (error) {
      if (!optional?.includes(method.name) || !(error instanceof InputError)) throw error;
      unfit.push(error);
      onNotice?.(`${method.name} is left out: ${error.message}`);
    }
  }
  if (opened.size === 0) throw unfit[0]!;
}

function comparisonOf(
  {
    data,
    mostExamples,
    layered,
    layers,
    onProgress,
  }: Pick<AttributeRequest, 'data' | 'mostExamples' | 'layered' | 'layers' | 'onProgress'>,
  classifier: Classifier,
): Comparison | undefined {
  if (!data) return undefined;
  const source = exampleSource(data, classifier, mostExamples);
  return { data: source, settings: { ...layered, layers }, onProgress };
}
