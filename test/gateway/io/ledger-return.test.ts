/** A ledger that cannot be opened at the start, and can be later. */
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Answer } from '../../../gateway/io/ledger-aside.ts';
import { LedgerReturn } from '../../../gateway/io/ledger-return.ts';
import { LedgerStore } from '../../../gateway/io/ledger-store.ts';
import { Ledger } from '../../../gateway/account/ledger.ts';
import { VirtualClock } from '../../../shared/clock.ts';
import { at, id, instrument, request } from '../../kit/orders.ts';

let dir = '';
let path = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'mmbot-return-'));
  path = join(dir, 'ledger.sqlite');
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const instruments = new Map([['BTCUSDT', instrument()]]);
const ledgerOf = (store: LedgerStore): Ledger => new Ledger({ instruments, archive: store, state: store.load(instruments) });

/** Its thread answers in real time, its patience is virtual. */
async function untilTried(
  store: LedgerStore,
  { clock, done }: { readonly clock: VirtualClock; readonly done: () => boolean },
): Promise<void> {
  for (const end = performance.now() + 20_000; !done() && performance.now() < end; await nextTurn()) {
    clock.advance(5);
    store.housekeep();
  }
}

test('it is tried again until it can be opened and written; then it takes modes, and nothing that this run has counted', async () => {
  {
    using before = new LedgerStore({ path, clock: new VirtualClock() });
    before.write(ledgerOf(before).take(request({ clientId: id(1) }), at(1)), 'request');
    before.setMeta('paused', 'by a person');
    before.setMeta('halted', '{"BTCUSDT":"leverage"}');
    before.setMeta('day', 'its beginning');
  }
  const [aside, clock] = [join(dir, 'aside.sqlite'), new VirtualClock()];
  renameSync(path, aside);
  mkdirSync(path);
  using store = new LedgerStore({ path, clock });
  const ledger = ledgerOf(store);
  expect([store.fault, store.setMeta('stopped', 'x'), store.isBack]).toEqual([expect.stringContaining('unable to open'), false, false]);
  const failedAt: string[] = [];
  await untilTried(store, { clock, done: () => failedAt.push(store.fault ?? '') > 0 && clock.monoMs() > 3_000 });
  expect([store.isBack, new Set(failedAt).size]).toEqual([false, 1]);
  rmSync(path, { recursive: true });
  renameSync(aside, path);
  await untilTried(store, { clock, done: () => store.isBack });
  expect(store.isBack).toBe(true);
  expect([store.setMeta('stopped', 'by the breaker'), store.fault]).toEqual([true, expect.stringContaining('can be written again')]);
  expect(store.setMeta('halted', '{"ETHUSDT":"funding"}')).toBe(true);
  const unread = [store.setMeta('day', 'another'), store.setMeta('paused', null), store.setMeta('ladders', '[]')];
  expect(unread).toEqual([false, false, false]); // what stands there may say more than this run knows
  expect([store.write(ledger.take(request({ clientId: id(2) }), at(2)), 'request'), store.grantEpoch()]).toEqual([false, null]);
  using after = new LedgerStore({ path, clock: new VirtualClock() });
  expect(after.load(instruments).orders.map(({ clientId }) => clientId)).toEqual([id(1)]);
  expect(after.meta()).toMatchObject({
    ...{ paused: 'by a person', stopped: 'by the breaker', day: 'its beginning' },
    halted: '{"BTCUSDT":"leverage","ETHUSDT":"funding"}',
  });
});

test('a file that is no ledger is not tried again', async () => {
  writeFileSync(path, 'not a database, and long enough to have a header of its own '.repeat(40));
  const clock = new VirtualClock();
  using store = new LedgerStore({ path, clock });
  const first = store.fault;
  rmSync(path);
  for (let n = 0; n < 200; n++) {
    clock.advance(1_000);
    store.housekeep();
  }
  expect([store.isBack, store.fault, store.setMeta('stopped', 'x')]).toEqual([false, first, false]);
});

test('the waits grow to a minute, and the longer from the beginning the more often the process has begun anew', async () => {
  const clock = new VirtualClock();
  const tries: number[] = [];
  const tryAside = (): Promise<Answer> => {
    tries.push(clock.monoMs());
    return Promise.resolve({ kind: 'failed', sentence: 'disk is full' });
  };
  const triedIn = async (seconds: number, returns: number): Promise<readonly number[]> => {
    tries.length = 0;
    const from = clock.monoMs();
    using one = new LedgerReturn({ path, clock, durability: 'process', returns, tryAside });
    for (let n = 0; n < seconds * 4; n++) {
      clock.advance(250);
      await one.tick();
    }
    return tries.map((ms) => (ms - from) / 1_000);
  };
  expect(await triedIn(250, 0)).toEqual([1, 3, 7, 15, 31, 63, 123, 183, 243]);
  expect((await triedIn(70, 3))[0]).toBe(8);
});
