/**
 * A process of its own on a disk of two megabytes (`npm test` mounts one for it): what the ledger and the order side do when that is full,
 * when it is read-only, and when there is room again. Prints what it saw as JSON.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Ledger } from '../../gateway/account/ledger.ts';
import { LedgerStore } from '../../gateway/io/ledger-store.ts';
import { VirtualClock } from '../../shared/clock.ts';
import { at, id, instrument, request } from './orders.ts';
import { idOf, OrderSide, place } from './order-side.ts';

const [dir = ''] = process.argv.slice(2);
const INSTRUMENTS = new Map([['BTCUSDT', instrument()]]);
const ballast = join(dir, 'ballast');

/** Not a byte is left. */
function fillDisk(): void {
  for (let i = 0, bytes = 1_048_576; bytes >= 1; i++) {
    try {
      writeFileSync(`${ballast}${i}`, Buffer.alloc(bytes));
    } catch {
      bytes = Math.floor(bytes / 2);
    }
  }
}
const freeDisk = (): void => {
  for (const file of readdirSync(dir)) if (file.startsWith('ballast')) rmSync(join(dir, file));
};

/** The store alone: every row of before is there after, and what was taken while the disk was full follows. */
function onlyStore() {
  const clock = new VirtualClock();
  const path = join(dir, 'store.sqlite');
  const store = new LedgerStore({ path, clock });
  const ledger = new Ledger({ instruments: INSTRUMENTS, archive: store, state: store.load(INSTRUMENTS) });
  let taken = 0;
  const take = (): boolean => store.write(ledger.take(request({ clientId: id(taken++) }), at(1)), 'request');
  for (let i = 0; i < 20; i++) take();
  fillDisk();
  while (taken < 2_000 && take());
  const [full, fault] = [taken < 2_000, store.fault];
  const whileFull = [take(), take()];
  store.flush();
  const still = store.fault;
  freeDisk();
  clock.advance(1_000);
  store.flush();
  const after = [store.fault, take()];
  store.abandon();
  const again = new LedgerStore({ path, clock });
  const found = again.load(INSTRUMENTS).orders.length;
  again[Symbol.dispose]();
  rmSync(path);
  return { full, fault, whileFull, still, after, missing: taken - found };
}

/** Orders are refused with a reason; cancels and closes go on; then orders are taken again. */
async function orderSide() {
  const path = join(dir, 'side.sqlite');
  const side = await OrderSide.started(undefined, (clock) => new LedgerStore({ path, clock }));
  const brain = side.client('brain');
  let counter = 0;
  const ask = async () => {
    side.beat(brain);
    const answer = side.send(brain, place(side, brain, { clientId: idOf(brain, ++counter), price: `${59_000 + (counter % 8)}.00` }));
    await side.run(50);
    if (answer.type === 'taken') {
      side.send(brain, { id: 1, type: 'cancel', clientId: idOf(brain, counter) });
      await side.run(50);
    }
    return answer.type === 'refused' ? answer.code : answer.type;
  };
  const resting = idOf(brain, 900);
  side.send(brain, place(side, brain, { clientId: resting, price: '58000.00' }));
  await side.run(50);
  const before = await ask();
  fillDisk();
  let told = await ask();
  while (told === 'taken' && counter < 500) told = await ask();
  const sent = side.venue.calls.filter(({ what }) => what === 'place').length;
  const again = await ask();
  side.venue.position = 5;
  side.venue.tell({ kind: 'position', symbol: 'BTCUSDT', size: 5 as never, entryPrice: '60000', atMs: side.venue.nowMs() });
  const closed = side.send(brain, { id: 2, type: 'closePosition', symbol: 'BTCUSDT', reason: 'test', ladder: 'taker' }).type;
  await side.run(3_000);
  const placed = side.venue.calls.filter(({ what }) => what === 'place').slice(sent);
  const gone = !side.venue.open.has(resting);
  const whileFull = { again, gone, closed, closes: placed.length > 0, position: side.venue.position, fault: side.store?.fault };
  freeDisk();
  side.core.modes.resume();
  await side.run(3_000);
  const faultAfter = side.store?.fault;
  const after = await ask();
  const kept = side.store?.findOrder(idOf(brain, counter))?.clientId === idOf(brain, counter);
  side.store?.[Symbol.dispose]();
  return { before, told, whileFull, faultAfter, after, kept };
}

/** A disk that is read-only from the start, and later is not. */
async function readOnly() {
  execFileSync('mount', ['-o', 'remount,ro', dir]);
  const clock = new VirtualClock();
  const store = new LedgerStore({ path: join(dir, 'side.sqlite'), clock });
  const ledger = new Ledger({ instruments: INSTRUMENTS, archive: store, state: store.load(INSTRUMENTS) });
  const written = store.write(ledger.take(request({ clientId: id(1) }), at(1)), 'request');
  const whileSo = { fault: store.fault, written, epoch: store.grantEpoch() };
  execFileSync('mount', ['-o', 'remount,rw', dir]);
  for (const end = performance.now() + 10_000; !store.isBack && performance.now() < end; await nextTurn()) {
    clock.advance(10);
    store.housekeep();
  }
  const seen = { ...whileSo, returned: store.isBack };
  store[Symbol.dispose]();
  return seen;
}

const seen = { store: onlyStore(), side: await orderSide(), readOnly: await readOnly() };
process.stdout.write(JSON.stringify(seen));
