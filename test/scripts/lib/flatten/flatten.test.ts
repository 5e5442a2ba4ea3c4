import { beforeEach, expect, test } from 'vitest';
import type {
  CloseOrder,
  ConditionalOrder,
  HeldPosition,
  Look,
  RestingOrder,
  VenueAccount,
} from '../../../../scripts/lib/flatten/account.ts';
import { Flatten, type FlattenOptions } from '../../../../scripts/lib/flatten/flatten.ts';
import type { VenueFault, VenueResult } from '../../../../gateway/venues/venue.ts';
import { VirtualClock } from '../../../../shared/clock.ts';
import { err, ok } from '../../../../shared/result.ts';
import { instrument } from '../../../kit/orders.ts';
import { settle } from '../../../kit/order-side.ts';
import { fault } from '../../../kit/scripted-venue.ts';

/** An account in memory that does as it is asked unless it is told to answer otherwise. */
class Account implements VenueAccount {
  orders: RestingOrder[] = [];
  conditionals: ConditionalOrder[] = [];
  positions: HeldPosition[] = [];
  readonly closes: CloseOrder[] = [];
  readonly canceled: string[] = [];
  looks = 0;
  /** Next answers of a kind, first come first. `unknown` ones are carried out all the same. */
  readonly answers: { look: VenueFault[]; cancel: VenueFault[]; close: VenueFault[] } = { look: [], cancel: [], close: [] };
  /** Share of each next close that is filled; 1 when none is left. */
  fills: number[] = [];

  async look(): Promise<Look> {
    this.looks++;
    const refused = this.answers.look.shift();
    if (refused) return { orders: err(refused), conditionals: err(refused), positions: err(refused) };
    return { orders: ok([...this.orders]), conditionals: ok([...this.conditionals]), positions: ok([...this.positions]) };
  }

  async cancelOrders({ ids }: { readonly symbol: string; readonly ids: readonly string[] }): Promise<VenueResult<null>> {
    const refused = this.answers.cancel.shift();
    if (refused && refused.kind !== 'unknown') return err(refused);
    this.canceled.push(...ids);
    this.orders = this.orders.filter(({ id }) => !ids.includes(id));
    return refused ? err(refused) : ok(null);
  }

  async cancelConditional(id: string): Promise<VenueResult<null>> {
    this.canceled.push(id);
    this.conditionals = this.conditionals.filter((order) => order.id !== id);
    return ok(null);
  }

  async close(order: CloseOrder): Promise<VenueResult<null>> {
    this.closes.push(order);
    const refused = this.answers.close.shift();
    if (refused && refused.kind !== 'unknown') return err(refused);
    const share = this.fills.shift() ?? 1;
    this.positions = this.positions.flatMap((position) => {
      const left = Math.abs(Number(position.size)) - Number(order.size) * share;
      return left > 1e-9 ? [{ ...position, size: left.toFixed(3) }] : [];
    });
    return refused ? err(refused) : ok(null);
  }

  async quote() {
    return ok({ bid: '60000.00', ask: '60000.10' });
  }

  instrument() {
    return instrument();
  }
}

const order = (id: string, own = true): RestingOrder => ({ symbol: 'BTCUSDT', id, own, side: 'buy', price: '59000', size: '0.010' });
const held = (size = '0.050'): HeldPosition => ({ symbol: 'BTCUSDT', side: 'both', size, entryPrice: '60000', markPrice: '60000' });
const WINDOW_MS = 1_500;

let account: Account;
let clock: VirtualClock;
let said: string[];
beforeEach(() => {
  [account, clock, said] = [new Account(), new VirtualClock(), []];
});

const begin = (over: Partial<FlattenOptions> = {}) =>
  new Flatten({
    ...{ account, clock, symbols: ['BTCUSDT'], everything: false, positions: true, recvWindowMs: WINDOW_MS, limitMs: 20_000 },
    ...{ mayGoOn: () => true, say: (line: string) => said.push(line), ...over },
  });

async function pass(ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 50) {
    await settle();
    clock.advance(50);
  }
  await settle();
}

async function run(over: Partial<FlattenOptions> = {}) {
  const done = begin(over).run();
  await pass(30_000);
  return done;
}

