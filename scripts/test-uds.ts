/** Round trips through a running gateway's operator socket: hello, place far from the market, cancel, until the order is gone. */
import { setTimeout as sleep } from 'node:timers/promises';
import { makeClientId } from '../shared/client-id.ts';
import { FullBook, type Place } from '../shared/command.ts';
import { limitsOf } from '../shared/config.ts';
import type { Loaded } from '../shared/config-file.ts';
import { formatPrice, formatSize, fractionalTicks, type Instrument, makeInstrument } from '../shared/instrument.ts';
import type { GatewayClient } from '../shared/io/gateway-client.ts';
import { hasEnded, ORDER_STATUSES, type OrderStatus } from '../shared/order.ts';
import { InstrumentDoc, keysOf } from '../shared/snapshot.ts';
import { ticks } from '../shared/units.ts';
import { ask, headerNow, openOperator, query } from './lib/operator.ts';
import { smallestSize } from './lib/plan-order.ts';
import { openRedis } from './lib/redis.ts';
import { table } from './lib/table.ts';
import { configOf, EXIT, type ExitCode, newTool, Problem, print, runTool, wholeNumber } from './lib/tool.ts';

type Options = { readonly symbol?: string; readonly count: number; readonly config: string; readonly json: boolean };

const options = newTool('test-uds', "Hello, place and cancel through a running gateway's operator socket, with round-trip times.")
  .option('--symbol <symbol>', 'contract (default: the first of the config)', (text) => text.toUpperCase())
  .option('--count <n>', 'round trips', wholeNumber({ min: 1, max: 10_000 }), 1)
  .option('--config <file>', 'configuration', 'config.json')
  .option('--json', 'one JSON object on stdout', false)
  .parse()
  .opts<Options>();

/** Of the collar: far from the market, and still let through by the guard. */
const SHARE_OF_COLLAR = 0.75;
const TTL_MS = 2_000;
const GONE_MS = 10_000;
const LOOK_MS = 2;
/** At most this many orders a second, so that the brain's share of the venue's order budget stays. */
const PACE_MS = 100;

const STEPS = ['hello', 'place', 'open', 'cancel', 'gone'] as const;
type Name = (typeof STEPS)[number];
type Times = Readonly<Record<Name, number[]>>;
type Trip = { readonly client: GatewayClient; readonly instrument: Instrument; readonly collarPercent: number; readonly times: Times };

async function main(): Promise<ExitCode> {
  const loaded = configOf(options.config);
  const { config } = loaded;
  const symbol = options.symbol ?? config.symbols[0] ?? '';
  const times: Times = { hello: [], place: [], open: [], cancel: [], gone: [] };
  const started = performance.now();
  await using client = await openOperator(loaded, 'test-uds');
  times.hello.push(performance.now() - started);
  const instrument = await readInstrument(loaded, symbol);
  const collarPercent = limitsOf(config, symbol)?.collarPercent ?? 0;
  let stopped = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => {
      stopped = true;
    });
  for (let i = 0; i < options.count && !stopped; i++) {
    if (i > 0) await sleep(PACE_MS);
    await roundTrip({ client, instrument, collarPercent, times }, i);
  }
  show(client, times);
  return EXIT.done;
}

/** Tick, step and least sizes as the gateway knows them. */
async function readInstrument(loaded: Loaded, symbol: string): Promise<Instrument> {
  using open = await openRedis(loaded);
  const text = await open.redis.get(keysOf(loaded.config.redis.prefix).instrument(symbol));
  if (text === null) throw new Problem(EXIT.usage, [`--symbol: ${symbol}: the gateway knows ${loaded.config.symbols.join(', ')}`]);
  const made = makeInstrument(InstrumentDoc.parse(JSON.parse(text)));
  if (typeof made === 'string') throw new Problem(EXIT.failed, [made]);
  return made;
}

async function roundTrip(trip: Trip, counter: number): Promise<void> {
  const { client, times } = trip;
  const place = await farOrder(trip, counter);
  const { clientId } = place;
  const placedAt = performance.now();
  await ask(client, place);
  times.place.push(performance.now() - placedAt);
  try {
    await until(client, { clientId, what: 'open at the exchange', fits: (status) => status !== 'sent' });
  } catch (problem) {
    await client.request({ type: 'cancel', clientId }); // refused when it has ended by itself: nothing is left then either
    throw problem;
  }
  times.open.push(performance.now() - placedAt);
  const canceledAt = performance.now();
  await ask(client, { type: 'cancel', clientId });
  times.cancel.push(performance.now() - canceledAt);
  await until(client, { clientId, what: 'gone', fits: hasEnded });
  times.gone.push(performance.now() - canceledAt);
}

