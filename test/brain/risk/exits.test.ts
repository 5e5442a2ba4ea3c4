import { describe, expect, test } from 'vitest';
import { type Exits, type ExitView, judgeExit, NO_EXITS } from '../../../brain/risk/exits.ts';
import type { ExitParameters } from '../../../shared/exit-parameters.ts';
import { lots, type WallMs, wallMs } from '../../../shared/units.ts';
import { EXITS, INSTRUMENT, levels, qty } from '../../kit/brain.ts';

const NOW = 1_700_000_000_000;
const view = (over: Partial<ExitView> = {}): ExitView => ({
  instrument: INSTRUMENT,
  position: qty('0.010'),
  entryPrice: '60000',
  taken: levels(['60000.00', '1.000']),
  markPrice: '60000',
  markAgeMs: 500,
  opening: { tradeId: '7', atMs: NOW - 60_000 },
  takerShare: 0.0005,
  stopFilled: false,
  atMs: NOW,
  tickMs: 0,
  closing: false,
  seq: 100,
  nowMs: wallMs(NOW),
  ...over,
});
const judge = (over: Partial<ExitView> = {}, exits: Exits = NO_EXITS, parameters: ExitParameters = EXITS) =>
  judgeExit(exits, { view: view(over), parameters });
const at = (price: string, size = '1.000') => ({ taken: levels([price, size]) });

// take-profit 1 %, stop-loss 0.5 %, entry 60000
describe('judgeExit() armed', () => {
  test.each<[string, Partial<ExitView>, ReturnType<typeof judge>['close']]>([
    ['a long in profit by just 1 % takes it', at('60600.00'), 'take-profit'],
    ['a long one tick short of it holds', at('60599.90'), null],
    ['a long that lost just 0.5 % stops', at('59700.00'), 'stop-loss'],
    ['a long one tick above holds', at('59700.10'), null],
    ['a short in profit by just 1 % takes it', { position: qty('-0.010'), ...at('59400.00') }, 'take-profit'],
    ['a short one tick short of it holds', { position: qty('-0.010'), ...at('59400.10') }, null],
    ['a short that lost just 0.5 % stops', { position: qty('-0.010'), ...at('60300.00') }, 'stop-loss'],
    ['a short one tick below holds', { position: qty('-0.010'), ...at('60299.90') }, null],
    ['a flat account has nothing to exit', { position: lots(0), entryPrice: null, ...at('1.00') }, null],
    ['an unknown entry price is no reason to close', { entryPrice: null, ...at('1000.00') }, null],
    [
      'an adopted position with an entry price finer than the tick is judged',
      { entryPrice: '60000.123456', ...at('59700.00') },
      'stop-loss',
    ],
  ])('%s', (_name, over, close) => {
    expect(judge(over).close).toBe(close);
  });

  test('judges the price of the whole size, not the best one', () => {
    const thin = levels(['60000.00', '0.001'], ['59000.00', '1.000']);
    expect(judge({ taken: thin, position: qty('0.001') }).close).toBeNull();
    expect(judge({ taken: thin, position: qty('0.010') }).close).toBe('stop-loss');
  });

  test('judges by the mark price while the book is blind, and not at all without a fresh one', () => {
    expect(judge({ taken: null, markPrice: '59600' }).close).toBe('stop-loss');
    expect(judge({ taken: null, markPrice: '60700' }).close).toBe('take-profit');
    expect(judge({ taken: [], markPrice: '59600' }).close).toBe('stop-loss');
    expect(judge({ taken: null, markPrice: null }).close).toBeNull();
    expect(judge({ taken: null, markPrice: '1', markAgeMs: 3_001 }).close).toBeNull();
    expect(judge({ taken: null, markPrice: '1', markAgeMs: null }).close).toBeNull();
  });
});

