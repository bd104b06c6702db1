/** The commands. To add one: a file beside this one, and a line here. */
import type { AnyCommand } from '../command.js';
import { attributeCommand } from './attribute.js';
import { auditCommand } from './audit.js';
import { checkCommand } from './check.js';
import { createCommand } from './create.js';
import { demoCommand } from './demo.js';
import { evaluateCommand } from './evaluate.js';
import { influenceCommand } from './influence.js';
import { inspectCommand } from './inspect.js';
import { representerCommand } from './representer.js';
import { traceCommand } from './trace.js';
import { trainCommand } from './train.js';

/** Every command, in the order of --help. */
export const COMMANDS: readonly AnyCommand[] = [
  demoCommand,
  createCommand,
  inspectCommand,
  trainCommand,
  traceCommand,
  influenceCommand,
  evaluateCommand,
  representerCommand,
  auditCommand,
  attributeCommand,
  checkCommand,
];
