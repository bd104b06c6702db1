/** The examples of `deploy/`, as processes: every shard as its scheduler would start it, and what their merge comes to. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import { runCommand, startCommand, type Ended, type Environment } from '../helpers/command-line.js';
import { temporaryFolder } from '../helpers/data-files.js';
import { smallRun, type SmallRun } from '../helpers/small-run.js';
import { freePort } from '../helpers/storage/moto.js';

const DEPLOY = join(process.cwd(), 'deploy');
const folder = temporaryFolder();
let run: SmallRun;
let whole: Buffer;
let input = '';

const resultIn = (out: string) => readFileSync(join(folder, out, 'result.json'));

beforeAll(async () => {
  run = await smallRun(folder, { epochs: 1 }, 60);
  input = `${run.dataSpec}@0,1`;
  const { code } = await runCommand(['trace', run.directory, '--input', input, '--out', 'whole'], folder);
  expect(code).toBe(0);
  whole = resultIn('whole');
});

/** A file of the examples, its placeholders filled in. */
function filled(name: string, out: string): string {
  return readFileSync(join(DEPLOY, name), 'utf8')
    .replaceAll(/(s3:\/\/BUCKET|\/SHARED)\/run/g, run.directory)
    .replaceAll(/(s3:\/\/BUCKET|\/SHARED)\/photos@0-9/g, input)
    .replaceAll(/(s3:\/\/BUCKET|\/SHARED)\/why/g, join(folder, out));
}

/** A command as a scheduler starts it: its own arguments, and nothing of the test's beside them. */
async function started(command: string, args: readonly string[], env: Environment): Promise<Ended> {
  const child = spawn(command, args, {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const texts = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => (texts[stream] += text));
  }
  const [code] = (await once(child, 'close')) as [number | null];
  return { code: code ?? undefined, ...texts };
}

const MAIN = join(process.cwd(), 'dist', 'cli', 'main.js');
const done = { code: 0, stderr: '' };

describe('Kubernetes', () => {
  interface Container {
    readonly args: readonly string[];
    readonly image: string;
    readonly env: readonly { readonly name: string; readonly value: string }[];
  }
  interface Spec {
    readonly completionMode?: string;
    readonly completions?: number;
    readonly template: { readonly spec: { readonly containers: readonly [Container] } };
  }

  function manifest(name: string, out = 'unused') {
    const [document, ...others] = parseAllDocuments(filled(`kubernetes/${name}`, out));
    expect([document!.errors, others]).toEqual([[], []]);
    const { kind, spec } = document!.toJS() as { kind: string; spec: Spec };
    const [container] = spec.template.spec.containers;
    const env = Object.fromEntries(container.env.map(({ name, value }) => [name, value]));
    return { kind, spec, args: container.args, env, image: container.image };
  }

  test('an indexed job computes the shards, and a job merges them', async () => {
    const shards = manifest('shards.yaml', 'kubernetes');
    expect(shards).toMatchObject({ kind: 'Job', spec: { completionMode: 'Indexed' } });
    const count = shards.spec.completions!;
    expect(shards.args).toContain(`--shards=${count}`);
    const indices = Array.from({ length: count }, (_, i) => String(i));
    const ended = await Promise.all(
      indices.map((JOB_COMPLETION_INDEX) =>
        started(process.execPath, [MAIN, ...shards.args], { ...shards.env, JOB_COMPLETION_INDEX }),
      ),
    );
    expect(ended).toEqual(indices.map(() => expect.objectContaining(done)));
    const merge = manifest('merge.yaml', 'kubernetes');
    expect(merge.image).toBe(shards.image);
    expect(await started(process.execPath, [MAIN, ...merge.args], merge.env)).toMatchObject(done);
    expect(resultIn('kubernetes').equals(whole)).toBe(true);
  });

  const hasRedis = spawnSync('redis-server', ['--version']).status === 0;
  (hasRedis ? test : test.skip)('workers take what is asked for through a Redis', async () => {
    const workers = manifest('workers.yaml');
    expect(workers).toMatchObject({ kind: 'Deployment', args: ['worker'] });
    const port = await freePort();
    const redis = spawn('redis-server', ['--port', String(port), '--dir', folder, '--save', ''], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    for await (const line of redis.stdout) if (String(line).includes('Ready to accept')) break;
    const REDIS_URL = `redis://127.0.0.1:${port}`;
    const worker = startCommand(workers.args, folder, { ...workers.env, REDIS_URL });
    try {
      const asked = ['trace', run.directory, '--input', input, '--engine', 'bullmq', '--shards', '2'];
      const { code, stderr } = await runCommand([...asked, '--out', 'asked', '--quiet'], folder, { REDIS_URL });
      expect([code, stderr.replace(/^onnx-explain: \S+ no worker is there yet;.*\n/, '')]).toEqual([0, '']);
      expect(resultIn('asked').equals(whole)).toBe(true);
    } finally {
      worker.process.kill('SIGTERM');
      await worker.ended;
      redis.kill('SIGKILL');
    }
  });
});

describe('Slurm', () => {
  /** A script where Slurm would have put it, and the command where it would be found. */
  function script(name: string): string {
    mkdirSync(join(folder, 'bin'), { recursive: true });
    const paths = {
      [name]: filled(`slurm/${name}`, 'slurm'),
      'bin/onnx-explain': `#!/bin/sh\nexec '${process.execPath}' '${MAIN}' "$@"\n`,
    };
    for (const [path, content] of Object.entries(paths)) {
      writeFileSync(join(folder, path), content);
      chmodSync(join(folder, path), 0o755);
    }
    return join(folder, name);
  }
  const PATH = `${join(folder, 'bin')}:${process.env.PATH!}`;

  test('an array computes the shards, and a job merges them', async () => {
    const path = script('shards.sh');
    const text = readFileSync(path, 'utf8');
    const [, first, last] = /^#SBATCH --array=(\d+)-(\d+)$/m.exec(text)!.map(Number);
    expect([first, text]).toEqual([1, expect.stringMatching(new RegExp(`^SHARDS=${last!}$`, 'm'))]);
    const task = (index: number, least: number) =>
      started('bash', [path], { PATH, SLURM_ARRAY_TASK_ID: String(index), SLURM_ARRAY_TASK_MIN: String(least) });
    const missing = last! - 1;
    const indices = Array.from({ length: last! }, (_, i) => i + 1).filter((index) => index !== missing);
    const ended = await Promise.all(indices.map((index) => task(index, 1)));
    expect(ended).toEqual(indices.map(() => expect.objectContaining(done)));
    const merge = script('merge.sh');
    expect(await started('bash', [merge], { PATH })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`shard ${missing} of ${last!} is missing`),
    });
    // As `sbatch --array=<missing>` has it computed again.
    expect(await task(missing, missing)).toMatchObject(done);
    expect(await started('bash', [merge], { PATH })).toMatchObject(done);
    expect(resultIn('slurm').equals(whole)).toBe(true);
  });
});
