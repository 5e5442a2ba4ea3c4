import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, expect, test } from 'vitest';
import { BrainStore } from '../../../brain/io/brain-store.ts';
import { type Exits, NO_EXITS } from '../../../brain/risk/exits.ts';
import { wallMs } from '../../../shared/units.ts';

const dir = mkdtempSync(join(tmpdir(), 'mmbot-store-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const ALL: Record<string, Exits> = {
  BTCUSDT: { state: { at: 'cooling', untilMs: wallMs(1_700_000_000_000) }, takeProfits: 3, stopLosses: 1 },
  ETHUSDT: { state: { at: 'closing', why: 'stop-loss', askedSeq: 7 }, takeProfits: 0, stopLosses: 2 },
  SOLUSDT: { state: { at: 'armed' }, takeProfits: 1, stopLosses: 0 },
};

test('BrainStore begins fresh in a folder that is not there yet', () => {
  using store = new BrainStore(join(dir, 'new/folder/brain.sqlite'));
  expect([store.fault, store.exits('BTCUSDT')]).toEqual([null, NO_EXITS]);
});

test('BrainStore remembers every exit over a restart, the newest of each', () => {
  const path = join(dir, 'kept.sqlite');
  {
    using store = new BrainStore(path);
    store.save('BTCUSDT', NO_EXITS);
    for (const [symbol, exits] of Object.entries(ALL)) store.save(symbol, exits);
  }
  using store = new BrainStore(path);
  expect(Object.fromEntries(Object.keys(ALL).map((symbol) => [symbol, store.exits(symbol)]))).toEqual(ALL);
});

test('BrainStore keeps what it wrote when its process is killed: nothing waits for the close', () => {
  const path = join(dir, 'open.sqlite');
  using store = new BrainStore(path);
  store.save('BTCUSDT', ALL['BTCUSDT']!);
  using reader = new BrainStore(path);
  expect(reader.exits('BTCUSDT')).toEqual(ALL['BTCUSDT']);
});

const broken = (name: string, row: string): string => {
  const path = join(dir, name);
  const db = new DatabaseSync(path);
  db.exec('CREATE TABLE exits (symbol TEXT PRIMARY KEY, state TEXT NOT NULL)');
  db.prepare('INSERT INTO exits VALUES (?, ?)').run('BTCUSDT', row);
  db.close();
  return path;
};
const noDatabase = join(dir, 'garbage.sqlite');
writeFileSync(noDatabase, 'no database, whatever its name says '.repeat(100));

test.each([
  ['a file that is no database', noDatabase],
  ['a row that is no JSON', broken('text.sqlite', 'cooling')],
  ['a row of another shape', broken('shape.sqlite', '{"state":{"at":"cooling"},"takeProfits":0,"stopLosses":0}')],
])('BrainStore tells %s as one line, takes what is saved, and writes none of it over', (_name, path) => {
  const before = new BrainStore(path);
  before.save('BTCUSDT', ALL['BTCUSDT']!);
  expect(before.exits('BTCUSDT')).toEqual(ALL['BTCUSDT']);
  before[Symbol.dispose]();
  using after = new BrainStore(path);
  expect(after.fault?.startsWith(`${path}: `)).toBe(true);
  expect(after.fault).not.toContain('\n');
  expect(after.exits('BTCUSDT')).toEqual(NO_EXITS);
});
