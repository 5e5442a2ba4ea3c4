import { mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { overlay } from '../../../shared/config.ts';
import type { Loaded } from '../../../shared/config-file.ts';
import { Edits, watchConfig } from '../../../shared/io/config-watch.ts';
import type { Result } from '../../../shared/result.ts';

const BASE = JSON.parse(readFileSync(join(import.meta.dirname, '../../../config.json'), 'utf8'));
type Told = Result<Loaded, readonly string[]>;
const opened: Disposable[] = [];

afterEach(() => {
  for (const one of opened.splice(0).reverse()) one[Symbol.dispose]();
});

/** A folder with a config, and the edits that were told. */
function watched() {
  const dir = mkdtempSync(join(tmpdir(), 'mmbot-watch-'));
  opened.push({ [Symbol.dispose]: () => rmSync(dir, { recursive: true }) });
  const file = join(dir, 'config.json');
  writeFileSync(file, JSON.stringify(BASE));
  const told: Told[] = [];
  let wake = (): void => undefined;
  const onEdit = (loaded: Told): void => {
    told.push(loaded);
    wake();
  };
  opened.push(watchConfig({ file, onEdit, lookMs: 5 }));
  const next = async (count: number): Promise<Told> => {
    while (told.length < count) await new Promise<void>((resolve) => (wake = resolve));
    return told[count - 1]!;
  };
  return { dir, file, told, next };
}
const withSpread = (spreadBps: number): string => JSON.stringify(overlay(BASE, { strategy: { marketMaking: { spreadBps } } }));
const spreadOf = (loaded: Told): unknown => (loaded.ok ? loaded.value.config.strategy.marketMaking.spreadBps : loaded.error);

test('watchConfig() tells an edit in place, one by renaming, and one of the local file, each once', async () => {
  const { dir, file, told, next } = watched();
  writeFileSync(file, withSpread(7));
  expect(spreadOf(await next(1))).toBe(7);
  writeFileSync(join(dir, 'new'), withSpread(8));
  renameSync(join(dir, 'new'), file);
  expect(spreadOf(await next(2))).toBe(8);
  writeFileSync(join(dir, 'config.local.json'), '{"strategy":{"marketMaking":{"spreadBps":9}}}');
  expect(spreadOf(await next(3))).toBe(9);
  rmSync(join(dir, 'config.local.json'));
  expect(spreadOf(await next(4))).toBe(8);
  expect(told).toHaveLength(4);
});

test('watchConfig() tells a broken edit with its line, and the mended one after it', async () => {
  const { file, next } = watched();
  writeFileSync(file, '{\n  "symbols": ["BTCUSDT",\n}');
  expect(spreadOf(await next(1))).toEqual([expect.stringMatching(/config\.json:3: not JSON/)]);
  writeFileSync(file, withSpread(3));
  expect(spreadOf(await next(2))).toBe(3);
});

test('Edits tell the newest good one and the newest to each who begins to listen, and later ones to the last of them alone', () => {
  const edits = new Edits();
  const heard: string[][] = [[], []];
  const word = (told: Told): string => (told.ok ? String(spreadOf(told)) : String(told.error));
  const listen = (n: number): void => edits.listen((told) => void heard[n]?.push(word(told)));
  const good = { ok: true, value: { config: { strategy: { marketMaking: { spreadBps: 5 } } } } } as unknown as Told;
  const bad = (why: string): Told => ({ ok: false, error: [why] });
  edits.take(bad('a'));
  edits.take(good);
  edits.take(bad('b'));
  listen(0);
  edits.take(bad('c'));
  listen(1);
  edits.take(good);
  expect(heard).toEqual([
    ['5', 'b', 'c'],
    ['5', 'c', '5'],
  ]);
});

test('watchConfig() outlives a file that cannot even be looked at, and tells the edit that mends it', async () => {
  const { file, dir, next } = watched();
  const local = join(dir, 'config.local.json');
  symlinkSync(local, local); // a loop: looking at it throws
  expect(spreadOf(await next(1))).toBe(1); // read without it
  writeFileSync(file, withSpread(4));
  expect(spreadOf(await next(2))).toBe(4);
  rmSync(local);
});