async function farOrder({ client, instrument, collarPercent }: Trip, counter: number): Promise<Omit<Place, 'id'>> {
  const { symbol } = instrument;
  const book = FullBook.parse(await query(client, { what: 'book', symbol }));
  const best = book.bids[0]?.[0];
  if (best === undefined || book.status !== 'live')
    throw new Problem(EXIT.failed, [
      `the gateway's book of ${symbol} is ${best === undefined ? 'empty' : book.status}: try again when it is live`,
    ]);
  const price = ticks(Math.ceil(fractionalTicks(instrument, best) * (1 - (collarPercent / 100) * SHARE_OF_COLLAR)));
  const { epoch, seq } = await headerNow(client);
  return {
    type: 'place',
    clientId: makeClientId({ role: 'operator', epoch: client.welcome.brainEpoch, counter }),
    symbol,
    ...{ side: 'buy', kind: 'limit', timeInForce: 'post-only', reduceOnly: false },
    price: formatPrice(instrument, price),
    size: formatSize(instrument, smallestSize(instrument, price)),
    reason: 'test-uds',
    basedOn: { epoch, seq },
    ttlMs: TTL_MS,
  };
}

type Awaited = { readonly clientId: string; readonly what: string; readonly fits: (status: OrderStatus) => boolean };

async function until(client: GatewayClient, { clientId, what, fits }: Awaited): Promise<void> {
  const end = performance.now() + GONE_MS;
  let status: OrderStatus | null = null;
  while (performance.now() < end) {
    status = statusOf(await query(client, { what: 'order', clientId }));
    if (status !== null && fits(status)) {
      if (status === 'rejected') throw new Problem(EXIT.failed, [`the exchange rejected order ${clientId}`]);
      return;
    }
    await sleep(LOOK_MS);
  }
  throw new Problem(EXIT.failed, [`order ${clientId} is not ${what} after ${GONE_MS / 1_000} s: it is ${status ?? 'unknown'}`]);
}

function statusOf(data: unknown): OrderStatus | null {
  const order = Object(data).order;
  return ORDER_STATUSES.find((status) => status === Object(order).status) ?? null;
}

const quantile = (sorted: readonly number[], q: number): number => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0;
const round = (ms: number): number => Math.round(ms * 1_000) / 1_000;

function show({ welcome }: GatewayClient, times: Times): void {
  const figures = STEPS.map((name) => {
    const sorted = times[name].toSorted((a, b) => a - b);
    return {
      name,
      n: sorted.length,
      p50: round(quantile(sorted, 0.5)),
      p99: round(quantile(sorted, 0.99)),
      max: round(sorted.at(-1) ?? 0),
    };
  });
  const { environment, epoch } = welcome;
  const byName = Object.fromEntries(figures.map(({ name, ...rest }) => [name, rest]));
  if (options.json) print(JSON.stringify({ ok: true, environment, epoch, unit: 'ms', ...byName }));
  else print(`gateway ${environment}, epoch ${epoch}; times in ms, from the command's first byte`, '', ...lines(figures));
}

type Figures = { readonly name: Name; readonly n: number; readonly p50: number; readonly p99: number; readonly max: number };

function lines(figures: readonly Figures[]): readonly string[] {
  const right = (title: string) => ({ title, align: 'right' }) as const;
  const rows = figures.map(({ name, n, p50, p99, max }) => [name, String(n), ...[p50, p99, max].map((ms) => ms.toFixed(3)), UNTIL[name]]);
  return table([{ title: 'STEP' }, right('N'), right('P50'), right('P99'), right('MAX'), { title: 'UNTIL' }], rows);
}

const UNTIL: Readonly<Record<Name, string>> = {
  hello: 'the gateway welcomed the operator',
  place: 'the gateway took the order into its ledger',
  open: 'the exchange acknowledged it',
  cancel: 'the gateway took the cancel',
  gone: 'the exchange acknowledged that too',
};

await runTool('test-uds', main);