describe('the life of an exit', () => {
  const stop = () => judge(at('59000.00'));

  test('is counted once, asked for once, and asked for again only when the gateway does not show it', () => {
    let exits = stop().exits;
    expect(exits).toMatchObject({ stopLosses: 1, takeProfits: 0, state: { at: 'closing', why: 'stop-loss' } });
    const asked: number[] = [];
    for (let seq = 101; seq <= 125; seq++) {
      const next = judge({ ...at('58000.00'), seq }, exits);
      if (next.close !== null) asked.push(seq);
      exits = next.exits;
    }
    expect(asked).toEqual([110, 120]);
    expect(exits.stopLosses).toBe(1);
  });

  test.each([2, 20, 99, 101, 150])('is asked for again after ten ticks, and no sooner because snapshots come every %i ms', (everyMs) => {
    let exits = stop().exits;
    const asked: number[] = [];
    for (let n = 1; n * everyMs <= 2_500; n++) {
      const next = judge({ ...at('58000.00'), seq: 100 + n, atMs: NOW + n * everyMs, tickMs: 100 }, exits);
      if (next.close !== null) asked.push(n * everyMs);
      exits = next.exits;
    }
    const againMs = Math.max(10, Math.ceil(950 / everyMs)) * everyMs;
    expect(asked).toEqual([againMs, 2 * againMs].filter((ms) => ms <= 2_500));
  });

  test('is asked for again in time where the clock was set back', () => {
    expect(judge({ ...at('58000.00'), seq: 110, atMs: NOW - 3_600_000, tickMs: 100 }, stop().exits).close).toBe('stop-loss');
  });

  test('is not asked for again while the ladder runs', () => {
    let exits = stop().exits;
    for (let seq = 101; seq <= 140; seq++) {
      const next = judge({ ...at('58000.00'), seq, closing: true }, exits);
      expect(next.close).toBeNull();
      exits = next.exits;
    }
    expect(exits.state.at).toBe('closing');
  });

  test('a price that comes back does not call it off', () => {
    expect(judge({ ...at('60000.00'), seq: 110 }, stop().exits).close).toBe('stop-loss');
  });

  test('cools down from when the position is gone, then is armed again', () => {
    const flat = { position: lots(0), entryPrice: null };
    const { exits } = judge({ ...flat, seq: 120 }, stop().exits);
    expect(exits.state).toEqual({ at: 'cooling', untilMs: NOW + EXITS.cooldownMs });
    expect(judge({ ...flat, nowMs: wallMs(NOW + EXITS.cooldownMs - 1) }, exits).exits.state.at).toBe('cooling');
    expect(judge({ ...flat, nowMs: wallMs(NOW + EXITS.cooldownMs) }, exits).exits).toMatchObject({ state: { at: 'armed' }, stopLosses: 1 });
  });

  test('goes on after a restart of the gateway, whose numbers begin again', () => {
    expect(judge({ ...at('58000.00'), seq: 1 }, stop().exits).close).toBe('stop-loss');
  });

  const cooling = (untilMs: number): Exits => ({
    state: { at: 'cooling', untilMs: untilMs as WallMs },
    takeProfits: 1,
    stopLosses: 0,
    track: null,
  });

  test('what is held while it cools is protected', () => {
    expect(judge(at('60000.00'), cooling(NOW + 1_000)).exits.state.at).toBe('cooling');
    expect(judge(at('59000.00'), cooling(NOW + 1_000))).toMatchObject({ close: 'stop-loss', exits: { takeProfits: 1, stopLosses: 1 } });
  });

  test('a cool-down longer than one can last was written by another clock and ends', () => {
    expect(judge(at('60000.00'), cooling(NOW + EXITS.cooldownMs)).exits.state.at).toBe('cooling');
    expect(judge(at('60000.00'), cooling(NOW + EXITS.cooldownMs + 1)).exits.state.at).toBe('armed');
  });
});

const MOVING: ExitParameters = {
  ...EXITS,
  takeProfitPercent: 50,
  trailing: { activationPercent: 0.5, percent: 0.2 },
  breakEven: { afterPercent: 0.3 },
  timeStop: { maxHoldMs: 600_000, evenInProfit: false },
};
/** Judged at each price in turn, a snapshot a price. */
const through = (prices: readonly string[], over: Partial<ExitView> = {}) =>
  prices.reduce((turn, price, n) => judge({ ...at(price), seq: 100 + n, ...over }, turn.exits, MOVING), {
    exits: NO_EXITS,
    close: null,
  } as ReturnType<typeof judge>);

