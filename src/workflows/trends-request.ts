/** What is asked of `trends`, understood before anything of the run but its manifest is opened. */
import { withDefaults } from '../defaults.js';
import { InputError } from '../errors.js';
import type { Method } from '../explain/attribution/method.js';
import { gradCam } from '../explain/attribution/methods/grad-cam.js';
import { METHODS, methodNamed } from '../explain/attribution/methods/registry.js';
import type { AttributionSettings } from '../explain/attribution/settings.js';
import { checkConditions, parseCondition, type Condition } from '../explain/trends/conditions.js';
import { usualImages } from '../explain/trends/draw.js';
import { measuredSteps, usualSpacing } from '../explain/trends/steps.js';
import type { Reporting } from '../progress.js';
import { readManifest } from '../run/manifest-file.js';
import type { RunManifest } from '../run/manifest.js';
import type { Runtime } from '../runtime/runtime.js';
import { checkMeasurable } from './trends-subject.js';

/** How trends are measured. */
export interface TrendsOptions {
  /** Steps between two measured ones; about a hundredth of the run's by default. */
  readonly every?: number | undefined;
  /** Images of each class that are explained, from either split; by default ten, or fewer where there are many classes. */
  readonly images?: number | undefined;
  /** Examples of either split that loss and accuracy are computed of. */
  readonly lossExamples: number;
  /** Images whose maps are kept and shown. */
  readonly show: number;
  /** Of attribution, by name. */
  readonly methods: readonly string[];
  /** Class that maps speak for: `predicted` at each step, `true`, a name or a number. */
  readonly target: string;
  /** Of the images, the examples and the bootstraps. */
  readonly seed: number;
}

/** Defaults: the method and the target of [Terzieva et al. n.d.]. */
export const TRENDS_DEFAULTS: TrendsOptions = {
  lossExamples: 500,
  show: 8,
  methods: ['lrp'],
  target: 'predicted',
  seed: 0,
};

/** The composite of LRP where none is named. */
export const TRENDS_COMPOSITE = 'trends';

/** A run, and the folder for what is found. */
export interface TrendsFolderRequest extends Reporting {
  readonly runDirectory: string;
  /** The training data, where they are no longer where the run says. */
  readonly dataSpec?: string | undefined;
  readonly options?: Partial<TrendsOptions>;
  readonly settings?: Partial<Omit<AttributionSettings, 'baseline' | 'bounds' | 'rules' | 'seed'>>;
  /** LRP: a JSON file with rules of single layers. */
  readonly rulesFile?: string | undefined;
  /** LRP: smallest and largest input value; found out where they are left out. */
  readonly low?: readonly number[] | undefined;
  readonly high?: readonly number[] | undefined;
  /** Conditions that are judged, in the words of docs/trends.md. */
  readonly failOn?: readonly string[];
  /** Go on where a replay is not the recorded training to the bit. */
  readonly allowDrift?: boolean | undefined;
  /** Folder for `result.json`, `index.html`, `series.csv`, maps and plots. */
  readonly out: string;
  /** Write into a folder that is not empty. */
  readonly force?: boolean;
  readonly runtime: Runtime;
}

/** A request whose parts are understood, before anything is opened. */
export interface AskedTrends {
  readonly manifest: RunManifest;
  readonly options: TrendsOptions & { readonly every: number; readonly images: number };
  readonly methods: readonly Method[];
  readonly steps: readonly number[];
  readonly conditions: readonly Condition[];
}

/** @throws InputError for numbers, methods and conditions that make no sense, or a run that cannot be measured */
export async function askedTrends(request: TrendsFolderRequest): Promise<AskedTrends> {
  const { every, ...rest } = withDefaults(TRENDS_DEFAULTS, request.options);
  checkNumbers(rest);
  const methods = [...new Set(rest.methods)].map(measurable);
  checkLayer(request.settings?.layer, methods);
  const manifest = await readManifest(request.runDirectory);
  checkMeasurable(request.runDirectory, manifest);
  const spacing = every ?? usualSpacing(manifest.steps);
  const steps = measuredSteps(manifest.steps, spacing);
  const conditions = (request.failOn ?? []).map(parseCondition);
  checkConditions(conditions, { methods: methods.map(({ name }) => name), steps });
  const images = rest.images ?? usualImages(manifest.data.classNames.length);
  return { manifest, options: { ...rest, every: spacing, images }, methods, steps, conditions };
}

/** A method that makes a map of the input from the model alone. */
function measurable(name: string): Method {
  const method = methodNamed(name);
  if (METHODS.includes(method)) return method;
  const names = METHODS.map((each) => each.name).join(', ');
  throw new InputError(
    `\`method\` ${name}: compares inputs with a data set at one state of the model; choose of ${names}`,
  );
}

/** @throws InputError for a layer that no method would be made at */
function checkLayer(layer: string | undefined, methods: readonly Method[]): void {
  if (layer === undefined || methods.includes(gradCam)) return;
  throw new InputError(
    `\`layer\` ${layer}: ${methods.map(({ name }) => name).join(', ')} explains the input alone; ` +
      `leave it out, or choose \`method\` ${gradCam.name}`,
  );
}

function checkNumbers({ images, lossExamples, show, seed }: Omit<TrendsOptions, 'every'>): void {
  const whole = (value: number, name: string, least: number) => {
    if (Number.isSafeInteger(value) && value >= least) return;
    throw new InputError(`\`${name}\` ${value}: expected a whole number from ${least}`);
  };
  if (images !== undefined) whole(images, 'images', 1);
  whole(lossExamples, 'lossExamples', 1);
  whole(show, 'show', 0);
  whole(seed, 'seed', Number.MIN_SAFE_INTEGER);
}
