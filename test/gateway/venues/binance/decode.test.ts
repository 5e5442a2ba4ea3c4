import { describe, expect, test } from 'vitest';
import { decodeMarket, decodeUser } from '../../../../gateway/venues/binance/decode.ts';
import { instrumentsOf } from '../../../../gateway/venues/binance/instruments.ts';
import { ExchangeInfo, parseJson } from '../../../../gateway/venues/binance/wire.ts';
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { Instrument } from '../../../../shared/instrument.ts';
import { recorded } from '../../../kit/data.ts';
import { BTCUSDT, instrumentWith, jsonLines } from '../../../kit/venue-data.ts';

const INSTRUMENTS: ReadonlyMap<string, Instrument> = new Map(
  [
    BTCUSDT,
    instrumentWith({ symbol: 'ETHUSDC', tickSize: '0.01', stepSize: '0.001' }),
    instrumentWith({ symbol: 'BNBUSDT', tickSize: '0.010', stepSize: '0.01' }),
    instrumentWith({ symbol: 'SANDUSDT', tickSize: '0.00001', stepSize: '1' }),
  ].map((instrument) => [instrument.symbol, instrument]),
);

const FILL =
  '{"e":"ORDER_TRADE_UPDATE","E":1795000000151,"T":1795000000149,"o":{"s":"BTCUSDT","c":"1234567890123456789","S":"BUY","o":"LIMIT","f":"GTX","q":"0.020","p":"61000.10","ap":"61000.10","sp":"0","x":"TRADE","X":"PARTIALLY_FILLED","i":8390000000000000123,"l":"0.005","z":"0.005","L":"61000.10","n":"0.0610","N":"USDT","T":1795000000149,"t":7100000009,"m":true,"R":false,"rp":"-1.5","er":"0"}}';
const withOrder = (over: Record<string, unknown>): string => {
  const event = JSON.parse(FILL.replace('8390000000000000123', '"8390000000000000123"'));
  return JSON.stringify({ ...event, o: { ...event.o, ...over } });
};
const first = (text: string) => {
  const frame = decodeUser(text, INSTRUMENTS);
  return frame.kind === 'events' ? frame.events[0] : frame;
};
const last = (text: string) => {
  const frame = decodeUser(text, INSTRUMENTS);
  return frame.kind === 'events' ? frame.events.at(-1) : frame;
};

describe('parseJson()', () => {
  test('keeps ids beyond 2^53 digit for digit, and leaves other numbers numbers', () => {
    expect(parseJson('{"i":8390000000000000123,"t":7,"x":1.5}')?.value).toEqual({ i: '8390000000000000123', t: 7, x: 1.5 });
  });

  test('is null when malformed', () => {
    expect(parseJson('{')).toBeNull();
  });
});

