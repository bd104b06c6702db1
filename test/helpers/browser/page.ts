/** What a page does: the work that the script's address names, on its provider. The test's server is told what came out. */
import { webRuntime } from '../../../src/runtime/web.js';
import { WORK } from './work.js';

const wanted = new URL(import.meta.url).searchParams;
try {
  const runtime = await webRuntime({ executionProviders: [wanted.get('provider')!] });
  await tell(await WORK[wanted.get('work')!]!(runtime));
} catch (error) {
  await tell({ error: String(error) });
}

async function tell(outcome: object): Promise<void> {
  await fetch('/outcome', { method: 'POST', body: JSON.stringify(outcome) });
}
