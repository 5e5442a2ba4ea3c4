import { describe, expect, test } from 'vitest';
import { NO_RISK, type RiskState, watchRisk } from '../../../brain/risk/watch.ts';
import { MONITORS, type MonitorName, Risk } from '../../../shared/risk.ts';
import { book, input, type Over, profit, reading, run, steady } from '../../kit/risk.ts';

type Turns = readonly (readonly [afterMs: number, over?: Over])[];
const account = (over: Over['account']): Over => ({ account: { ...over } });
const deeds = (over: Over['deeds']): Turns => [[0, { deeds: { ...over } }]];
const market = (over: Over['market']): Over => ({ market: { ...over } });
const swing = (i: number, by: number): Over =>
  market(i % 2 ? book('60000.00', '60000.10') : book(`${60_000 + by}.00`, `${60_000 + by}.10`));

/** For each monitor what makes it read something bad at the last turn. */
const TROUBLE: Readonly<Record<MonitorName, Turns>> = {
  dailyLossPercent: [[0], [100, profit(-90)]],
  drawdownPercent: [[0], [100, profit(500)], [200, profit(-100)]],
  runLossPercent: [[0], [100, account({ runs: { mm: -65 } })]],
  feesPercent: [[0], [100, profit(0, { fees: 70 })]],
  fundingPaidPercent: [[0], [100, profit(0, { funding: -60 })]],
  concentrationPercent: [[0, account({ largestPercent: 320 })]],
  ordersPerMinute: deeds({ orders: 3_000 }),
  cancelsPerMinute: deeds({ cancels: 3_000 }),
  fillsPerMinute: deeds({ fills: 250 }),
  ordersPerFill: deeds({ orders: 9_000, fills: 2 }),
  rejectPercent: deeds({ orders: 100, refused: 40 }),
  errorPercent: deeds({ orders: 80, cancels: 20, unanswered: 25 }),
  feedAgeMs: [[0], [1_300]],
  acknowledgeMs: deeds({ acknowledged: Array<number>(20).fill(2_500) }),
  positionPercent: [[0, market({ position: 400 })]],
  positionAgeMinutes: [
    [0, market({ position: 5 })],
    [90_000_000, market({ position: 5 })],
  ],
  volatilityRatio: [...Array.from({ length: 900 }, (_, i) => [i * 500, swing(i, 1)] as const), [450_000, swing(0, 100)]],
  spreadBps: [[0, market(book('59000.00', '61000.00'))]],
  depthShare: [...steady(70_000), [70_000, market(book('60000.00', '60000.10', '0.020'))]],
  jumpBps: [[0], [500, market(book('60700.00', '60700.10'))]],
  bookAgeMs: [[0, market({ bookAgeMs: 2_700 })]],
  markGapBps: [[0, market({ markTicks: 593_000 })]],
  tradeGapBps: [[0, market({ tradeTicks: 593_000 })]],
  fundingPercent: [[0, market({ fundingRate: -0.006 })]],
};
/** What calm looks like where the calm of all the others would not do. */
const CALM: Partial<Readonly<Record<MonitorName, Over>>> = {
  drawdownPercent: profit(500),
  tradeGapBps: market({ tradeTicks: 600_000.5 }),
};
const LATER_MS = 700_000;

/** The turns under thresholds that only this monitor has; what it reads, and its alarm. */
function live(
  name: MonitorName,
  { turns, act, from = NO_RISK }: { readonly turns: Turns; readonly act: number; readonly from?: RiskState },
) {
  const others = Object.fromEntries(Object.keys(MONITORS).map((other) => [other, { on: other === name }]));
  const parameters = Risk.parse({ monitors: { ...others, [name]: { warn: act, act, holdMs: 0, coolDownMs: 1_000 } } });
  let turn: ReturnType<typeof watchRisk> | null = null;
  for (const [afterMs, over] of turns) turn = watchRisk(turn?.state ?? from, input(afterMs, over, parameters));
  if (!turn) throw new Error('no turns');
  const alarm = Object.entries(turn.state.watched).find(([key]) => key.startsWith(`${name} `))?.[1].alarm ?? 'quiet';
  const [breaker] = Object.values(turn.state.breakers).filter(({ at }) => at !== 'closed');
  return { turn, alarm, breaker };
}

describe.each(Object.keys(MONITORS) as MonitorName[])('monitor %s', (name) => {
  const turns = TROUBLE[name];
  const bad = MONITORS[name].bad === 'above' ? 1 : -1;
  const read = reading(run(turns), name) ?? Number.NaN;
  const endMs = turns.at(-1)?.[0] ?? 0;

  test('its trouble would trip its default', () => {
    expect(bad * read).toBeGreaterThanOrEqual(bad * MONITORS[name].act);
  });

  test('fires at its threshold: its breaker opens to its tier, with the reading as evidence', () => {
    const { alarm, breaker } = live(name, { turns, act: read });
    expect(alarm).toBe('act');
    expect(breaker).toMatchObject({ at: 'open', tier: MONITORS[name].tier, findings: [{ monitor: name, threshold: read }] });
  });

  test('nearly fires: a thousandth inside, nothing opens', () => {
    expect(live(name, { turns, act: read * (1 + bad / 1_000) })).toMatchObject({ alarm: 'quiet', breaker: undefined });
  });

  test('recovers: the alarm falls when all is calm again, and the breaker probes unless a person has to resume', () => {
    const quiet = CALM[name] ?? {};
    const calm = Array.from({ length: 600 }, (_, i) => [endMs + LATER_MS + i * 100, quiet] as const);
    const { alarm, breaker } = live(name, { turns: [...turns, ...calm], act: read });
    expect(alarm).toBe('quiet');
    expect(breaker).toMatchObject(MONITORS[name].tier === 'emergency' ? { at: 'open', tier: 'emergency' } : { at: 'half-open' });
  });
});
