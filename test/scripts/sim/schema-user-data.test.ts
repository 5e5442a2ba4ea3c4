/**
 * Events of the private stream against recorded ones and against the shapes that Binance's own connector declares (2026-09): the same
 * fields with the same JSON types. What differs stands beside the event with its reason, and nothing else may differ.
 */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { atoms, parseAtoms, ZERO_ATOMS } from '../../../shared/units.ts';
import { recorded } from '../../kit/data.ts';
import { declared } from '../../kit/declared.ts';
import { differencesOf } from '../../kit/schema.ts';
import { type Fields, KEY, type Message, openTestSim, SECRET, type SimClient, type Socket } from '../../kit/sim-client.ts';

const BTC = { symbol: 'BTCUSDT' };
/** A minute before a funding hour. */
const START_MS = Date.UTC(2026, 9, 21, 7, 59);
const RICH = 'rich-key';
const money = (text: string) => parseAtoms(text) ?? ZERO_ATOMS;

type Event = Message & { readonly e: string };
type Named = (event: Event) => boolean;
const inside = (event: Event, name: string): Readonly<Record<string, unknown>> => (event[name] ?? {}) as Readonly<Record<string, unknown>>;
const order =
  (execution: string): Named =>
  (event) =>
    event.e === 'ORDER_TRADE_UPDATE' && inside(event, 'o')['x'] === execution;
const account =
  (reason: string): Named =>
  (event) =>
    event.e === 'ACCOUNT_UPDATE' && inside(event, 'a')['m'] === reason;
const named =
  (name: string): Named =>
  (event) =>
    event.e === name;
const config =
  (field: string): Named =>
  (event) =>
    event.e === 'ACCOUNT_CONFIG_UPDATE' && field in event;

const YOUNGER_ID = 'modifyId came on 2026-07-22, after the recording; it is echoed when it was sent';
const YOUNGER_SYMBOL = 'ACCOUNT_UPDATE names the symbol of a funding fee since 2026-08-07, after the recording';
const TRAILING = 'trailing orders only, and they are conditional orders now: an ordinary order never has it';
const FUNDING_ONLY = 'told with a funding fee only';
const MARGIN_ASSET = 'recorded, not declared';
const AMENDED_ONLY = 'told of an amendment only, and when the client numbered it';
const OTHER_KIND = 'leverage and asset mode are told by two shapes of one event, and the declaration shows both in one';
const TRAILING_FIELDS = { '- o.AP: string': TRAILING, '- o.cr: string': TRAILING };
const NO_ID = { '- o.M: string': AMENDED_ONLY };
const MARGIN_FIELD = { '+ a.P[].ma: string': MARGIN_ASSET };
const NO_SYMBOL = { '- a.S: string': FUNDING_ONLY };

type Argued = Readonly<Record<string, string>>;
/** What is compared, declared shape, differences from recorded events (null: none was recorded), differences from the declared one. */
const EVENTS: readonly (readonly [what: string, fits: Named, region: string, recorded: Argued | null, declared: Argued])[] = [
  ['ORDER_TRADE_UPDATE NEW', order('NEW'), 'order-trade-update', {}, { ...TRAILING_FIELDS, ...NO_ID }],
  ['ORDER_TRADE_UPDATE TRADE', order('TRADE'), 'order-trade-update', {}, { ...TRAILING_FIELDS, ...NO_ID }],
  ['ORDER_TRADE_UPDATE CANCELED', order('CANCELED'), 'order-trade-update', {}, { ...TRAILING_FIELDS, ...NO_ID }],
  ['ORDER_TRADE_UPDATE AMENDMENT', order('AMENDMENT'), 'order-trade-update', { '+ o.M: string': YOUNGER_ID }, TRAILING_FIELDS],
  ['ACCOUNT_UPDATE ORDER', account('ORDER'), 'account-update', {}, { ...MARGIN_FIELD, ...NO_SYMBOL }],
  ['ACCOUNT_UPDATE DEPOSIT', account('DEPOSIT'), 'account-update', {}, NO_SYMBOL],
  ['ACCOUNT_UPDATE WITHDRAW', account('WITHDRAW'), 'account-update', {}, NO_SYMBOL],
  ['ACCOUNT_UPDATE FUNDING_FEE', account('FUNDING_FEE'), 'account-update', { '+ a.S: string': YOUNGER_SYMBOL }, {}],
  ['TRADE_LITE', named('TRADE_LITE'), 'trade-lite', {}, {}],
  ['ACCOUNT_CONFIG_UPDATE leverage', config('ac'), 'account-config-update', {}, { '- ai: object': OTHER_KIND }],
  ['ACCOUNT_CONFIG_UPDATE asset mode', config('ai'), 'account-config-update', {}, { '- ac: object': OTHER_KIND }],
  ['MARGIN_CALL', named('MARGIN_CALL'), 'margin-call', {}, {}],
  ['ALGO_UPDATE', named('ALGO_UPDATE'), 'algo-update', null, {}],
  ['listenKeyExpired', named('listenKeyExpired'), 'listen-key-expired', null, {}],
];

