/** The rules of the check. To add one: a file in the folder of its group, and a line here. */
import type { Rule } from '../rule.js';
import { accuracy } from './decisions/accuracy.js';
import { agreement } from './decisions/agreement.js';
import { calibration } from './decisions/calibration.js';
import { classAccuracy } from './decisions/class-accuracy.js';
import { errorQuantiles } from './outputs/error-quantiles.js';
import { fileSize } from './structure/file-size.js';
import { finite } from './outputs/finite.js';
import { inference } from './structure/inference.js';
import { inputs } from './structure/inputs.js';
import { layers } from './representations/layers.js';
import { memory } from './cost/memory.js';
import { operators } from './structure/operators.js';
import { opset } from './structure/opset.js';
import { outputs } from './structure/outputs.js';
import { parameters } from './structure/parameters.js';
import { preprocessing } from './structure/preprocessing.js';
import { rankCorrelation } from './explanations/rank-correlation.js';
import { regions } from './explanations/regions.js';
import { repeatable } from './outputs/repeatable.js';
import { representerOverlap } from './explanations/representer-overlap.js';
import { speed } from './cost/speed.js';
import { tolerance } from './outputs/tolerance.js';
import { topOverlap } from './explanations/top-overlap.js';
import { web } from './execution/web.js';

/** Every rule, in the order of the report. */
export const RULES: readonly Rule[] = [
  ...[inputs, outputs, opset, operators, parameters, fileSize, preprocessing, inference],
  ...[finite, tolerance, errorQuantiles, repeatable],
  ...[agreement, accuracy, classAccuracy, calibration],
  layers,
  ...[rankCorrelation, topOverlap, regions, representerOverlap],
  ...[speed, memory],
  web,
];
