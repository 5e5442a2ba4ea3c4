import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test, vi } from 'vitest';
import { logLevel } from '../../../scripts/lib/log-level.ts';
import { Problem } from '../../../scripts/lib/tool.ts';
import { ROOT } from '../../kit/run.ts';

const dir = mkdtempSync(join(tmpdir(), 'mmbot-level-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const config = join(dir, 'config.json');
const local = join(dir, 'config.local.json');
writeFileSync(config, readFileSync(join(ROOT, 'config.json')));

async function said(run: () => Promise<unknown>): Promise<string> {
  let text = '';
  const spy = vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    text += String(chunk);
    return true;
  });
  await run().finally(() => spy.mockRestore());
  return text;
}

test('logLevel() tells the level, and changes it in config.local.json alone, which nobody else can read', async () => {
  expect(await said(() => logLevel({ config, json: false }))).toBe('info\n');
  expect(await said(() => logLevel({ config, json: false }, 'debug'))).toContain('log.level is debug now');
  expect([JSON.parse(readFileSync(local, 'utf8')), statSync(local).mode & 0o777]).toEqual([{ log: { level: 'debug' } }, 0o600]);
  expect(await said(() => logLevel({ config, json: true }))).toBe('{"level":"debug"}\n');
});

test('logLevel() leaves everything else of the file as it stands', async () => {
  writeFileSync(local, '{\n  "exits":   { "takeProfitPercent": 2 },\n  "log": { "level": "warn" }\n}\n', { mode: 0o600 });
  await said(() => logLevel({ config, json: false }, 'trace'));
  expect(readFileSync(local, 'utf8')).toBe('{\n  "exits":   { "takeProfitPercent": 2 },\n  "log": { "level": "trace" }\n}\n');
});

test('logLevel() refuses a level that is none', () => {
  expect(() => logLevel({ config, json: false }, 'loud')).toThrow(Problem);
});