const FILES = [
  'binance-usdm_BTCUSDT_2024-11-18_open-close.jsonl',
  'binance-usdcm_ETHUSDC_2026-04-21.jsonl',
  'binance_raw_misc_2022-02.jsonl',
  'unicorn-fy_samples.jsonl',
].map((file) => recorded(`userdata/${file}`));
const absent = FILES.includes(null);

/** Recorded events of USD-M, one message a line under 'event' or 'msg'; those of 2021 and 2022 lack fields that came later. */
function readRecorded(): readonly Event[] {
  const lines = FILES.flatMap((file) =>
    readFileSync(file ?? '', 'utf8')
      .trim()
      .split('\n'),
  );
  const rows = lines.map((line) => JSON.parse(line) as { event?: Event; msg?: Event; class?: string });
  return rows
    .filter((row) => !row.class?.includes('Coin'))
    .flatMap(({ event, msg }) => [event ?? msg].flatMap((found) => found ?? []).map(unwrap));
}
const unwrap = (event: Event): Event => (event['data'] === undefined ? event : (event['data'] as Event));

let sim: SimClient;
let events: readonly Event[];

const step = (ms: number): Promise<void> => sim.simulator.stepper?.advance(ms) ?? Promise.reject(new Error('Cannot step'));
async function send(method: string, path: string, fields: Fields): Promise<void> {
  const { status, text } = await sim.signed(method, path, fields);
  if (status !== 200) throw new Error(`${method} ${path}: ${text}`);
}
/** A wall of offers below the entry of a long position at the highest leverage: the mark comes down until its margin is nearly used up. */
async function callMargin(user: Socket): Promise<void> {
  const wall = { kind: 'foreign-order', apiKey: RICH, ...BTC, side: 'SELL', quantity: '900', price: '63770' };
  const { status, text } = await sim.admin('/sim/fault', wall);
  if (status !== 200) throw new Error(text);
  for (let turn = 0; turn < 300 && !user.messages().some(({ e }) => e === 'MARGIN_CALL'); turn++) await step(500);
}

beforeAll(async () => {
  sim = await openTestSim({
    steppedFromMs: START_MS,
    accounts: [
      { apiKey: KEY, secret: SECRET, balances: { USDT: money('60'), USDC: money('60') } },
      { apiKey: RICH, secret: 'rich-secret', balances: { USDT: money('100000000') } },
    ],
  });
  const user = await sim.user();
  const { exchange } = sim.simulator;
  await send('POST', '/fapi/v1/multiAssetsMargin', { multiAssetsMargin: 'true' });
  await send('POST', '/fapi/v1/multiAssetsMargin', { multiAssetsMargin: 'false' });
  await send('POST', '/fapi/v1/leverage', { ...BTC, leverage: 125 });
  const terms = { ...BTC, side: 'BUY', quantity: '0.002', price: '62000' };
  await send('POST', '/fapi/v1/order', { ...terms, type: 'LIMIT', timeInForce: 'GTX', newClientOrderId: 'one' });
  await send('PUT', '/fapi/v1/order', { ...terms, price: '62100', origClientOrderId: 'one', modifyId: 5 });
  await send('DELETE', '/fapi/v1/order', { ...BTC, origClientOrderId: 'one' });
  await send('POST', '/fapi/v1/order', { ...BTC, side: 'BUY', type: 'MARKET', quantity: '0.105' });
  const stop = { ...BTC, algoType: 'CONDITIONAL', side: 'SELL', type: 'STOP_MARKET', quantity: '0.001', triggerPrice: '30000' };
  await send('POST', '/fapi/v1/algoOrder', { ...stop, reduceOnly: 'true', clientAlgoId: 'stop' });
  exchange.transfer(exchange.trader(KEY), 'USDC', atoms(money('10')));
  exchange.transfer(exchange.trader(KEY), 'USDC', atoms(-money('10')));
  await step(61_000);
  await callMargin(user);
  await sim.admin('/sim/expire-listen-key', { apiKey: KEY });
  await user.first(({ e }) => e === 'listenKeyExpired');
  events = user.messages() as readonly Event[];
});
afterAll(() => sim.close());

test.each(EVENTS)('%s has the declared shape', (_what, fits, region, _recorded, argued) => {
  const ours = events.filter(fits);
  expect(ours.length).toBeGreaterThan(0);
  const shape = { e: '', ...(declared(`websocket-streams/${region}`) as object) };
  expect(differencesOf([shape], ours)).toEqual(Object.keys(argued).toSorted());
});

test.skipIf(absent).each(EVENTS.flatMap(([what, fits, , argued]) => (argued === null ? [] : [[what, fits, argued] as const])))(
  '%s has the recorded shape',
  (_what, fits, argued) => {
    const [theirs, ours] = [readRecorded().filter(fits), events.filter(fits)];
    expect(Math.min(theirs.length, ours.length)).toBeGreaterThan(0);
    expect(differencesOf(theirs, ours)).toEqual(Object.keys(argued).toSorted());
  },
);
