import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { LedgerAside } from '../../../gateway/io/ledger-aside.ts';
import { prove } from '../../../gateway/io/ledger-proof.ts';
import { CHECKED_BYTES_MAX, openLedgerFile } from '../../../gateway/io/ledger-schema.ts';
import { LedgerStore } from '../../../gateway/io/ledger-store.ts';
import { VirtualClock } from '../../../shared/clock.ts';
import { fastDir } from '../../kit/fast-dir.ts';
import { instrument } from '../../kit/orders.ts';

let dir = '';
let path = '';
beforeEach(() => {
  dir = fastDir('proof');
  path = join(dir, 'ledger.sqlite');
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const START_MS = 1_700_000_000_000;

/** Ended orders, a few open ones, and fills of nobody's. */
function write({ orders, padding = 0 }: { readonly orders: number; readonly padding?: number }): void {
  const db = openLedgerFile(path, { durability: 'process', wallMs: 0 });
  const numbers = `WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < ${orders})`;
  const row = `'{"clientId":"' || printf('%09d', i) || '","symbol":"BTCUSDT","order":{"status":"open"},"padding":"${'x'.repeat(padding)}"}'`;
  db.exec(`BEGIN; ${numbers} INSERT INTO orders SELECT printf('%09d', i), 'BTCUSDT', 'open', i % 700 = 0, ${row}, ${START_MS} FROM c`);
  db.exec(`${numbers} INSERT INTO fills SELECT i, 'BTCUSDT', i, '', ${row}, ${START_MS}, i % 500 = 0 FROM c`);
  db.exec('COMMIT; PRAGMA wal_checkpoint(TRUNCATE)');
  db.close();
}

function verdict(): string | null {
  const db = new DatabaseSync(path);
  const proof = prove(db);
  let step = proof.next();
  while (!step.done) step = proof.next();
  db.close();
  return step.value;
}

function change(sql: string): void {
  const db = new DatabaseSync(path, { defensive: false });
  db.exec(sql);
  db.close();
}

/** A page in the middle of the file is not what it was. */
function scribble(): void {
  const file = openSync(path, 'r+');
  writeSync(file, Buffer.alloc(4_096, 7), 0, 4_096, 4_096 * 60);
  closeSync(file);
}

test('prove() finds a sound file sound, a row that is not what was written, and an index that hides an open order', () => {
  write({ orders: 5_000 });
  expect(verdict()).toBeNull();
  change("UPDATE orders SET row = '{' WHERE client_id = '000004500'");
  expect(verdict()).toMatch(/^a row of orders before 0000050\d\d is not what was written$/);
  change("UPDATE orders SET row = '{}' WHERE client_id = '000004500'");
  const definition = 'CREATE INDEX orders_open ON orders (open) WHERE open = 1';
  change(`DROP INDEX orders_open; ${definition} AND client_id <> '000000700'; PRAGMA writable_schema = ON;
    UPDATE sqlite_schema SET sql = '${definition}' WHERE name = 'orders_open'`);
  expect(verdict()).toBe('the index orders_open tells of 6 rows, there are 7');
});

test('the thread folds the log in, proves the file, and tells a broken page; stopped, it is gone', async () => {
  write({ orders: 5_000 });
  const aside = new LedgerAside(path);
  expect([await aside.do('fold'), await aside.do('prove')]).toEqual([{ kind: 'done' }, { kind: 'done' }]);
  aside.stop();
  scribble();
  const again = new LedgerAside(path);
  expect(await again.do('prove')).toMatchObject({ kind: 'broken' });
  void again.do('prove');
  again.stop();
  expect(again.busy).toBe(false);
});

test('a large file opens without being read whole, and is proved a minute later: a broken page stops new orders for good', async () => {
  write({ orders: 9_000, padding: 2_000 });
  scribble();
  const clock = new VirtualClock(START_MS);
  using store = new LedgerStore({ path, clock });
  expect(CHECKED_BYTES_MAX).toBeLessThan(9_000 * 4_000);
  expect([store.fault, store.load(new Map([['BTCUSDT', instrument()]])).orders.length]).toEqual([null, 12]);
  clock.advance(60_000);
  store.housekeep(); // the log first
  while (store.fault === null) {
    await sleep(5);
    store.housekeep();
  }
  expect(store.fault).toMatch(/integrity check says a row of orders before \d+ is not what was written.*start without it/);
  clock.advance(60_000);
  store.flush();
  expect([store.fault, store.grantEpoch()]).toEqual([expect.stringContaining('not what was written'), null]);
});
