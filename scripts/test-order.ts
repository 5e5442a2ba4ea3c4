/**
 * One order straight over REST, independent of the gateway: placed far from the market, shown, cancelled, asked for, shown to be gone.
 * With --market it takes at once, and says how to close what it took. Once placed, the order is cancelled whatever happens.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { OrderEntry, OrderRequest, VenueFault, VenueOrder, VenueResult } from '../gateway/venues/venue.ts';
import { isRealMoney } from '../gateway/venues/io/examine.ts';
import { limitsOf } from '../shared/config.ts';
import type { Loaded } from '../shared/config-file.ts';
import { formatPrice, formatSize, type Instrument } from '../shared/instrument.ts';
import type { Side } from '../shared/order.ts';
import { formatAtoms } from '../shared/units.ts';
import { planOrder } from './lib/plan-order.ts';
import { table } from './lib/table.ts';
import { testClientId } from './lib/test-id.ts';
import { configOf, decimalText, EXIT, type ExitCode, newTool, Problem, print, runTool, sideText } from './lib/tool.ts';
import { type Heard, openVenueRest, type VenueRest } from './lib/venue-rest.ts';

type Options = {
  readonly symbol?: string;
  readonly side: Side;
  readonly price?: string;
  readonly qty?: string;
  readonly market: boolean;
  readonly reduceOnly: boolean;
  readonly yes: boolean;
  readonly live: boolean;
  readonly config: string;
  readonly json: boolean;
};

const options = newTool(
  'test-order',
  'Places one post-only order far from the market, shows the answer, cancels it, shows that it is gone.',
)
  .option('--symbol <symbol>', 'contract (default: the first of the config)', (text) => text.toUpperCase())
  .option('--side <side>', 'buy or sell', sideText, 'buy' as Side)
  .option('--price <price>', 'quote units (default: 5 % from the best price of its side)', decimalText)
  .option('--qty <size>', 'base units (default: the smallest that the venue takes)', decimalText)
  .option('--market', 'take at once instead; shows the fill and how to close it', false)
  .option('--reduce-only', 'only reduce a position', false)
  .option('--yes', 'needed for --market outside sim', false)
  .option('--live', 'needed for mainnet', false)
  .option('--config <file>', 'configuration', 'config.json')
  .option('--json', 'one JSON object on stdout', false)
  .parse()
  .opts<Options>();

/** An order the venue has not told about yet is asked for this often before the tool gives up on it. */
const TRIES = 8;
const PAUSE_MS = 400;

type Step = { readonly what: string } & Heard;
type Placing = { readonly venue: VenueRest; readonly orders: OrderEntry; readonly instrument: Instrument; readonly request: OrderRequest };

const steps: Step[] = [];
const say = (...lines: readonly string[]): void => {
  if (!options.json) print(...lines);
};

async function main(): Promise<ExitCode> {
  const loaded = configOf(options.config);
  refuseUnsafe(loaded);
  await using venue = await openVenueRest(loaded, process.env);
  const placing = await plan(loaded, venue);
  await venue.balances(); // proves the key before anything is placed
  await venue.syncClock();
  holdSignals();
  return options.market ? await take(placing) : await restAndCancel(placing);
}

function refuseUnsafe({ config }: Loaded): void {
  if (config.environment === 'mainnet' && !options.live)
    throw new Problem(EXIT.refused, ['environment mainnet: real money needs --live as well']);
  if (config.environment !== 'mainnet' && config.environment !== 'paper' && isRealMoney(config))
    throw new Problem(EXIT.refused, [
      `environment ${config.environment}: endpoints.${config.environment} names a host that trades real money`,
    ]);
  if (options.market && config.environment !== 'sim' && !options.yes)
    throw new Problem(EXIT.refused, [`--market in ${config.environment} takes at once and costs a fee: add --yes when you want that`]);
}

async function plan({ config }: Loaded, venue: VenueRest): Promise<Placing> {
  const symbol = options.symbol ?? config.symbols[0] ?? '';
  const market = await venue.market(symbol);
  const { instrument, bestBid, bestAsk, mark } = market;
  const planned = planOrder(options, { ...market, limits: limitsOf(config, symbol) });
  if (!planned.ok) throw new Problem(planned.error.code, [planned.error.sentence]);
  say(`${config.environment} at ${venue.host}`, `${symbol}: best bid ${bestBid}, best ask ${bestAsk}, mark ${mark}`, '');
  const { side, market: taking, reduceOnly } = options;
  const request: OrderRequest = {
    ...{ symbol, side, reduceOnly, ...planned.value },
    clientId: testClientId(Date.now()),
    kind: taking ? 'market' : 'limit',
    timeInForce: taking ? 'ioc' : 'post-only',
  };
  return { venue, orders: venue.orders(instrument), instrument, request };
}

/** The order is on its way: the tool ends by itself in seconds, and not before the order is gone. */
function holdSignals(): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => process.stderr.write('test-order: cancelling first\n'));
}

async function restAndCancel(placing: Placing): Promise<ExitCode> {
  const { orders, request, venue } = placing;
  const placed = await tell('place', placing, orders.place(request));
  if (!placed.ok && certainlyNotPlaced(placed.error)) venue.need(placed, 'trade');
  let last = await cancelOnce(placing);
  for (let i = 1; i < TRIES && !isGone(last, placed.ok); i++) {
    await sleep(PAUSE_MS);
    last = await cancelOnce(placing);
  }
  return conclude(placing, last, placed.ok);
}