describe('decodeUser()', () => {
  test('tells the fill before the order, in ticks, lots and atoms', () => {
    expect(decodeUser(FILL, INSTRUMENTS)).toEqual({
      kind: 'events',
      events: [
        {
          kind: 'fill',
          symbol: 'BTCUSDT',
          clientId: '1234567890123456789',
          venueId: '8390000000000000123',
          tradeId: '7100000009',
          side: 'buy',
          price: 610001,
          size: 5,
          maker: true,
          fee: 6_100_000n,
          feeAsset: 'USDT',
          realizedPnl: -150_000_000n,
          atMs: 1795000000149,
        },
        expect.objectContaining({
          kind: 'order',
          state: 'partially-filled',
          size: 20,
          filled: 5,
          price: 610001,
          reduceOnly: false,
          reason: '',
        }),
      ],
    });
  });

  test.each([
    ['NEW', { x: 'NEW', X: 'NEW', l: '0', z: '0', t: 0 }, 'accepted', ''],
    ['AMENDMENT', { x: 'AMENDMENT', X: 'NEW', l: '0', t: 0 }, 'amended', ''],
    ['CANCELED', { x: 'CANCELED', X: 'CANCELED', l: '0', t: 0 }, 'canceled', ''],
    ['an expiry by self-trade', { x: 'EXPIRED', X: 'EXPIRED_IN_MATCH', l: '0', t: 0, er: '1' }, 'expired', 'self-trade'],
    ['an IOC remainder', { x: 'EXPIRED', X: 'EXPIRED', l: '0', t: 0, er: '2' }, 'expired', 'ioc-remainder'],
    ['a displaced reduce-only order', { x: 'EXPIRED', X: 'EXPIRED', l: '0', t: 0, er: 4 }, 'expired', 'reduce-only'],
    ['an expiry of 2021, without a reason', { x: 'EXPIRED', X: 'EXPIRED', l: '0', t: 0, er: undefined }, 'expired', ''],
    ['the last fill', { X: 'FILLED', z: '0.020' }, 'filled', ''],
    ['a liquidation fill that shows NEW', { x: 'CALCULATED', X: 'NEW', c: 'autoclose-1', z: '0.020' }, 'filled', 'liquidation'],
    ['an ADL', { x: 'CALCULATED', X: 'NEW', c: 'adl_autoclose', z: '0.010' }, 'partially-filled', 'adl'],
  ])('reads %s', (_name, over, state, reason) => {
    expect(last(withOrder(over))).toMatchObject({ kind: 'order', state, reason });
  });

  const CALCULATED = { x: 'CALCULATED', X: 'NEW', o: 'LIQUIDATION', t: 0 };
  test.each([
    ['liquidation', { ...CALCULATED, X: 'NEW_INSURANCE', c: 'autoclose-1795000000149', z: '0.020' }],
    ['adl', { ...CALCULATED, X: 'NEW_ADL', c: 'adl_autoclose', z: '0.010' }],
    ['settlement', { ...CALCULATED, c: 'settlement_autoclose-7', z: '0.010' }],
    ['settlement', { ...CALCULATED, c: 'delivery_autoclose-7', z: '0.010' }],
  ])('tells a forced close (%s) with its fill', (what, over) => {
    const frame = decodeUser(withOrder(over), INSTRUMENTS);
    expect(frame).toMatchObject({
      kind: 'events',
      events: [{ kind: 'fill' }, { kind: 'forced-close', what }, { kind: 'order', reason: what }],
    });
  });

  test('fills without a trade id in the same millisecond have names of their own', () => {
    const name = (z: string) => first(withOrder({ ...CALCULATED, c: 'autoclose-1', z }));
    expect([name('0.005'), name('0.010')]).toMatchObject([{ tradeId: '8390000000000000123@5' }, { tradeId: '8390000000000000123@10' }]);
  });

  test.each([
    ['NEW', { x: 'NEW', X: 'NEW' }],
    ['CANCELED', { x: 'CANCELED', X: 'CANCELED' }],
    ['EXPIRED', { x: 'EXPIRED', X: 'EXPIRED_IN_MATCH' }],
    ['AMENDMENT', { x: 'AMENDMENT', X: 'PARTIALLY_FILLED', M: '77' }],
  ])('%s repeats the last fill of its order at most: it is none itself', (_name, over) => {
    expect(decodeUser(withOrder({ ...over, l: '0.005', t: 0 }), INSTRUMENTS)).toMatchObject({
      kind: 'events',
      events: [{ kind: 'order' }],
    });
  });

  const REASONS =
    'DEPOSIT WITHDRAW ORDER FUNDING_FEE WITHDRAW_REJECT ADJUSTMENT INSURANCE_CLEAR ADMIN_DEPOSIT ADMIN_WITHDRAW MARGIN_TRANSFER MARGIN_TYPE_CHANGE ASSET_TRANSFER OPTIONS_PREMIUM_FEE OPTIONS_SETTLE_PROFIT AUTO_EXCHANGE COIN_SWAP_DEPOSIT COIN_SWAP_WITHDRAW';
  test.each(REASONS.split(' '))('takes wallet and position of ACCOUNT_UPDATE %s', (m) => {
    const a = {
      m,
      B: [{ a: 'USDT', wb: '100', cw: '90', bc: '-1' }],
      P: [{ s: 'BTCUSDT', pa: '-0.002', ep: '61000.123', mt: 'cross', ps: 'BOTH' }],
    };
    const frame = decodeUser(JSON.stringify({ e: 'ACCOUNT_UPDATE', E: 1, T: 2, a }), INSTRUMENTS);
    const funding = m === 'FUNDING_FEE' ? [{ kind: 'funding', symbol: 'BTCUSDT', amount: -100_000_000n }] : [];
    const told = [
      { kind: 'balance', asset: 'USDT', wallet: 10_000_000_000n },
      ...funding,
      { kind: 'position', symbol: 'BTCUSDT', size: -2, entryPrice: '61000.123' },
    ];
    expect(frame).toMatchObject({ kind: 'events', events: told });
  });

  test.each([
    ['leverage', '"ac":{"s":"BTCUSDT","l":19}', [{ kind: 'leverage', symbol: 'BTCUSDT', leverage: 19 }]],
    ['leverage of a symbol not ours', '"ac":{"s":"XRPUSDT","l":19}', []],
    ['multi-assets mode', '"ai":{"j":true}', [{ kind: 'multi-assets', on: true }]],
  ])('reads ACCOUNT_CONFIG_UPDATE: %s', (_name, extra, events) => {
    expect(decodeUser(`{"e":"ACCOUNT_CONFIG_UPDATE","E":1,"T":2,${extra}}`, INSTRUMENTS)).toMatchObject({ kind: 'events', events });
  });

  test('reads MARGIN_CALL as the symbols it names', () => {
    const text =
      '{"e":"MARGIN_CALL","E":1587727187525,"cw":"3.1","p":[{"s":"ETHUSDT","ps":"BOTH","pa":"1.3","mt":"CROSSED","iw":"0","mp":"187","up":"-1","mm":"1.6"}]}';
    expect(decodeUser(text, INSTRUMENTS)).toMatchObject({ kind: 'events', events: [{ kind: 'margin-call', symbols: ['ETHUSDT'] }] });
  });

  test.each(['STRATEGY_UPDATE', 'GRID_UPDATE', 'CONDITIONAL_ORDER_TRIGGER_REJECT', 'SOMETHING_NEW'])('passes over %s', (e) => {
    expect(decodeUser(JSON.stringify({ e, E: 1 }), INSTRUMENTS)).toEqual({ kind: 'unknown', name: e });
  });

  test('reads TRADE_LITE as a fill whose fee is not known yet', () => {
    const text =
      '{"e":"TRADE_LITE","E":1795000000150,"T":1795000000149,"s":"BTCUSDT","q":"0.020","p":"61000.10","m":true,"c":"12","S":"SELL","L":"61000.10","l":"0.005","t":7100000009,"i":8390000000000000123}';
    expect(first(text)).toMatchObject({
      kind: 'fill',
      side: 'sell',
      tradeId: '7100000009',
      venueId: '8390000000000000123',
      fee: null,
      feeAsset: null,
      realizedPnl: null,
    });
  });

  test('reads a funding fee with its symbol from the event, and without one as the asset alone', () => {
    const funding = (extra: string): string =>
      `{"e":"ACCOUNT_UPDATE","E":1,"T":2,"a":{"m":"FUNDING_FEE","B":[{"a":"USDT","wb":"100.5","cw":"100.5","bc":"-0.25"}],"P":[]${extra}}}`;
    expect(decodeUser(funding(',"S":"BTCUSDT"'), INSTRUMENTS)).toMatchObject({
      events: [
        { kind: 'balance', asset: 'USDT', wallet: 10_050_000_000n, available: null },
        { kind: 'funding', symbol: 'BTCUSDT', amount: -25_000_000n },
      ],
    });
    expect(last(funding(''))).toMatchObject({ kind: 'funding', symbol: null, asset: 'USDT' });
  });

  test.each([
    ['not JSON', '{', 'unreadable'],
    ['an off-step price', withOrder({ L: '61000.15' }), 'unreadable'],
    ['a missing field', FILL.replace('"z":"0.005",', ''), 'unreadable'],
    ['an execution type nobody documented', withOrder({ x: 'SURPRISE' }), 'unreadable'],
    ['the end of the key', '{"e":"listenKeyExpired","E":"1795000000151","listenKey":"k"}', 'expired'],
    ['an event of an unknown kind', '{"e":"GRID_UPDATE","E":1}', 'unknown'],
    ['a conditional order cut short', '{"e":"ALGO_UPDATE","T":1,"E":2,"o":{}}', 'unreadable'],
    ['an order of another symbol', withOrder({ s: 'XRPUSDT', p: '0.00001' }), 'events'],
  ])('judges %s', (_name, text, kind) => {
    expect(decodeUser(text, INSTRUMENTS).kind).toBe(kind);
  });
});

