import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Message, Socket } from '../../kit/sim-client.ts';
import { SteppedSim } from '../../kit/stepped-sim.ts';
import { openWsApi } from '../../kit/ws-api.ts';

let sim: SteppedSim;
beforeEach(async () => {
  sim = await SteppedSim.open({ limitsEnforced: false });
});
afterEach(() => sim.close());

type Level = readonly [price: string, size: string];
type Snapshot = { readonly lastUpdateId: number; readonly bids: readonly Level[]; readonly asks: readonly Level[] };
const snapshot = async (limit = 1_000): Promise<Snapshot> =>
  (await sim.client.get(`/fapi/v1/depth?symbol=BTCUSDT&limit=${limit}`)).body as unknown as Snapshot;
const truth = async (u: number): Promise<Snapshot> =>
  (await sim.client.admin(`/sim/book?symbol=BTCUSDT&u=${u}`)).body as unknown as Snapshot;
const fault = (fields: Message) => sim.client.admin('/sim/fault', { symbol: 'BTCUSDT', ...fields });

/** A book kept by the venue's own recipe: snapshot, then every diff whose ids chain. */
class Book {
  readonly bids = new Map<number, string>();
  readonly asks = new Map<number, string>();
  u: number;
  #read = 0;

  constructor({ lastUpdateId, bids, asks }: Snapshot) {
    this.u = lastUpdateId;
    write(this.bids, bids);
    write(this.asks, asks);
  }

