import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Exits, type ExitView, executableTicks, judgeExit, NO_EXITS, profitPercent } from '../../../brain/risk/exits.ts';
import { lots, ticks, type WallMs, wallMs } from '../../../shared/units.ts';
import { EXITS, INSTRUMENT, levels, px, qty } from '../../kit/brain.ts';

const NOW = 1_700_000_000_000;
const view = (over: Partial<ExitView> = {}): ExitView => ({
  instrument: INSTRUMENT,
  position: qty('0.010'),
  entryPrice: '60000',
  taken: levels(['60000.00', '1.000']),
  markPrice: '60000',
  closing: false,
  seq: 100,
  nowMs: wallMs(NOW),
  ...over,
});
const judge = (over: Partial<ExitView> = {}, exits: Exits = NO_EXITS) => judgeExit(exits, { view: view(over), parameters: EXITS });
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

  test('judges by the mark price while the book is blind, and not at all without one', () => {
    expect(judge({ taken: null, markPrice: '59600' }).close).toBe('stop-loss');
    expect(judge({ taken: null, markPrice: '60700' }).close).toBe('take-profit');
    expect(judge({ taken: null, markPrice: null }).close).toBeNull();
    expect(judge({ taken: [], markPrice: '1' }).close).toBeNull();
  });
});

describe('executableTicks()', () => {
  test('walks the levels and prices the rest at the last one', () => {
    const two = levels(['60000.00', '0.010'], ['59990.00', '0.010']);
    expect(executableTicks(two, qty('0.005'))).toBe(px('60000.00'));
    expect(executableTicks(two, qty('0.020'))).toBe(px('59995.00'));
    expect(executableTicks(two, qty('0.040'))).toBe((px('60000.00') + 3 * px('59990.00')) / 4);
    expect(executableTicks([], 5)).toBeNull();
    expect(executableTicks(two, 0)).toBeNull();
  });

  test('never gets better with size', () => {
    const depth = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 10 });
    fc.assert(
      fc.property(depth, fc.integer({ min: 1, max: 400 }), (sizes, size) => {
        const bids = sizes.map((one, n) => ({ price: ticks(px('60000.00') - n), size: lots(one) }));
        expect(executableTicks(bids, size + 1)!).toBeLessThanOrEqual(executableTicks(bids, size)! + 1e-9);
      }),
    );
  });
});

test('profitPercent() is the same for a long and its mirrored short', () => {
  const long = profitPercent(view(at('60300.00')))!;
  const short = profitPercent(view({ position: qty('-0.010'), ...at('59700.00') }))!;
  expect(long).toBeCloseTo(0.5, 9);
  expect(short).toBeCloseTo(0.5, 9);
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

  const cooling = (untilMs: number): Exits => ({ state: { at: 'cooling', untilMs: untilMs as WallMs }, takeProfits: 1, stopLosses: 0 });

  test('what is held while it cools is protected', () => {
    expect(judge(at('60000.00'), cooling(NOW + 1_000)).exits.state.at).toBe('cooling');
    expect(judge(at('59000.00'), cooling(NOW + 1_000))).toMatchObject({ close: 'stop-loss', exits: { takeProfits: 1, stopLosses: 1 } });
  });

  test('a cool-down longer than one can last was written by another clock and ends', () => {
    expect(judge(at('60000.00'), cooling(NOW + EXITS.cooldownMs)).exits.state.at).toBe('cooling');
    expect(judge(at('60000.00'), cooling(NOW + EXITS.cooldownMs + 1)).exits.state.at).toBe('armed');
  });
});
