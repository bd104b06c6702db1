/** A live page begins: its worker, and what the server says of it. */
import { showLive } from '../../report/app/live/app.js';
import type { LiveConfig } from '../../report/app/live/config.js';
import type { LiveEngine } from '../../report/app/live/engine.js';
import { remote } from './remote.js';

const root = document.getElementById('live')!;
try {
  const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
  const response = await fetch('live.json');
  showLive(root, remote<LiveEngine>(worker), (await response.json()) as LiveConfig);
} catch {
  root.textContent = 'The page could not be loaded; is onnx-explain serve still running?';
}
