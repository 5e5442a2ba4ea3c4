/** Our market data beside the venue's own: the same fields and types, every difference argued. Sources and dates of the samples: data README. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { liquidationMessage } from '../../../shared/sim/binance/ticker-json.ts';
import { lots, ticks } from '../../../shared/units.ts';
import { recorded } from '../../kit/data.ts';
import { simInstrument } from '../../kit/flow-harness.ts';
import type { Message } from '../../kit/sim-client.ts';
import { expectSameShape } from '../../kit/schema.ts';
import { SteppedSim } from '../../kit/stepped-sim.ts';

const NEWER = 'since the integration of June 2026 (reference sheet 2026-11, section 6); the samples are older';
const ST = { '+ st: number': NEWER };
const PAIR = { ...ST, '+ ps: string': NEWER };
const inArray = (argued: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(argued).map(([line, why]) => [line.replace('+ ', '+ [].'), why]));

const STREAMS = {
  public: ['btcusdt@depth', 'btcusdt@depth5', 'btcusdt@depth@100ms', 'btcusdt@rpiDepth@500ms', 'btcusdt@bookTicker', '!bookTicker'],
  market: [
    ...['btcusdt@aggTrade', 'btcusdt@markPrice', '!markPrice@arr', 'btcusdt@kline_15m', 'btcusdt_perpetual@continuousKline_15m'],
    ...['btcusdt@miniTicker', 'btcusdt@ticker', '!miniTicker@arr', '!ticker@arr'],
  ],
};

let sim: SteppedSim;
const ours = new Map<string, unknown[]>();
beforeAll(async () => {
  sim = await SteppedSim.open({ symbols: ['BTCUSDT', 'ETHUSDT'], profile: 'normal', limitsEnforced: false });
  const sockets = [
    await sim.socket(`/public/stream?streams=${STREAMS.public.join('/')}`),
    await sim.socket(`/market/stream?streams=${STREAMS.market.join('/')}`),
  ];
  await sim.advance(12_000);
  for (const { stream, data } of sockets.flatMap((socket) => socket.messages())) {
    const name = String(stream);
    ours.set(name, [...(ours.get(name) ?? []), data]);
  }
});
afterAll(() => sim.close());

const samplesPath = recorded('ws-samples/unicorn-fy_market.jsonl');
type Sample = { readonly class: string; readonly test: string; readonly msg: Message };
const samples: readonly Sample[] = samplesPath
  ? readFileSync(samplesPath, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Sample)
  : [];
const sampleOf = (name: string): unknown => {
  const found = samples.find((sample) => sample.class === 'TestBinanceComWebsocketFutures' && sample.test === name);
  if (!found) throw new Error(`The samples have no ${name}`);
  return 'data' in found.msg ? found.msg['data'] : found.msg;
};

test('every stream asked for tells something', () => {
  expect([...ours.keys()].toSorted()).toEqual([...STREAMS.public, ...STREAMS.market].toSorted());
});

describe.runIf(samplesPath !== null)('streams beside the samples of June 2022', () => {
  test.each<readonly [string, string, Readonly<Record<string, string>>]>([
    ['btcusdt@depth', 'test_diff_depth_futures', PAIR],
    ['btcusdt@depth5', 'test_depth_futures', PAIR],
    ['btcusdt@rpiDepth@500ms', 'test_diff_depth_futures', PAIR],
    ['btcusdt@bookTicker', 'test_bookTicker_single', PAIR],
    ['!bookTicker', 'test_bookTicker_arr', PAIR],
    ['btcusdt@markPrice', 'test_markPrice_single', { ...ST, '+ ap: string': 'since March 2026 (section 0)' }],
    ['!markPrice@arr', 'test_markPrice_arr', inArray({ ...ST, '+ ap: string': 'since March 2026 (section 0)' })],
    ['btcusdt@miniTicker', 'test_miniTicker_single', PAIR],
    ['!miniTicker@arr', 'test_miniTicker_arr', inArray(PAIR)],
    ['btcusdt@ticker', 'test_ticker_single', PAIR],
    ['!ticker@arr', 'test_ticker_arr', inArray(PAIR)],
    ['btcusdt@kline_15m', 'test_kline', {}],
    ['btcusdt_perpetual@continuousKline_15m', 'test_continuous_contract_kline', {}],
  ])('%s has the fields and types of %s', (stream, name, argued) => {
    expectSameShape({ recorded: [sampleOf(name)], ours: ours.get(stream) ?? [], argued });
  });

  test('a liquidation has those of the samples, alone and among all', () => {
    const { instrument } = simInstrument('BTCUSDT');
    const size = lots(5);
    const event = {
      kind: 'liquidation',
      symbol: 'BTCUSDT',
      atMs: 1,
      side: 'sell',
      price: ticks(1),
      size,
      averagePrice: ticks(2),
      status: 'filled',
    } as const;
    const [alone, among] = [false, true].map((all) => JSON.parse(liquidationMessage(instrument, event, all)) as unknown);
    expectSameShape({ recorded: [sampleOf('test_liquidation_order_single')], ours: [alone] });
    expectSameShape({ recorded: [sampleOf('test_liquidation_order_arr')], ours: [among], argued: PAIR });
  });
});

const btcPath = recorded('book/binance-usdm/BTCUSDT_20240808.raw.gz');
const sushiPath = recorded('book/binance-usdm/SUSHI-AKRO-KEEP-CTK_20210722.jsonl.gz');
const linesOf = (path: string, bytes: number): readonly string[] =>
  gunzipSync(readFileSync(path)).subarray(0, bytes).toString().split('\n').slice(0, -1);

describe.runIf(btcPath !== null)('messages of the BTCUSDT recording of August 2024', () => {
  const messages = btcPath === null ? [] : linesOf(btcPath, 1_000_000).map((line) => JSON.parse(line.slice(line.indexOf(' '))) as Message);
  const streamed = (stream: string): unknown[] =>
    messages.filter((message) => message['stream'] === stream).map((message) => message['data']);

  test('depth and bookTicker have the recorded fields and types', () => {
    expectSameShape({ recorded: streamed('btcusdt@depth@0ms'), ours: ours.get('btcusdt@depth@100ms') ?? [], argued: PAIR });
    expectSameShape({ recorded: streamed('btcusdt@bookTicker'), ours: ours.get('btcusdt@bookTicker') ?? [], argued: PAIR });
  });

  test('the depth answer has the recorded fields and types', async () => {
    const answer = await sim.client.get('/fapi/v1/depth?symbol=BTCUSDT&limit=1000');
    expectSameShape({ recorded: messages.filter((message) => 'lastUpdateId' in message), ours: [answer.body] });
  });
});

describe.runIf(sushiPath !== null)('messages of the recording of July 2021', () => {
  const messages = sushiPath === null ? [] : linesOf(sushiPath, 400_000).map((line) => (JSON.parse(line) as Message)['msg'] as Message);
  const streamed = (ending: string): unknown[] =>
    messages.filter((message) => String(message?.['stream']).endsWith(ending)).map((message) => message['data']);

  test('aggTrade and kline have the recorded fields and types', () => {
    const argued = { ...ST, '+ nq: string': 'since December 2025 (section 0)' };
    expectSameShape({ recorded: streamed('@aggTrade'), ours: ours.get('btcusdt@aggTrade') ?? [], argued });
    expectSameShape({ recorded: streamed('@kline_1m'), ours: ours.get('btcusdt@kline_15m') ?? [] });
  });
});

const klinesPath = recorded('klines/binance-usdm_BTCUSDT_1m_rest-raw_20220917.json');
test.runIf(klinesPath !== null)('klines have the recorded elements in the recorded order', async () => {
  const [row] = JSON.parse((await sim.client.get('/fapi/v1/klines?symbol=BTCUSDT&interval=1m&limit=2')).text) as unknown[][];
  const [theirs] = JSON.parse(readFileSync(klinesPath ?? '', 'utf8')) as unknown[][];
  const types = (values: readonly unknown[] | undefined): readonly string[] => (values ?? []).map((value) => typeof value);
  expect(types(row)).toEqual(types(theirs));
});

const testnetPath = recorded('rest/exchangeInfo_usdm-testnet_20251224.json.gz');
const mainnetPath = recorded('rest/exchangeInfo_usdm_20240212.excerpt.json');
type Info = { readonly symbols: readonly (Message & { readonly filters: readonly Message[] })[] };
const SYMBOLS = ['BTCUSDT', 'ETHUSDT', 'BTCUSDC', 'ETHUSDC'];

describe.runIf(testnetPath !== null && mainnetPath !== null)('exchangeInfo', () => {
  const read = (path: string | null): Info => {
    const bytes = readFileSync(path ?? '');
    const info = JSON.parse((path?.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString()) as Info;
    return { ...info, symbols: info.symbols.filter(({ symbol }) => SYMBOLS.includes(String(symbol))) };
  };
  const filters = (info: Info): ReadonlyMap<unknown, readonly Message[]> =>
    Map.groupBy(
      info.symbols.flatMap((symbol) => symbol.filters),
      ({ filterType }) => filterType,
    );
  const own = async (): Promise<Info> => (await sim.client.get('/fapi/v1/exchangeInfo')).body as unknown as Info;

  test('has the fields and types of December 2025', async () => {
    expectSameShape({ recorded: [read(testnetPath)], ours: [await own()] });
  });

  test('has those of February 2024, but for what came and went since', async () => {
    const argued = {
      '+ symbols[].permissionSets: array': 'not yet there in 2024; in the sample of December 2025',
      '+ symbols[].filters[].positionControlSide: string': 'filter POSITION_RISK_CONTROL, not yet there in 2024',
      '- symbols[].settlePlan: number': 'gone in the sample of December 2025',
    };
    expectSameShape({ recorded: [read(mainnetPath)], ours: [await own()], argued });
  });

  test('has each filter of December 2025 with its fields, and no other', async () => {
    const [theirs, mine] = [filters(read(testnetPath)), filters(await own())];
    expect([...mine.keys()].toSorted()).toEqual([...theirs.keys()].toSorted());
    for (const [type, rows] of mine) expectSameShape({ recorded: theirs.get(type) ?? [], ours: rows });
  });
});
