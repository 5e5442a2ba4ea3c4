import { expect, test } from 'vitest';
import type { State } from '../../scripts/lib/state.ts';
import { whyLines } from '../../scripts/lib/why.ts';
import { shadowStatus } from '../../scripts/lib/shadow-lines.ts';
import type { BrainDoc, RunDoc, ShadowDoc } from '../../shared/brain-doc.ts';
import { header } from '../kit/brain.ts';

const run = (over: Partial<RunDoc> = {}): RunDoc => ({
  ...{ run: 'mm-btc', strategy: 'market-making', symbol: 'BTCUSDT', reason: 'stepped-back' },
  detail: { side: 'sell', from: '60001.00', to: '60005.10', other: 'trend' },
  quotes: [{ side: 'buy', price: '60000.00', size: '0.010' }],
  signals: { mid: 60_000.123456789, calm: 'yes', drift: null },
  ...{ position: '0.030', entryPrice: '60000.5', realizedPnl: '1.50', fees: { USDT: '0.2' }, funding: '-0.01' },
  why: [
    { reason: 'stepped-back', detail: {}, count: 7, firstMs: 1_000, lastMs: 9_000 },
    { reason: 'quoting', detail: {}, count: 700, firstMs: 0, lastMs: 6_500 },
  ],
  ...over,
});
const brain = (over: Partial<BrainDoc> = {}): BrainDoc => ({
  ...{ brainEpoch: 1, processed: { epoch: 3, seq: 50 }, wallMs: 9_000, strategy: 'mm-btc,trend', decisions: 8, fillSeq: 0 },
  symbols: { BTCUSDT: { reason: 'stepped-back', quotes: [], signals: {}, position: '0.03', takeProfits: 1, stopLosses: 2 } },
  risk: { state: 'normal', reasons: [] },
  runs: [
    run(),
    run({
      run: 'trend',
      strategy: 'macd-trend',
      reason: 'my-own-word',
      detail: {},
      quotes: [],
      signals: {},
      position: '0',
      entryPrice: null,
      fees: {},
      why: [],
    }),
  ],
  unassigned: { BTCUSDT: '0.005' },
  ...over,
});
const state = (doc: BrainDoc | null): State => ({ header: header(), ageMs: 5, balance: null, symbols: [], brain: doc });

test('each run has its block: what it does, why in words, what it wants and holds, and what it did lately', () => {
  const lines = whyLines(state(brain()));
  expect(lines.slice(0, 3)).toEqual(['brain     mm-btc,trend  0 behind  8 decisions', 'risk      normal', 'gateway   normal']);
  expect(lines.slice(4).join('\n')).toBe(
    [
      'BTCUSDT   mm-btc (market-making)  stepped-back  side sell  from 60001.00',
      '          to 60005.10  other trend',
      '          a quote stands further back than wished, because it would have met',
      '          the order of another run',
      '  wants   buy 0.01 at 60000.00',
      '  signals  mid 60000.123  calm yes  drift unknown',
      '  holds   0.03 at 60000.5  realized 1.5  fees 0.2 USDT  funding -0.01',
      '          unassigned 0.005  take-profits 1  stop-losses 2',
      '  lately  stepped-back 7x  quoting 700x (2.5 s ago)',
      '',
      'BTCUSDT   trend (macd-trend)  my-own-word',
      '  wants   no quotes',
      '  signals  none',
      '  holds   0  realized 1.5  fees 0  funding -0.01  unassigned 0.005',
      '          take-profits 1  stop-losses 2',
      '  lately  nothing yet',
    ].join('\n'),
  );
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
});

test('without a brain, or with one of an earlier version, nothing is made up', () => {
  expect(whyLines(state(null))).toEqual(['brain     unknown  (it has written nothing in the last minute)']);
  const { runs: _, unassigned: __, ...earlier } = brain();
  expect(whyLines(state(earlier))).toHaveLength(3);
});

test('a shadow has its block beside the run that it is compared with', () => {
  const shadow: ShadowDoc = {
    ...{ shadow: 'wide', run: 'mm-btc', symbol: 'BTCUSDT', reason: 'quoting', detail: {}, signals: { mid: 60_000 }, fills: 3, missed: 0 },
    quotes: [{ side: 'buy', price: '59990.00', size: '0.010' }],
    ...{ position: '0.01', entryPrice: '59990', realizedPnl: '0.50', fees: '0.12', funding: '0', sinceMs: 3_000 },
    ...{ net: '0.48', liveNet: null, failure: null },
  };
  const failed = { ...shadow, reason: 'shadow-failed', quotes: [], signals: {}, missed: 2, failure: 'TypeError: no' };
  const lines = whyLines(state(brain({ runs: [run({ symbol: 'BTCUSDT' })], shadow: [shadow, failed] }))).join('\n');
  expect(lines).toContain(
    [
      'BTCUSDT   wide (shadow of mm-btc)  quoting',
      '          quotes rest on both sides',
      '  wants   buy 0.01 at 59990.00',
      '  signals  mid 60000',
      '  holds   0.01 at 59990  realized 0.5  fees 0.12  funding 0  3 simulated fills',
      '  net     0.48 in 6.0 s  mm-btc in the same time unknown',
    ].join('\n'),
  );
  expect(lines).toMatch(/wide \(shadow of mm-btc\) {2}shadow-failed {2}TypeError: no\n[\s\S]*trades missed 2x/);
  expect(shadowStatus(brain({ shadow: [shadow] }))).toEqual(['shadow    wide BTCUSDT quoting net 0.48 (mm-btc unknown)']);
  expect(shadowStatus(brain())).toEqual([]);
});
