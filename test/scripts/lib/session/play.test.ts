import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { Run } from '../../../../brain/runs.ts';
import type { BacktestArguments } from '../../../../scripts/lib/backtest/arguments.ts';
import type { Ways } from '../../../../scripts/lib/backtest/depth-options.ts';
import { replayedSession } from '../../../../scripts/lib/session/asked.ts';
import { optionsOf } from '../../../../scripts/lib/session/options.ts';
import { play } from '../../../../scripts/lib/session/play.ts';
import { readSession } from '../../../../scripts/lib/session/read-session.ts';
import { configOf } from '../../../kit/bar-backtest.ts';
import { quote, toldRun } from '../../../kit/depth-backtest.ts';
import { SESSION_MS, SessionTape } from '../../../kit/session-tape.ts';

const made: string[] = [];
afterAll(() => {
  for (const dir of made) rmSync(join(dir, '..'), { recursive: true, force: true });
});

const session = (over: Partial<ConstructorParameters<typeof SessionTape>[0]> = {}) => new SessionTape({ config: configOf(), ...over });
const written = (tape: SessionTape): string => {
  const dir = tape.write();
  made.push(dir);
  return dir;
};
const WAYS: Ways = { there: (nowMs) => nowMs + 10, back: (nowMs) => nowMs + 5, events: (nowMs) => nowMs + 5 };
const ASKED = { queueModel: 'risk-averse', seed: 1, fees: null, configFile: 'config.json' } as const;

/** Each snapshot is decided on two milliseconds after it. */
async function played(tape: SessionTape, run: Run) {
  const read = await readSession(written(tape.until(1_000)));
  const options = { ...(await optionsOf(read, ASKED)), runs: [run] };
  const { engine, commands } = await play({ session: read, options, ways: WAYS, look: ({ atMs }) => atMs + 2 });
  const fills = engine.venue.trader.orders.trades('BTCUSDT');
  return { fills: fills.map(({ atMs, price, size }) => [Math.round(atMs - SESSION_MS), price, size]), commands };
}

test('no snapshot shows what was not received by then, whenever the venue made it', async () => {
  const seen: (readonly [number, number | null])[] = [];
  const run = toldRun(({ view }) => {
    seen.push([view.atMs - SESSION_MS, view.bestBid]);
    return {};
  });
  const tape = session()
    .depth([100, 100], [['50000.0', '2.000']])
    .depth(
      [150, 340],
      [
        ['50000.0', '0'],
        ['49999.0', '1.000'],
      ],
    ); // 190 ms on its way
  for (const ms of [110, 210, 310, 410]) tape.published(ms);
  await played(tape, run);
  expect(seen).toEqual([
    [110, 500_000],
    [210, 500_000],
    [310, 500_000],
    [410, 499_990],
  ]);
});

test('the venue acts at its own time: a trade fills a quote before anybody has heard of it, and a cancel comes too late', async () => {
  const run = toldRun(({ view }) => ({ quotes: view.atMs - SESSION_MS < 250 ? [quote('buy', 50_000, 10)] : [] }));
  const tape = session().depth([100, 100], [['50000.0', '1.000']]);
  for (const ms of [110, 210, 310, 410, 900]) tape.published(ms);
  tape.trade([315, 700], ['49999.9', '0.500'], 'sell'); // the cancel of 312 is there at 322
  const { fills, commands } = await played(tape, run);
  expect(fills).toEqual([[315, 500_000, 10]]);
  expect(
    commands.map(({ kind, decidedMs, actedMs, trouble }) => [kind, decidedMs - SESSION_MS, (actedMs ?? 0) - SESSION_MS, trouble]),
  ).toEqual([
    ['place', 112, 122, null],
    ['cancel', 312, 322, 'rejected:not-found'],
  ]);
});

test('a tape without a configuration, or without a snapshot, is refused in one line', async () => {
  const begun = (over: Parameters<typeof session>[0]) => session(over).depth([100, 100], [['50000.0', '1.000']]);
  await expect(readSession(written(begun({ config: null }).published(110)))).rejects.toThrow(/the tape tells no configuration/);
  await expect(readSession(written(begun({})))).rejects.toThrow(/no gateway gave out a snapshot on it$/);
});

test('a record of another version is one line that names the field', async () => {
  const tape = session()
    .depth([100, 100], [['50000.0', '1.000']])
    .published(110);
  tape.at(120, 'ledger', 'stream', { positions: [{ symbol: 'BTCUSDT', size: 5 }] });
  await expect(readSession(written(tape))).rejects.toThrow(/tapes: a record of another version: positions\.0\.size: /);
});

test('what was held when the session began is held in its backtest, at its entry price', async () => {
  const seen: (readonly [number, string | null])[] = [];
  const run = toldRun(({ view }) => {
    seen.push([view.position, view.entryPrice]);
    return { target: 0 };
  });
  const tape = session({ held: '-0.010' }).depth([100, 100], [['50000.0', '1.000']]);
  for (const ms of [110, 210, 310]) tape.published(ms);
  const { fills } = await played(tape, run);
  expect(seen[0]).toEqual([-10, '49900.05']);
  expect(fills).toEqual([[122, 500_001, 10]]);
  expect(seen.at(-1)?.[0]).toBe(0);
});

test('a paper account pays the fees of its configuration, and holds what its ledger says it held', async () => {
  const paper = { environment: 'paper', paper: { fees: { makerBps: 1, takerBps: 3 } } };
  const tape = session({ config: configOf(paper), position: false }).depth([100, 100], [['50000.0', '1.000']]);
  const rows = (size: string, cost: string) => [{ symbol: 'BTCUSDT', size, cost, realized: '0', funding: '0', fills: 0 }];
  tape.at(50, 'ledger', 'reconcile', { positions: rows('-0.010', '-500.5') });
  tape.at(120, 'ledger', 'stream', { positions: rows('-0.020', '-1000.5'), fills: [] }).published(110);
  const read = await readSession(written(tape.until(1_000)));
  expect(await optionsOf(read, ASKED)).toMatchObject({
    ...{ fees: { makerPpm: 100n, takerPpm: 300n }, holdings: { BTCUSDT: { size: -10, entryPrice: '50050' } } },
  });
});

test.each<[Partial<BacktestArguments>, string]>([
  [{ leverage: 5 }, '--leverage'],
  [{ intrabar: 'usual' }, '--intrabar'],
  [{ fundingRate: '0' }, '--funding-rate'],
  [{ feedLatency: { kind: 'fixed', ms: 5, spike: null }, calibration: 'fitted.json' }, '--feed-latency'],
])('what a session tells itself is no option: %j', async (over, name) => {
  const usual = { klines: [], symbol: [], set: [], balance: [], funding: [], leverage: 20, intrabar: 'worst-first', takerCost: 0.5 };
  const asked = { ...usual, config: 'config.json', phase: 0, naive: false, seed: 1, ...over } as BacktestArguments;
  await expect(replayedSession(asked, 'none')).rejects.toThrow(`${name}: not with the tape of a session`);
});