type Sample = { readonly name: string; readonly event: { readonly e?: string } };

/** Every recorded futures user event, whatever its year. */
function samples(): readonly Sample[] {
  const files = [
    'binance-usdm_BTCUSDT_2024-11-18_open-close',
    'binance-usdcm_ETHUSDC_2026-04-21',
    'binance-usdm_BNBUSDT_2022-03_examples1-5',
    'binance_raw_misc_2022-02',
    'unicorn-fy_samples',
  ];
  return files.flatMap((file) => {
    const path = recorded(`userdata/${file}.jsonl`);
    if (!path) return [];
    return jsonLines(path).flatMap((row, index) => {
      const { event, raw_like, msg, market } = row as Record<string, Sample['event'] | undefined> & { market?: string };
      const told = event ?? raw_like ?? msg;
      const found = told && 'data' in told ? (told.data as Sample['event']) : told;
      return found && market !== 'spot' ? [{ name: `${file} ${index + 1} ${found.e}`, event: found }] : [];
    });
  });
}

/** Samples that must not be taken in, and why. */
const REFUSED = [/"ps":"(?:LONG|SHORT)"/];

describe.skipIf(samples().length === 0)('decodeUser() on recorded events', () => {
  test.each(samples().map(({ name, event }) => [name, event] as const))('%s', (_name, event) => {
    const text = JSON.stringify(event);
    const known = ['ORDER_TRADE_UPDATE', 'TRADE_LITE', 'ACCOUNT_UPDATE', 'ACCOUNT_CONFIG_UPDATE', 'MARGIN_CALL'].includes(event.e ?? '');
    const frame = decodeUser(text, INSTRUMENTS);
    if (!known) expect(frame.kind).toBe('unknown');
    else if (frame.kind !== 'events')
      expect(
        REFUSED.some((pattern) => pattern.test(text)),
        JSON.stringify(frame),
      ).toBe(true);
  });

  test('a round trip of 2024 ends flat, with both fills told twice under one trade id', () => {
    const path = recorded('userdata/binance-usdm_BTCUSDT_2024-11-18_open-close.jsonl');
    if (!path) return;
    const frames = jsonLines(path).map((row) => decodeUser(JSON.stringify((row as { event: unknown }).event), INSTRUMENTS));
    const events = frames.flatMap((frame) => (frame.kind === 'events' ? frame.events : []));
    const fills = events.filter((event) => event.kind === 'fill');
    const positions = events.filter((event) => event.kind === 'position');
    expect(fills).toHaveLength(4);
    expect(new Set(fills.map((fill) => fill.tradeId)).size).toBe(2);
    expect(positions.at(-1)).toMatchObject({ size: 0, entryPrice: '0' });
  });
});