  /** Takes what has come since; throws when the chain is broken. */
  follow(socket: Socket): this {
    for (const diff of socket.messages().slice(this.#read)) {
      this.#read += 1;
      if (Number(diff['u']) < this.u) continue;
      if (Number(diff['pu']) > this.u) throw new Error(`gap: after ${this.u} comes ${diff['pu']}`);
      write(this.bids, diff['b'] as readonly Level[]);
      write(this.asks, diff['a'] as readonly Level[]);
      this.u = Number(diff['u']);
    }
    return this;
  }

  best(): readonly [bid: number, ask: number] {
    return [Math.max(...this.bids.keys()), Math.min(...this.asks.keys())];
  }

  sorted(): readonly (readonly [number, string][])[] {
    return [[...this.bids].sort(([a], [b]) => b - a), [...this.asks].sort(([a], [b]) => a - b)];
  }
}

function write(side: Map<number, string>, levels: readonly Level[]): void {
  for (const [price, size] of levels) {
    if (Number(size) === 0) side.delete(Number(price));
    else side.set(Number(price), size);
  }
}

/** The client's book is the exchange's own at the same update id. */
async function expectTrue(book: Book): Promise<void> {
  const { bids, asks } = await truth(book.u);
  expect(book.sorted()).toEqual([bids, asks].map((side) => side.map(([price, size]) => [Number(price), size])));
}

async function following(): Promise<{ readonly socket: Socket; readonly book: Book }> {
  const socket = await sim.socket('/public/ws/btcusdt@depth@100ms');
  await sim.advance(300);
  const book = new Book(await snapshot());
  await sim.advance(300);
  return { socket, book: book.follow(socket) };
}

test('crossed-book: streams, snapshot and tickers tell a bid above the best ask for that long, without a gap, and then the truth again', async () => {
  const { socket, book } = await following();
  const [best, top, all] = [
    await sim.socket('/public/ws/btcusdt@bookTicker'),
    await sim.socket('/public/ws/btcusdt@depth5@100ms'),
    await sim.socket('/public/ws/!bookTicker'),
  ];
  await fault({ kind: 'crossed-book', ms: 8_000 });
  await sim.advance(7_000);
  const [bid, ask] = book.follow(socket).best();
  expect(bid).toBeGreaterThan(ask);
  const { bids, asks } = await snapshot(5);
  expect([bids.length, Number(bids[0]?.[0]) > Number(asks[0]?.[0])]).toEqual([5, true]);
  const ticker = (await sim.client.get('/fapi/v1/ticker/bookTicker?symbol=BTCUSDT')).body;
  expect(Number(ticker['bidPrice'])).toBeGreaterThan(Number(ticker['askPrice']));
  for (const stream of [best, all]) {
    const told = stream.messages().at(-1) ?? {};
    expect(Number(told['b'])).toBeGreaterThan(Number(told['a']));
  }
  const partial = top.messages().at(-1) as unknown as { b: Level[]; a: Level[] };
  expect(Number(partial.b[0]?.[0])).toBeGreaterThan(Number(partial.a[0]?.[0]));
  await sim.advance(3_000);
  await expectTrue(book.follow(socket));
  await expectTrue(new Book(await snapshot()));
});

test.each([['bids'], ['asks'], ['both']] as const)(
  'empty-book: nothing on %s for that long, without a gap, and then all of it again',
  async (side) => {
    const { socket, book } = await following();
    await fault({ kind: 'empty-book', side, ms: 2_000 });
    await sim.advance(1_000);
    const sizes = (of: Snapshot | Book): readonly boolean[] => {
      const { bids, asks } = of instanceof Book ? { bids: [...of.bids], asks: [...of.asks] } : of;
      return [bids.length === 0, asks.length === 0];
    };
    const want = [side !== 'asks', side !== 'bids'];
    expect([sizes(book.follow(socket)), sizes(await snapshot())]).toEqual([want, want]);
    const { body } = await sim.client.get('/fapi/v1/ticker/bookTicker?symbol=BTCUSDT');
    expect([body['bidPrice'] === '0', body['askPrice'] === '0']).toEqual(want);
    await sim.advance(2_000);
    await expectTrue(book.follow(socket));
  },
);

test('who reads a snapshot between the end of an empty book and the next difference keeps no level that has gone since', async () => {
  const { socket } = await following();
  let gone = 0;
  for (let round = 0; round < 40; round++) {
    await fault({ kind: 'empty-book', ms: 202 }); // ends just after a difference
    await sim.advance(205);
    const read = await snapshot();
    const book = new Book(read);
    await sim.advance(95);
    const held = new Set(
      book
        .follow(socket)
        .sorted()
        .flat()
        .map(([price]) => price),
    );
    gone += [...read.bids, ...read.asks].filter(([price]) => !held.has(Number(price))).length;
    await expectTrue(book);
  }
  expect(gone).toBeGreaterThan(0); // else the rounds have shown nothing
});

test('stale-snapshot: the answer is older than everything the client has buffered, and true of its own time', async () => {
  await sim.advance(5_000);
  const socket = await sim.socket('/public/ws/btcusdt@depth@100ms');
  await sim.advance(500);
  await fault({ kind: 'stale-snapshot', ms: 3_000 });
  const stale = await snapshot();
  const [first] = socket.messages();
  expect(stale.lastUpdateId).toBeLessThan(Number(first?.['U']));
  expect(() => new Book(stale).follow(socket)).toThrow('gap');
  await expectTrue(new Book(stale));
  const fresh = await snapshot();
  expect(fresh.lastUpdateId).toBeGreaterThan(Number(first?.['U']));
});

test('the WebSocket API tells the same wrong books', async () => {
  const api = await openWsApi(sim.client);
  const depth = async (): Promise<Snapshot> => (await api.call('depth', { symbol: 'BTCUSDT', limit: 5 }))['result'] as Snapshot;
  const fresh = await depth();
  await sim.client.admin('/sim/advance', { ms: 4_000 });
  await fault({ kind: 'stale-snapshot', ms: 4_000 });
  const [stale, now] = [await depth(), await depth()];
  expect(stale.lastUpdateId).toBeGreaterThanOrEqual(fresh.lastUpdateId);
  expect(stale.lastUpdateId).toBeLessThan(now.lastUpdateId);
  await fault({ kind: 'crossed-book', ms: 1_000 });
  const crossed = await depth();
  expect(Number(crossed.bids[0]?.[0])).toBeGreaterThan(Number(crossed.asks[0]?.[0]));
  const ticker = (await api.call('ticker.book', { symbol: 'BTCUSDT' }))['result'] as Message;
  expect(Number(ticker['bidPrice'])).toBeGreaterThan(Number(ticker['askPrice']));
  await sim.client.admin('/sim/advance', { ms: 1_000 });
  await fault({ kind: 'empty-book', side: 'asks', ms: 1_000 });
  expect((await depth()).asks).toEqual([]);
});

test('a fault on a symbol that is not open, or with a bad field, is refused in one line', async () => {
  expect((await fault({ kind: 'crossed-book', symbol: 'NOPE', ms: 1 })).body['problem']).toContain('NOPE');
  expect((await fault({ kind: 'empty-book', side: 'top', ms: 1 })).status).toBe(400);
});