describe('stops that move', () => {
  test.each<[string, readonly string[], ReturnType<typeof judge>['close']]>([
    ['the trailing stop fires behind the peak', ['60000.00', '60400.00', '60280.00'], 'trailing-stop'],
    ['one tick above it holds', ['60000.00', '60400.00', '60280.10'], null],
    ['break-even fires at entry and fees', ['60000.00', '60180.00', '60060.00'], 'break-even'],
    ['one tick above it holds', ['60000.00', '60180.00', '60060.10'], null],
    ['neither is there before its profit', ['60000.00', '60179.90', '60000.00'], null],
    ['a gap through all of them is the loss', ['60000.00', '60400.00', '59000.00'], 'stop-loss'],
  ])('%s', (_name, prices, close) => {
    expect(through(prices).close).toBe(close);
  });

  test('survive a restart: they are plain data', () => {
    const { exits } = through(['60000.00', '60400.00']);
    expect(exits.track).toMatchObject({ side: 1, peak: 60_400, heldSinceMs: NOW - 60_000 });
    const restored = JSON.parse(JSON.stringify(exits)) as Exits;
    expect(restored).toEqual(exits);
    expect(judge(at('60280.00'), restored, MOVING).close).toBe('trailing-stop');
  });

  test('do not outlive their position: flat, turned, or closed and opened again unseen', () => {
    const { exits } = through(['60000.00', '60400.00']);
    const flat = judge({ position: lots(0), entryPrice: null, opening: null }, exits, MOVING);
    expect(flat.exits.track).toBeNull();
    expect(judge(at('60100.00'), flat.exits, MOVING).close).toBeNull();
    expect(judge({ ...at('60100.00'), position: qty('-0.010') }, exits, MOVING)).toMatchObject({
      close: null,
      exits: { track: { side: -1 } },
    });
    const again = { ...at('60100.00'), entryPrice: '60100', opening: { tradeId: '9', atMs: NOW - 1_000 } };
    expect(judge(again, exits, MOVING)).toMatchObject({ close: null, exits: { track: { peak: 60_100, trail: null } } });
  });

  test('are kept while the entry price of a held position is not told', () => {
    const { exits } = through(['60000.00', '60400.00']);
    expect(judge({ ...at('60280.00'), entryPrice: null }, exits, MOVING)).toEqual({ exits, close: null });
  });

  test('the fees of break-even are those configured, the account own, or the usual ones', () => {
    const stopOf = (takerShare: number | null, feesPercent?: number) => {
      const parameters = { ...MOVING, breakEven: { afterPercent: 0.3, feesPercent } };
      return judge({ ...at('60180.00'), takerShare }, NO_EXITS, parameters).exits.track?.breakEven;
    };
    expect(stopOf(0.0004)).toBeCloseTo(60_048, 6);
    expect(stopOf(null)).toBeCloseTo(60_060, 6);
    expect(stopOf(0.0004, 0.3)).toBeCloseTo(60_180, 6);
    expect(stopOf(-0.0001)).toBeCloseTo(60_000, 6);
  });

  test('time alone closes what does not pay', () => {
    const old = { opening: { tradeId: '7', atMs: NOW - 600_000 } };
    expect(judge({ ...at('60000.00'), ...old }, NO_EXITS, MOVING).close).toBe('time-stop');
    expect(judge({ ...at('60100.00'), ...old }, NO_EXITS, MOVING).close).toBeNull();
    expect(judge({ ...at('60000.00'), opening: { tradeId: '7', atMs: NOW - 599_999 } }, NO_EXITS, MOVING).close).toBeNull();
  });
});

describe('a profit that is being taken', () => {
  const taking = () => judge(at('60600.00')).exits;

  test('remembers the price that fired', () => {
    expect(taking().state).toEqual({ at: 'closing', why: 'take-profit', askedSeq: 100, askedAtMs: NOW, price: expect.closeTo(60_600, 6) });
  });

  test('and turns into a loss is closed as one, at once and only once more', () => {
    const turned = judge({ ...at('59700.00'), seq: 101, closing: true }, taking());
    expect(turned).toMatchObject({
      close: 'stop-loss',
      exits: { takeProfits: 1, stopLosses: 0, state: { why: 'stop-loss', askedSeq: 101 } },
    });
    expect(judge({ ...at('59000.00'), seq: 102, closing: true }, turned.exits).close).toBeNull();
  });

  test('a loss that is being closed is never called a profit', () => {
    const stopping = judge(at('59000.00')).exits;
    expect(judge({ ...at('61000.00'), seq: 101, closing: true }, stopping).close).toBeNull();
    expect(judge({ ...at('61000.00'), seq: 120 }, stopping).close).toBe('stop-loss');
  });
});

describe('a position that the stop at the venue closed', () => {
  const flat = { position: lots(0), entryPrice: null, opening: null };
  test('is cooled down from as after a stop of our own', () => {
    const { exits } = judge(at('59800.00'));
    const turn = judge({ ...flat, stopFilled: true }, exits);
    expect(turn).toMatchObject({
      close: null,
      exits: { state: { at: 'cooling', untilMs: NOW + EXITS.cooldownMs }, stopLosses: 1, track: null },
    });
  });

  test('is not told from one that was closed otherwise, or that nobody held here', () => {
    expect(judge({ ...flat, stopFilled: false }, judge(at('59800.00')).exits).exits.state.at).toBe('armed');
    expect(judge({ ...flat, stopFilled: true }).exits.state.at).toBe('armed');
  });
});
