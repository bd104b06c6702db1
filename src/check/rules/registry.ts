/** The rules of the check. To add one: a file beside this one, and a line here. */
import type { Rule } from '../rule.js';
import { accuracy } from './accuracy.js';
import { agreement } from './agreement.js';
import { calibration } from './calibration.js';
import { classAccuracy } from './class-accuracy.js';
import { errorQuantiles } from './error-quantiles.js';
import { fileSize } from './file-size.js';
import { finite } from './finite.js';
import { inference } from './inference.js';
import { inputs } from './inputs.js';
import { layers } from './layers.js';
import { memory } from './memory.js';
import { operators } from './operators.js';
import { opset } from './opset.js';
import { outputs } from './outputs.js';
import { parameters } from './parameters.js';
import { preprocessing } from './preprocessing.js';
import { rankCorrelation } from './rank-correlation.js';
import { regions } from './regions.js';
import { repeatable } from './repeatable.js';
import { representerOverlap } from './representer-overlap.js';
import { speed } from './speed.js';
import { tolerance } from './tolerance.js';
import { topOverlap } from './top-overlap.js';
import { web } from './web.js';

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
