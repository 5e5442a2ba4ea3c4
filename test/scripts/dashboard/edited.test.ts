import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { act } from '../../../scripts/dashboard/acts.ts';
import { afterEdit } from '../../../scripts/dashboard/edited.ts';
import { overlay } from '../../../shared/config.ts';
import { type Loaded, loadConfig } from '../../../shared/config-file.ts';
import { ROOT } from '../../kit/run.ts';

const BASE = JSON.parse(readFileSync(join(ROOT, 'config.json'), 'utf8'));
const dir = mkdtempSync(join(tmpdir(), 'mmbot-edited-'));
afterAll(() => rmSync(dir, { recursive: true }));

function load(over: object): Loaded {
  const file = join(dir, 'config.json');
  writeFileSync(file, JSON.stringify(overlay(BASE, over)));
  const loaded = loadConfig(file);
  if (!loaded.ok) throw new Error(loaded.error.join());
  return loaded.value;
}

test('an edit moves no action to another gateway, and what takes effect at once is shown', async () => {
  const began = load({ gateway: { socketPath: join(dir, 'one.sock') } });
  const edited = load({
    ...{ environment: 'mainnet', runDir: 'elsewhere', symbols: ['ETHUSDT'], exits: { stopLossPercent: 0.7 } },
    gateway: { socketPath: join(dir, 'other.sock'), metricsPort: null },
    endpoints: { sim: { rest: 'http://127.0.0.1:1', stream: 'ws://127.0.0.1:1' } },
  });
  const after = afterEdit(began, edited);
  expect(after.config).toMatchObject({ environment: 'sim', symbols: began.config.symbols, exits: { stopLossPercent: 0.7 } });
  expect([after.runDir, after.config.gateway, after.config.endpoints]).toEqual([
    began.runDir,
    began.config.gateway,
    began.config.endpoints,
  ]);
  const told = async (loaded: Loaded) => (await act(loaded, { action: 'panic', word: 'panic', everything: false })).answer.lines.join();
  expect(await told(after)).toContain(join(dir, 'one'));
  expect(await told(edited)).toContain(join(dir, 'other'));
});
