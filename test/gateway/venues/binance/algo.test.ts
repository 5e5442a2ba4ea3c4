import { afterAll, beforeAll, expect, test } from 'vitest';
import { RestStopEntry, stopParameters } from '../../../../gateway/venues/binance/algo.ts';
import { decodeUser } from '../../../../gateway/venues/binance/decode.ts';
import { Rest } from '../../../../gateway/venues/binance/rest.ts';
import { secretOf } from '../../../../gateway/venues/binance/sign.ts';
import { openHttp } from '../../../../gateway/io/http.ts';
import { systemClock } from '../../../../shared/clock.ts';
import { lots, ticks } from '../../../../shared/units.ts';
import { id, instrument } from '../../../kit/orders.ts';
import { KEY, openTestSim, SECRET, type SimClient } from '../../../kit/sim-client.ts';

const BTC = instrument();
const INSTRUMENTS = new Map([[BTC.symbol, BTC]]);
const STOP = { symbol: 'BTCUSDT', side: 'sell', trigger: ticks(500_000), size: lots(20), working: 'mark' } as const;
const clientId = (n: number): string => id(n, { role: 'stop' });

let sim: SimClient;
let http: ReturnType<typeof openHttp>;
let stops: RestStopEntry;
beforeAll(async () => {
  sim = await openTestSim();
  const clock = systemClock(sim.clock);
  http = openHttp({ origin: `http://127.0.0.1:${sim.simulator.port}`, clock, timeoutMs: 2_000 });
  const rest = new Rest({ send: http.send, clock, apiKey: KEY, secret: secretOf(SECRET), recvWindowMs: 5_000, onCall: () => undefined });
  stops = new RestStopEntry({ rest, instruments: INSTRUMENTS });
});
afterAll(async () => {
  await http[Symbol.asyncDispose]();
  await sim.close();
});

/** Reference sheet 2026-11, 8.6, word for word. */
const UPDATE = {
  e: 'ALGO_UPDATE',
  T: 1795000100001,
  E: 1795000100002,
  o: {
    ...{ caid: 'sl-7f3a-31', aid: 2148000123, at: 'CONDITIONAL', o: 'STOP_MARKET', s: 'BTCUSDT', S: 'SELL', ps: 'BOTH', f: 'GTC' },
    ...{ q: '0.020', X: 'TRIGGERED', ai: '8390000000000000555', ap: '0', aq: '0', act: 'MARKET', tp: '59800.00', p: '0', V: 'NONE' },
    ...{ wt: 'MARK_PRICE', pm: 'NONE', cp: false, pP: false, R: true, tt: 1795000100000, gtd: 0, rm: '', ia: false },
  },
};

test('ALGO_UPDATE becomes a report of the stop, with the order that took its place', () => {
  expect(decodeUser(JSON.stringify(UPDATE), INSTRUMENTS)).toEqual({
    kind: 'events',
    events: [
      {
        ...{ kind: 'stop', symbol: 'BTCUSDT', clientId: 'sl-7f3a-31', venueId: '2148000123', state: 'triggered', side: 'sell' },
        ...{ trigger: 598_000, size: 20, reduceOnly: true, childId: '8390000000000000555', reason: '', atMs: 1795000100001 },
      },
    ],
  });
});

test.each([
  ['NEW', 'waiting'],
  ['TRIGGERING', 'triggering'],
  ['TRIGGERED', 'triggered'],
  ['FINISHED', 'finished'],
  ['CANCELED', 'canceled'],
  ['EXPIRED', 'expired'],
  ['REJECTED', 'rejected'],
])('algo status %s is %s; why it died is told', (word, state) => {
  const text = JSON.stringify({ ...UPDATE, o: { ...UPDATE.o, X: word, ai: '', rm: 'Reduce Only reject' } });
  expect(decodeUser(text, INSTRUMENTS)).toMatchObject({ events: [{ state, childId: '', reason: 'Reduce Only reject' }] });
});

test('a status that is not documented, or a trigger off the tick, is unreadable; a symbol that is not ours is no news', () => {
  const other = (over: object) => decodeUser(JSON.stringify({ ...UPDATE, o: { ...UPDATE.o, ...over } }), INSTRUMENTS);
  expect(other({ X: 'DONE' })).toMatchObject({ kind: 'unreadable' });
  expect(other({ tp: '59800.05' })).toMatchObject({ kind: 'unreadable' });
  expect(other({ s: 'DOGEUSDT' })).toEqual({ kind: 'events', events: [] });
});

test('stopParameters() asks for a reduce-only stop with a quantity on the mark price, never for closePosition', () => {
  const asked = Object.fromEntries(stopParameters({ ...STOP, clientId: clientId(1) }, BTC));
  expect(asked).toMatchObject({ type: 'STOP_MARKET', quantity: '0.020', triggerPrice: '50000.00', workingType: 'MARK_PRICE' });
  expect(asked).toMatchObject({ reduceOnly: 'true', clientAlgoId: clientId(1), algoType: 'CONDITIONAL' });
  expect(Object.keys(asked)).not.toContain('closePosition');
});

test('a stop is placed, listed, queried and cancelled on the simulated exchange', async () => {
  const named = { symbol: 'BTCUSDT', clientId: clientId(2) };
  const placed = await stops.placeStop({ ...STOP, ...named });
  expect(placed).toMatchObject({ ok: true, value: { state: 'waiting', side: 'sell', trigger: 500_000, size: 20, reduceOnly: true } });
  expect(await stops.openStops()).toMatchObject({ ok: true, value: [{ clientId: named.clientId, state: 'waiting', childId: '' }] });
  expect(await stops.placeStop({ ...STOP, ...named })).toMatchObject({ ok: false, error: { kind: 'unknown', reason: 'duplicate-id' } });
  expect(await stops.cancelStop(named)).toEqual({ ok: true, value: null });
  expect(await stops.queryStop(named)).toMatchObject({ ok: true, value: { state: 'canceled' } });
  expect(await stops.cancelStop(named)).toMatchObject({ ok: false, error: { kind: 'gone' } });
  expect(await stops.openStops()).toEqual({ ok: true, value: [] });
});

test.each([
  ['a trigger already passed', { trigger: ticks(900_000) }, { kind: 'rejected', reason: 'would-trigger' }],
  ['a symbol that is not configured', { symbol: 'DOGEUSDT' }, { kind: 'rejected', reason: 'symbol' }],
])('%s is refused and said to be', async (_name, over, error) => {
  expect(await stops.placeStop({ ...STOP, clientId: clientId(3), ...over })).toMatchObject({ ok: false, error });
});

test('a stop nobody placed is gone', async () => {
  expect(await stops.queryStop({ symbol: 'BTCUSDT', clientId: clientId(4) })).toMatchObject({ ok: false, error: { kind: 'gone' } });
});