test('cancels what is ours, closes what is held, and is done by a look later than any request could still take effect', async () => {
  account.orders = [order('1'), order('2'), order('web', false)];
  account.positions = [held()];
  const rounds: number[] = [];
  const done = await run({ mayGoOn: () => rounds.push(clock.monoMs()) > 0 });
  expect(done).toMatchObject({ flat: true, left: [], fatal: null });
  expect(done.symbols).toEqual([{ symbol: 'BTCUSDT', canceled: 2, before: '0.050', now: 'none', closes: 1 }]);
  expect(account.orders).toEqual([order('web', false)]);
  expect(rounds.at(-1)).toBeGreaterThanOrEqual(WINDOW_MS);
});

test('orders of others, conditional ones too, go when everything is meant', async () => {
  account.orders = [order('web', false)];
  account.conditionals = [{ symbol: 'BTCUSDT', id: 'a1', own: false }];
  expect(await run({ everything: true })).toMatchObject({ flat: true });
  expect(account.canceled).toEqual(['web', 'a1']);
});

test('our stop protects until its symbol is flat, and goes then', async () => {
  account.conditionals = [{ symbol: 'BTCUSDT', id: 'stop', own: true }];
  account.positions = [held()];
  account.answers.close.push(fault('rejected', 'thin-market'), fault('busy'));
  account.fills = [0.5];
  const log: string[] = [];
  const { cancelConditional } = account;
  account.cancelConditional = (id) => {
    log.push(`${id} with ${account.positions.length} positions`);
    return cancelConditional.call(account, id);
  };
  expect(await run()).toMatchObject({ flat: true });
  expect(log).toEqual(['stop with 0 positions']);
});

test('orders alone: positions and their stops stay', async () => {
  account.orders = [order('1')];
  account.conditionals = [{ symbol: 'BTCUSDT', id: 'stop', own: true }];
  account.positions = [held()];
  expect(await run({ positions: false })).toMatchObject({ flat: true });
  expect([account.orders, account.conditionals.length, account.positions.length, account.closes]).toEqual([[], 1, 1, []]);
});

test('an outcome that is not known is answered by looking again, never by believing', async () => {
  account.positions = [held()];
  account.orders = [order('1')];
  account.answers.close.push(fault('unknown', 'time-out'));
  account.answers.cancel.push(fault('unknown', 'time-out'));
  expect(await run()).toMatchObject({ flat: true });
  expect(account.closes).toHaveLength(1);
});

test('limited takers first, then market; a refused market order is followed by a limited one', async () => {
  account.positions = [held()];
  account.answers.close.push(...Array.from({ length: 3 }, () => fault('rejected', 'order-refused')), fault('rejected', 'thin-market'));
  expect(await run()).toMatchObject({ flat: true });
  expect(account.closes.map(({ price }) => price)).toEqual(['59940.00', '59820.00', '59400.00', null, '59400.00']);
});

test('a venue that asks for silence gets it', async () => {
  account.positions = [held()];
  account.answers.look.push({ ...fault('rate-limited'), retryAfterMs: 4_000 });
  const done = begin().run();
  await pass(3_900);
  expect([account.looks, account.closes.length]).toEqual([1, 0]);
  await pass(4_000);
  expect(await done).toMatchObject({ flat: true });
});

test('a request that hangs holds up its round for a second at most', async () => {
  account.positions = [held()];
  account.orders = [order('1')];
  const { cancelOrders } = account;
  let asked = 0;
  account.cancelOrders = (cancel) => (asked++ === 0 ? new Promise(() => undefined) : cancelOrders.call(account, cancel));
  expect(await run()).toMatchObject({ flat: true });
  expect(account.orders).toEqual([]);
});

test('a key that is refused ends it at once; time that is up and a gateway that is back leave a list', async () => {
  account.positions = [held()];
  account.answers.look.push(fault('auth', 'key'));
  expect(await run()).toMatchObject({ flat: false, fatal: { kind: 'auth' } });
  account.answers.close.push(...Array.from({ length: 1_000 }, () => fault('busy')));
  expect(await run()).toMatchObject({ flat: false, fatal: null, left: ['BTCUSDT: position 0.050'] });
  expect(await run({ mayGoOn: () => false })).toMatchObject({ flat: false });
  expect(said).toContain('left: BTCUSDT: position 0.050');
});

test('inspect() changes nothing and names what is there', async () => {
  account.positions = [held('-0.020')];
  account.orders = [order('1')];
  expect((await begin({ symbols: 'all', everything: true }).inspect()).left).toEqual([
    'BTCUSDT: own order buy 0.010 at 59000',
    'BTCUSDT: position -0.020',
  ]);
  expect([account.closes, account.canceled]).toEqual([[], []]);
});
