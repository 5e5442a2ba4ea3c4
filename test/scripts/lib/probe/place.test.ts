import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { accountOptions, openRunDir } from '../../../../gateway/io/run-dir.ts';
import { probe } from '../../../../scripts/lib/probe/probe.ts';
import { loadConfig } from '../../../../shared/config-file.ts';
import { ROOT } from '../../../kit/run.ts';

const dir = mkdtempSync(join(tmpdir(), 'mmbot-probe-place-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

test('the probe refuses while a gateway of the account runs, from whatever run folder, before it asks anybody anything', async () => {
  const file = join(dir, 'config.json');
  const base = JSON.parse(readFileSync(join(ROOT, 'config.json'), 'utf8'));
  const nowhere = { rest: 'http://127.0.0.1:1', stream: 'ws://127.0.0.1:1' };
  const key = { apiKey: `key-of-${basename(dir)}`, secret: 'a-secret' }; // of this run of the test alone: the lock is the machine's
  writeFileSync(file, JSON.stringify({ ...base, runDir: join(dir, 'run'), endpoints: { sim: nowhere }, credentials: { sim: key } }), {
    mode: 0o600,
  });
  const loaded = loadConfig(file);
  if (!loaded.ok) throw new Error(loaded.error.join());
  const account = accountOptions(loaded.value, key);
  const run = (): Promise<unknown> => probe({ config: file, json: true, environment: 'sim' }).catch((problem: unknown) => problem);
  for (const runDir of [loaded.value.runDir, join(dir, 'other')]) {
    const gateway = await openRunDir({ ...account, runDir, socketPath: null, runtimeDir: undefined });
    if (!gateway.ok) throw new Error(gateway.error.sentence);
    expect(await run()).toMatchObject({ code: 4, lines: [expect.stringMatching(/Another gateway.*stop it first.*another account/)] });
    await gateway.value[Symbol.asyncDispose]();
  }
  expect(await run()).toMatchObject({ code: 3, lines: [expect.stringMatching(/does not answer/)] });
  expect(readdirSync(dir).sort()).toEqual(['config.json', 'other', 'run']);
});
