/** A place where nothing is but Node.js and npm: what a command needs besides shows there. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { performance } from 'node:perf_hooks';

/** What tells a machine's npm which way leads to the registry; all else of the environment stays outside. */
const WAY_TO_REGISTRY = /^(https?_proxy|no_proxy|node_extra_ca_certs|ssl_cert_(file|dir))$/i;

/**
 * Makes one: a folder to work in, an empty HOME, and so an empty cache of npm. It goes when the process ends.
 * @param {{ keep?: boolean }} options whether it stays, for a look at what commands left there
 */
export function emptyFolder({ keep = false } = {}) {
  const root = mkdtempSync(join(tmpdir(), 'onnx-explain-empty-'));
  if (!keep) process.on('exit', () => rmSync(root, { recursive: true, force: true }));
  const [home, work] = [join(root, 'home'), join(root, 'work')];
  for (const folder of [home, work]) mkdirSync(folder);
  const env = {
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => WAY_TO_REGISTRY.test(name))),
    PATH: [dirname(process.execPath), '/usr/bin', '/bin'].join(':'),
    HOME: home,
    // The word for the environment's own locale: names of files are UTF-8.
    LANG: 'C.UTF-8',
    npm_config_registry: String(execFileSync('npm', ['config', 'get', 'registry'])).trim(),
    npm_config_update_notifier: 'false',
  };
  return {
    home,
    work,
    env,
    /**
     * Runs a line of shell there, and throws with what it printed unless it ends with `expected`.
     * @returns what it wrote to standard output, what to standard error, and the seconds it took
     */
    run(line, { cwd = work, expected = [0] } = {}) {
      const begun = performance.now();
      // As a whole block is pasted: what fails in the middle of it fails.
      const { status, signal, stdout, stderr } = spawnSync('/bin/sh', ['-ec', line], {
        cwd,
        env,
        encoding: 'utf8',
        maxBuffer: 2 ** 28,
      });
      if (!expected.includes(status)) {
        throw new Error(`${line}\nended with ${status ?? signal}:\n${stdout.slice(-4000)}\n${stderr.slice(-4000)}`);
      }
      return { status, stdout, stderr, seconds: (performance.now() - begun) / 1000 };
    },
  };
}