describe('decodeMarket()', () => {
  test.each([
    [
      'a trade whose buyer was maker',
      '{"stream":"btcusdt@aggTrade","data":{"e":"aggTrade","E":1,"s":"BTCUSDT","a":3100000001,"p":"61000.20","q":"0.031","f":1,"l":4,"T":1795000000118,"m":true}}',
      {
        kind: 'trade',
        trade: { symbol: 'BTCUSDT', tradeId: '3100000001', price: 610002, size: 31, aggressor: 'sell', atMs: 1795000000118 },
      },
    ],
    [
      'a mark, whose T is the next funding time',
      '{"e":"markPriceUpdate","E":1,"s":"BTCUSDT","p":"61000.15000000","ap":"61000.02","i":"61003.91","P":"61001","r":"0.00008100","T":1795017600000,"st":1}',
      {
        kind: 'mark',
        mark: { symbol: 'BTCUSDT', markPrice: '61000.15', indexPrice: '61003.91', fundingRate: '0.000081', nextFundingMs: 1795017600000 },
      },
    ],
    [
      'a closed bar',
      '{"stream":"x","data":{"e":"kline","E":1,"s":"BTCUSDT","k":{"t":1795000200000,"T":1795000499999,"s":"BTCUSDT","i":"5m","o":"1.0","c":"2.0","h":"3.0","l":"0.5","v":"10.000","x":true}}}',
      {
        kind: 'bar',
        symbol: 'BTCUSDT',
        interval: '5m',
        final: true,
        bar: { openMs: 1795000200000, open: '1.0', high: '3.0', low: '0.5', close: '2.0', volume: '10.000' },
      },
    ],
    [
      'news of a contract of ours',
      '{"stream":"!contractInfo","data":{"e":"contractInfo","E":1,"s":"BTCUSDT","ps":"BTCUSDT","ct":"PERPETUAL","dt":4133404800000,"ot":1569398400000,"cs":"PRE_SETTLE","bks":[],"st":1}}',
      { kind: 'contract', symbol: 'BTCUSDT', status: 'PRE_SETTLE' },
    ],
    [
      'news of a contract that we do not trade',
      '{"e":"contractInfo","E":1,"s":"NEWUSDT","cs":"PENDING_TRADING","st":1}',
      { kind: 'contract', symbol: null, status: 'PENDING_TRADING' },
    ],
    [
      'news of a coin-margined contract',
      '{"e":"contractInfo","E":1,"s":"BTCUSDT","cs":"TRADING","st":2}',
      { kind: 'contract', symbol: null, status: 'TRADING' },
    ],
  ])('reads %s', (_name, text, news) => {
    expect(decodeMarket(text, INSTRUMENTS)).toEqual(news);
  });

  test.each([
    ['not JSON', '['],
    ['an unknown event', '{"e":"24hrTicker","s":"BTCUSDT"}'],
    ['another symbol', '{"e":"aggTrade","s":"XRPUSDT","a":1,"p":"1","q":"1","T":1,"m":true}'],
    ['an off-step price', '{"e":"aggTrade","s":"BTCUSDT","a":1,"p":"1.05","q":"1","T":1,"m":true}'],
  ])('refuses %s with a sentence', (_name, text) => {
    expect(typeof decodeMarket(text, INSTRUMENTS)).toBe('string');
  });

  const path = recorded('ws-samples/unicorn-fy_market.jsonl');
  test.skipIf(path === null)('reads the recorded single messages of our streams', () => {
    const wanted = /^test_(?:aggTrade_single|markPrice_single|kline)$/;
    const instruments = new Map([['BTCUSDT', instrumentWith({ symbol: 'BTCUSDT', tickSize: '0.01', stepSize: '0.000001' })]]);
    const rows = jsonLines(path ?? '') as readonly { test: string; class: string; msg: unknown }[];
    const texts = rows.filter((row) => wanted.test(row.test) && !row.class.includes('Coin')).map((row) => JSON.stringify(row.msg));
    expect(texts).toHaveLength(3);
    expect(texts.map((text) => decodeMarket(text, instruments)).filter((news) => typeof news === 'string')).toEqual([]);
  });
});

describe('instrumentsOf()', () => {
  test.each([
    ['exchangeInfo_usdm_20240212.json.gz', []],
    ['exchangeInfo_usdm-testnet_20251224.json.gz', ['OPENUSDT']], // not yet trading, with a tick of 0
  ])('reads every perpetual of %s but %j', (file, without) => {
    const path = recorded(`rest/${file}`);
    if (!path) return;
    const info = ExchangeInfo.parse(parseJson(gunzipSync(readFileSync(path)).toString('utf8'))?.value);
    const perpetuals = info.symbols.filter((row) => row['contractType'] === 'PERPETUAL').map((row) => row.symbol);
    const refused = perpetuals.filter((symbol) => !instrumentsOf(info, [symbol]).ok);
    expect(perpetuals.length).toBeGreaterThan(200);
    expect(refused).toEqual(without);
    expect(instrumentsOf(info, ['BTCUSDT'])).toMatchObject({ ok: true });
    expect(instrumentsOf(info, ['BTCUSD'])).toMatchObject({ ok: false, error: expect.stringContaining('BTCUSDT') });
  });
});
