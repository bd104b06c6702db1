/** Writes the manual page beside the built package: dist/onnx-explain.1, which `npm install -g` puts where man finds it. */
import { writeFileSync } from 'node:fs';
import { allCommands } from '../../dist/cli/commands/registry.js';
import { TOOL } from '../../dist/tool.js';
import { manPage } from './man-page.mjs';

/** @param {string} path */
export async function writeManPage(path) {
  writeFileSync(path, manPage(TOOL, await allCommands()));
}
