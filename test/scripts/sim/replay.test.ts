import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readTape } from '../../../scripts/sim/tape-file.ts';
import { recorded } from '../../kit/data.ts';
import { type DepthEvent, type DepthSnapshot, sorted, stitch } from '../../kit/plain-depth.ts';
import { KEY, openTestSim, type SimClient, type Socket } from '../../kit/sim-client.ts';

const file = recorded('book/binance-usdm/BTCUSDT_20240808.raw.gz');

describe.runIf(file !== null)('the BTCUSDT recording of 2024-08-08, replayed', () => {
  let sim: SimClient;
  let depth: Socket;
  let best: Socket;
  let trades: Socket;
  let lead: DepthSnapshot;
  let leadText: string;

  beforeAll(async () => {
    sim = await openTestSim({ replay: file ?? '', speed: 60, leadMs: 1_000, limitsEnforced: false });
    [depth, best, trades] = [
      await sim.open('/public/ws/btcusdt@depth@100ms'),
      await sim.open('/public/ws/btcusdt@bookTicker'),
      await sim.open('/market/ws/btcusdt@aggTrade'),
    ];
    const answer = await sim.get('/fapi/v1/depth?symbol=BTCUSDT&limit=1000');
    [lead, leadText] = [answer.body as unknown as DepthSnapshot, answer.text];
  }, 30_000);
  afterAll(() => sim.close());

  test('serves every frame byte for byte, stitches to the recorded end, and answers on with a frozen book', async () => {
    const user = await sim.user();
    await depth.count(100);
    await sim.place({ type: 'MARKET', quantity: '0.500' });
    const placed = await sim.place({ price: '61700.00', quantity: '0.020', newClientOrderId: 'rest' });
    expect([placed.status, (await sim.place({ price: '62500', timeInForce: 'GTX' })).body['code']]).toEqual([200, -5022]);

    const raw: Record<'depth' | 'best', string[]> = { depth: [], best: [] };
    let tradeCount = 0;
    let snapshotText = '';
    for await (const frame of readTape(file ?? '')) {
      if (frame.kind === 'depth' || frame.kind === 'best') raw[frame.kind].push(frame.raw);
      if (frame.kind === 'trade') tradeCount += Number(frame.size) > 0 ? 1 : 0;
      if (frame.kind === 'snapshot') snapshotText ||= frame.raw;
    }
    await Promise.all([depth.count(raw.depth.length), best.count(raw.best.length), trades.count(tradeCount)]);
    expect(depth.texts).toEqual(raw.depth);
    expect(best.texts).toEqual(raw.best);
    expect(trades.texts).toHaveLength(tradeCount);
    expect(leadText).toBe(snapshotText);

    const events = depth.messages() as unknown as DepthEvent[];
    const result = stitch(lead, events);
    if (result.at !== 'live') throw new Error(`not live: ${result.at}`);
    const [bids, asks] = [sorted(result.bids, true), sorted(result.asks, false)];
    expect([bids[0], asks[0]]).toEqual([
      ['61659.70', '1.486'],
      ['61659.80', '0.981'],
    ]);
    const truth = (await sim.admin(`/sim/book?symbol=BTCUSDT&u=${result.u}`)).body as unknown as DepthSnapshot;
    expect([truth.bids, truth.asks]).toEqual([bids, asks]);
    const end = (await sim.get('/fapi/v1/depth?symbol=BTCUSDT&limit=5')).body as unknown as DepthSnapshot;
    expect([end.lastUpdateId, end.bids]).toEqual([result.u, bids.slice(0, 5)]);

    expect((await sim.admin('/sim/state')).body).toMatchObject({ mode: 'replay', replay: { ended: true, sent: 93_954, total: 93_954 } });
    const risk = (await sim.signed('GET', '/fapi/v3/positionRisk')).rows[0];
    const account = (await sim.admin(`/sim/account?apiKey=${KEY}`)).body;
    expect([Number(risk?.['positionAmt']), account['tradesCount']]).toEqual([expect.closeTo(0.52, 9), expect.any(Number)]);
    const rest = (await sim.signed('GET', '/fapi/v1/order', { symbol: 'BTCUSDT', origClientOrderId: 'rest' })).body;
    expect(rest).toMatchObject({ status: 'FILLED', avgPrice: '61700' }); // the recording trades below 61700 later
    expect(user.messages().some(({ e, m }) => e === 'TRADE_LITE' && m === true)).toBe(true);
  }, 60_000);
});