/** Only these say that nothing rests there; all other faults leave it open. */
const certainlyNotPlaced = ({ kind }: VenueFault): boolean => kind !== 'unknown' && kind !== 'gone';

async function cancelOnce(placing: Placing): Promise<VenueResult<VenueOrder>> {
  const { orders, request } = placing;
  await tell('cancel', placing, orders.cancel(request));
  return tell('query', placing, orders.queryOrder(request));
}

const LIVE: ReadonlySet<string> = new Set(['accepted', 'partially-filled', 'amended']);

/** "No such order" counts only for an order that the venue had acknowledged: else it may still be on its way. */
const isGone = (result: VenueResult<VenueOrder>, acknowledged: boolean): boolean =>
  result.ok ? !LIVE.has(result.value.state) : result.error.kind === 'gone' && acknowledged;

function conclude(placing: Placing, last: VenueResult<VenueOrder>, acknowledged: boolean): ExitCode {
  const { request, instrument } = placing;
  const { clientId } = request;
  const filled = last.ok ? formatSize(instrument, last.value.filled) : null;
  const state = last.ok ? last.value.state : last.error.kind;
  if (!isGone(last, acknowledged)) {
    finish(false, { clientId, state, filled });
    const why = last.ok ? `is still ${state}` : `cannot be told about (${last.error.sentence})`;
    throw new Problem(EXIT.failed, [
      `order ${clientId} on ${request.symbol} ${why}: look for it on the venue's website and cancel it there`,
    ]);
  }
  if (last.ok && last.value.filled > 0) {
    finish(false, { clientId, state, filled });
    throw new Problem(EXIT.failed, [
      `order ${clientId} filled ${filled} before it was cancelled; to close: ${closing(placing, filled ?? '')}`,
    ]);
  }
  finish(true, { clientId, state, filled });
  say('', `gone: order ${clientId} is ${last.ok ? state : 'not known to the venue any more'}, nothing filled`);
  return EXIT.done;
}

async function take(placing: Placing): Promise<ExitCode> {
  const { orders, request, venue, instrument } = placing;
  const placed = await tell('place', placing, orders.place(request));
  if (!placed.ok && certainlyNotPlaced(placed.error)) venue.need(placed, 'trade');
  let last = placed;
  for (let i = 0; i < TRIES && !(last.ok && !LIVE.has(last.value.state)); i++) {
    if (i > 0) await sleep(PAUSE_MS);
    last = await tell('query', placing, orders.queryOrder(request));
  }
  if (!last.ok)
    throw new Problem(EXIT.failed, [
      `order ${request.clientId} on ${request.symbol} cannot be told about (${last.error.sentence}): look at the position with scripts/test-balance`,
    ]);
  const filled = formatSize(instrument, last.value.filled);
  const done = last.value.filled > 0;
  finish(done, { clientId: request.clientId, state: last.value.state, filled });
  if (!done) throw new Problem(EXIT.failed, [`order ${request.clientId} is ${last.value.state} and filled nothing`]);
  say('', `${last.value.state}: order ${request.clientId} filled ${filled}`, ...(await fillLines(placing, last.value.venueId)));
  if (!request.reduceOnly) say(`to close: ${closing(placing, filled)}`);
  return EXIT.done;
}

/** The executions of one order; a read that fails is told, the fill stands. */
async function fillLines({ orders, request, instrument }: Placing, venueId: string): Promise<readonly string[]> {
  const trades = await orders.trades({ symbol: request.symbol, fromTradeId: null });
  if (!trades.ok) return [`its executions cannot be read now (${trades.error.sentence})`];
  const rows = trades.value
    .filter((trade) => trade.venueId === venueId)
    .map((trade) => [
      trade.tradeId,
      formatPrice(instrument, trade.price),
      formatSize(instrument, trade.size),
      trade.fee === null ? 'unknown' : `${formatAtoms(trade.fee)} ${trade.feeAsset ?? ''}`,
    ]);
  const right = (title: string) => ({ title, align: 'right' }) as const;
  return table([{ title: 'TRADE' }, right('PRICE'), right('SIZE'), right('FEE')], rows);
}

const closing = ({ request }: Placing, filled: string): string =>
  [
    `scripts/test-order --market --reduce-only --symbol ${request.symbol} --side ${request.side === 'buy' ? 'sell' : 'buy'} --qty ${filled}`,
    ...(options.yes ? ['--yes'] : []),
    ...(options.live ? ['--live'] : []),
    ...(options.config === 'config.json' ? [] : ['--config', options.config]),
  ].join(' ');

/** Waits for an answer and shows what went out and what came back. */
async function tell<T>(what: string, { venue }: Placing, result: Promise<VenueResult<T>>): Promise<VenueResult<T>> {
  const value = await result;
  const { request, status, answer } = venue.heard;
  steps.push({ what, ...venue.heard });
  const [target = '', query = ''] = request.split('?');
  say(
    `${what.padEnd(8)}${target}`,
    ...query.split('&').map((part) => `        ${decodeURIComponent(part)}`),
    `answer  ${status ?? 'none'} ${answer}`,
  );
  return value;
}

type End = { readonly clientId: string; readonly state: string; readonly filled: string | null };

function finish(ok: boolean, end: End): void {
  if (!options.json) return;
  print(JSON.stringify({ ok, ...end, steps: steps.map(({ what, request, status, value }) => ({ what, request, status, answer: value })) }));
}

await runTool('test-order', main);
