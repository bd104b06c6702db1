/** The page's side: the work by its name, on WebAssembly. The test asks for it as a function of the window. */
import { webRuntime } from '../../../src/web/index.js';
import * as work from './web-work.js';

(globalThis as Record<string, unknown>).work = async (name: keyof typeof work) => work[name](await webRuntime());
