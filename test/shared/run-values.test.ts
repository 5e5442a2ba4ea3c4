import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { overlay } from '../../shared/config.ts';
import { loadConfig } from '../../shared/config-file.ts';

const dir = mkdtempSync(join(tmpdir(), 'mmbot-over-'));
afterAll(() => rmSync(dir, { recursive: true }));
const file = join(dir, 'config.json');
const over = join(dir, 'over.json');
const BASE = JSON.parse(readFileSync(join(import.meta.dirname, '../../config.json'), 'utf8'));
const write = (values: object, configured: object = {}): void => {
  writeFileSync(file, JSON.stringify(overlay(BASE, configured), null, 2));
  writeFileSync(over, JSON.stringify(values));
};

test('values of a run hold over the file, and what they take away is as if nobody had configured it', () => {
  write(
    { without: ['credentials', 'endpoints.sim', 'nothing.there'], values: { sim: { port: 12_345 }, gateway: { metricsPort: null } } },
    { endpoints: { sim: { rest: 'http://127.0.0.1:1', stream: 'ws://127.0.0.1:1' } }, sim: { port: 1, seed: 9 } },
  );
  const loaded = loadConfig(file, over);
  if (!loaded.ok) throw new Error(loaded.error.join('\n'));
  const { config } = loaded.value;
  expect([config.sim.port, config.sim.seed, config.gateway.metricsPort, config.endpoints, config.credentials]).toEqual([
    12_345,
    9,
    null,
    {},
    {},
  ]);
  expect(loadConfig(file).ok && loadConfig(file)).toMatchObject({ value: { config: { sim: { port: 1 } } } });
});

test('a mistake is told with the line of the file that a person edits', () => {
  write({ without: [], values: { sim: { port: 12_345 } } }, { exits: { stopLossPercent: -1 } });
  const line =
    readFileSync(file, 'utf8')
      .split('\n')
      .findIndex((text) => text.includes('stopLossPercent')) + 1;
  const loaded = loadConfig(file, over);
  expect(loaded.ok ? [] : loaded.error).toEqual([expect.stringMatching(new RegExp(`config\\.json:${line}: exits\\.stopLossPercent: -1`))]);
});

test.each([
  ['values of another shape', '{"values":{}}', /not the values of a run/],
  ['no JSON', '{', /not JSON/],
])('%s are a mistake of theirs', (_name, text, want) => {
  write({});
  writeFileSync(over, text);
  const loaded = loadConfig(file, over);
  expect(loaded.ok ? '' : loaded.error.join()).toMatch(want);
});
