// Reads or writes one file and says in a line what came of it: settings of a store are those of a process.
import { readBytes, writeAtomically } from '../../dist/files.js';

const [, , what, path] = process.argv;
try {
  if (what === 'read') console.log(`${(await readBytes(path)).length} bytes`);
  else {
    await writeAtomically(path, 'content');
    console.log('written');
  }
} catch (error) {
  console.log(`${error.constructor.name} ${error.message}`);
}
