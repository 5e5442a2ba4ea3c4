import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Socket } from '../../kit/sim-client.ts';
import { SteppedSim } from '../../kit/stepped-sim.ts';

let sim: SteppedSim;
beforeEach(async () => {
  sim = await SteppedSim.open({ historyDays: 0 });
});
afterEach(() => sim.close());

const fault = async (body: Readonly<Record<string, unknown>>): Promise<void> => {
  const answer = await sim.client.admin('/sim/fault', body);
  expect([answer.status, answer.body]).toEqual([200, {}]);
};
/** The second in which each mark price was made, counted from the first. */
const seconds = (socket: Socket): readonly number[] => {
  const times = socket.messages().map(({ E }) => Number(E));
  return times.map((atMs) => (atMs - (times[0] ?? 0)) / 1_000);
};
const MARK = { stream: 'btcusdt@markPrice@1s' } as const;

test.each([
  ['drop', { kind: 'drop', ...MARK, count: 2 }, [0, 3, 4, 5]],
  ['gap', { kind: 'gap', stream: 'btc*@1s', ms: 3_100 }, [0, 4, 5]],
  ['silence', { kind: 'silence', route: 'market', ms: 2_100 }, [0, 3, 4, 5]],
  ['duplicate', { kind: 'duplicate', ...MARK, count: 2 }, [0, 1, 1, 2, 2, 3, 4, 5]],
  ['reorder', { kind: 'reorder', ...MARK }, [0, 2, 1, 3, 4, 5]],
  ['reorder of two', { kind: 'reorder', ...MARK, count: 2 }, [0, 2, 1, 3, 4, 5]],
  ['delay', { kind: 'delay', ...MARK, byMs: 2_500 }, [0, 1, 2, 3, 4, 5]],
  ['drop on another stream', { kind: 'drop', stream: 'ethusdt@*', count: 2 }, [0, 1, 2, 3, 4, 5]],
  ['drop on another route', { kind: 'drop', route: 'public', count: 2 }, [0, 1, 2, 3, 4, 5]],
] as const)('%s is what a plain client sees of a stream', async (_name, body, want) => {
  const socket = await sim.socket('/market/ws/btcusdt@markPrice@1s');
  await sim.advance(1_000);
  await fault(body);
  await sim.advance(5_000);
  expect(seconds(socket)).toEqual(want);
});

test('delay keeps messages back, and those behind them too', async () => {
  const socket = await sim.socket('/market/ws/btcusdt@markPrice@1s');
  await sim.advance(1_000);
  await fault({ kind: 'delay', ...MARK, byMs: 2_500 });
  await sim.advance(3_400);
  expect(seconds(socket)).toEqual([0]);
  await sim.advance(200);
  expect(seconds(socket)).toEqual([0, 1, 2, 3]);
});

test('a probability takes its share, and the same ones for the same seed', async () => {
  const run = async (): Promise<readonly number[]> => {
    const one = await SteppedSim.open({ historyDays: 0 });
    const socket = await one.socket('/market/ws/btcusdt@markPrice@1s');
    await one.client.admin('/sim/fault', { kind: 'drop', ...MARK, probability: 0.5 });
    await one.advance(60_000);
    await one.close();
    return socket.messages().map(({ E }) => Number(E));
  };
  const [first, again] = [await run(), await run()];
  expect(first.length).toBeGreaterThan(15);
  expect(first.length).toBeLessThan(45);
  expect(again).toEqual(first);
});

test.each([
  ['drop', { kind: 'drop', stream: 'ORDER_TRADE_UPDATE' }, ['b']],
  ['duplicate', { kind: 'duplicate', stream: 'ORDER_*' }, ['a', 'a', 'b']],
  ['reorder', { kind: 'reorder', route: 'private' }, ['b', 'a']],
] as const)('%s of user events by their name', async (_name, body, want) => {
  const user = await sim.client.user();
  await fault(body);
  await sim.client.place({ newClientOrderId: 'a' });
  await sim.client.place({ newClientOrderId: 'b' });
  await user.fence();
  const told = user.messages().filter(({ e }) => e === 'ORDER_TRADE_UPDATE');
  expect(told.map(({ o }) => (o as Record<string, unknown>)['c'])).toEqual(want);
});

test('GET /sim/faults lists what is armed, how often it has fired and when last', async () => {
  const socket = await sim.socket('/market/ws/btcusdt@markPrice@1s');
  await fault({ kind: 'drop', ...MARK, count: 3 });
  await sim.advance(2_000);
  const [row] = (await sim.client.admin('/sim/faults')).rows;
  expect(row).toMatchObject({ fault: { kind: 'drop', count: 3 }, armed: true, fired: 2 });
  await sim.advance(5_000);
  const [over] = (await sim.client.admin('/sim/faults')).rows;
  expect(over).toMatchObject({ armed: false, fired: 3 });
  expect(Number(over?.['lastMs']) - Number(row?.['lastMs'])).toBe(1_000);
  expect(socket.texts.length).toBe(4);
});
