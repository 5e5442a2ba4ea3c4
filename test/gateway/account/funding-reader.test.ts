import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { FundingReader } from '../../../gateway/account/funding-reader.ts';
import { Keeper } from '../../../gateway/account/keeper.ts';
import { Ledger } from '../../../gateway/account/ledger.ts';
import { LedgerStore } from '../../../gateway/io/ledger-store.ts';
import type { FundingPage, FundingPayment, VenueResult } from '../../../gateway/venues/venue.ts';
import { VirtualClock } from '../../../shared/clock.ts';
import type { FundingReport } from '../../../shared/events.ts';
import { err, ok } from '../../../shared/result.ts';
import { atoms, lots, wallMs } from '../../../shared/units.ts';
import { settle } from '../../kit/order-side.ts';
import { instrument, position } from '../../kit/orders.ts';
import { fault } from '../../kit/scripted-venue.ts';

const dir = mkdtempSync(join(tmpdir(), 'mmbot-funding-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const HOUR = 3_600_000;
const DAY = Date.UTC(2026, 10, 26);
const at = (hour: number): number => DAY + hour * HOUR;
const instruments = new Map(['BTCUSDT', 'ETHUSDT'].map((symbol) => [symbol, instrument({ symbol })]));
const payment = (id: string, hour: number, amount: number, over: Partial<FundingPayment> = {}): FundingPayment => ({
  ...{ kind: 'funding', id, symbol: 'BTCUSDT', asset: 'USDT', amount: atoms(BigInt(amount)), atMs: wallMs(at(hour)), ...over },
});
const told = (hour: number, amount: number, symbol: string | null = null): FundingReport => ({
  ...{ kind: 'funding', symbol, asset: 'USDT', amount: atoms(BigInt(amount)), atMs: wallMs(at(hour) + 40) },
});

/** A venue with a list, and runs of a gateway over one file. */
class World {
  readonly path = join(dir, `${Math.random()}.sqlite`);
  readonly list: FundingPayment[] = [];
  readonly asked: number[] = [];
  readonly late: FundingReport[] = [];
  pageSize = 1_000;
  down = false;

  run(hour: number) {
    const clock = new VirtualClock(at(hour));
    const store = new LedgerStore({ path: this.path, clock });
    const ledger = new Ledger({ instruments, archive: store, state: store.load(instruments) });
    const keeper = new Keeper({ ledger, write: (change, cause) => store.write(change, cause), clock, notice: () => undefined });
    for (const symbol of instruments.keys())
      keeper.commit(ledger.adoptBaseline({ report: position({ symbol, size: lots(5) }), sinceTradeId: null, now: keeper.now() }));
    const reader = new FundingReader({
      ...{ keeper, orders: { fundingPaid: (range) => this.#page(range) } },
      books: {
        doneToMs: () => (store.meta().funding === null ? null : Number(store.meta().funding)),
        save: (doneToMs) => store.setMeta('funding', String(doneToMs)),
        booked: (fromMs) => store.fundingSince(fromMs),
        onLate: (report) => void this.late.push(report),
      },
    });
    const pass = async (ms: number): Promise<void> => {
      clock.advance(ms);
      reader.tick(clock.monoMs());
      await settle();
    };
    const days = () => store.days({ symbol: null, fromDay: '', toDay: '9', limit: 9 }).map((row) => [row.day, row.symbol, row.funding]);
    const read = (): Promise<void> => {
      reader.want();
      return pass(0);
    };
    return { clock, store, keeper, pass, read, days, [Symbol.dispose]: () => store[Symbol.dispose]() };
  }

  async #page({ fromMs, toMs }: { readonly fromMs: number; readonly toMs: number }): Promise<VenueResult<FundingPage>> {
    this.asked.push(fromMs);
    if (this.down) return err(fault('unreachable'));
    const rows = this.list.filter(({ atMs }) => atMs >= fromMs && atMs <= toMs).slice(0, this.pageSize);
    return ok({ payments: rows, isLast: rows.length < this.pageSize });
  }
}

/** A gateway was there at 12:00, was told of that settlement, and is gone. */
async function before(world: World): Promise<void> {
  using first = world.run(11);
  await first.read();
  world.list.push(payment('1', 12, -70));
  first.clock.advance(HOUR + 1_000);
  first.keeper.handle(told(12, -70, 'BTCUSDT'));
  await first.read();
}

test('what was paid while nobody ran is booked once, on its own day, whatever comes twice', async () => {
  const world = new World();
  await before(world);
  world.list.push(payment('2', 16, -11), payment('3', 16, 4, { symbol: 'ETHUSDT' }), payment('4', 24, -13), payment('4', 24, -13));
  for (const hour of [30, 31]) {
    using next = world.run(hour);
    await next.read();
    await next.pass(3 * HOUR);
    expect(next.days()).toEqual([
      ['2026-11-27', 'BTCUSDT', -13n],
      ['2026-11-26', 'BTCUSDT', -81n],
      ['2026-11-26', 'ETHUSDT', 4n],
    ]);
    expect(next.keeper.ledger.positions.row('BTCUSDT').funding).toBe(-94n);
  }
  expect(world.late.map(({ amount }) => amount)).toEqual([-11n, 4n, -13n]);
});

test('of an asset of its own, and of a symbol that is not counted here', async () => {
  const world = new World();
  await before(world);
  world.list.push(payment('2', 16, -3, { asset: 'BNFCR' }), payment('3', 16, -9, { symbol: 'XRPUSDT' }));
  using next = world.run(20);
  await next.read();
  expect(next.days()).toEqual([
    ['2026-11-26', 'BTCUSDT', -70n],
    ['2026-11-26', 'unknown:BNFCR', -3n],
  ]);
  expect(next.store.fundingSince(at(16))?.map(({ told: symbol, symbol: counted }) => [symbol, counted])).toEqual([
    ['BTCUSDT', 'unknown:BNFCR'],
    ['XRPUSDT', ''],
  ]);
});

test('the stream may tell late what was read, once or twice, or never', async () => {
  const world = new World();
  await before(world);
  using next = world.run(16);
  world.list.push(payment('2', 16, -11));
  await next.read(); // just now: the stream may still tell
  expect(next.keeper.ledger.positions.row('BTCUSDT').funding).toBe(-70n);
  await next.pass(130_000);
  expect(next.keeper.ledger.positions.row('BTCUSDT').funding).toBe(-81n);
  for (const _ of ['late', 'twice']) next.keeper.handle(told(16, -11));
  expect(next.keeper.ledger.positions.row('BTCUSDT').funding).toBe(-81n);
  await next.pass(8 * HOUR - 130_000);
  next.keeper.handle(told(24, -11));
  expect(next.keeper.ledger.positions.row('BTCUSDT').funding).toBe(-81n); // of no one position, and of another settlement
  expect(next.keeper.ledger.positions.unnamedFunding('USDT')).toBe(-11n);
});

test('what the stream never told while all seemed well is read within the hour', async () => {
  const world = new World();
  await before(world);
  using next = world.run(15);
  await next.read();
  world.list.push(payment('2', 16, -11));
  await next.pass(30 * 60_000);
  expect(world.asked).toHaveLength(3);
  await next.pass(40 * 60_000);
  expect(next.keeper.ledger.positions.row('BTCUSDT').funding).toBe(-81n);
});

test('a stream that breaks again and again leads to one read a minute', async () => {
  const world = new World();
  using only = world.run(15);
  for (let second = 0; second < 179; second++) {
    await only.read();
    await only.pass(1_000);
  }
  expect(world.asked).toHaveLength(3);
});

test('a list that cannot be read is asked for again after a minute, and nothing of it is lost', async () => {
  const world = new World();
  await before(world);
  world.list.push(payment('2', 16, -11));
  world.down = true;
  using next = world.run(20);
  await next.read();
  const asked = world.asked.length;
  await next.pass(59_000);
  expect(world.asked).toHaveLength(asked);
  world.down = false;
  await next.pass(1_000);
  expect(next.keeper.ledger.positions.row('BTCUSDT').funding).toBe(-81n);
});

test('many are read page by page, and a list that does not move on is given up', async () => {
  const world = new World();
  await before(world);
  world.pageSize = 2;
  for (let n = 0; n < 5; n++) world.list.push(payment(`p${n}`, 13 + n, -1));
  using next = world.run(20);
  await next.read();
  expect(next.keeper.ledger.positions.row('BTCUSDT').funding).toBe(-75n);
  world.list.push(...['a', 'b', 'c'].map((id) => payment(id, 21, -1, { symbol: 'ETHUSDT' })));
  next.clock.advance(2 * HOUR);
  await next.read();
  expect(next.keeper.ledger.positions.row('ETHUSDT').funding).toBe(0n);
});

test('what was paid before a symbol was counted is not its own', async () => {
  const world = new World();
  world.list.push(payment('0', 10, -500));
  using first = world.run(10.9);
  await first.read();
  await first.pass(2 * HOUR);
  expect(first.days()).toEqual([]);
});
