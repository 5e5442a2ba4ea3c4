/**
 * Diff efficiency: the shipped market making over 100 ms snapshots of a recorded book, its wishes turned into orders by our OMS and by two
 * plain ways: cancel all and place anew at every snapshot, and the same only where a wish has changed. Counted are order actions, and how
 * far what rests stands from what was wanted, right before the next snapshot.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { commandsOf } from '../../brain/oms/oms.ts';
import type { OrderCommand } from '../../brain/oms/working.ts';
import { makeRuns } from '../../brain/runs.ts';
import { settingsOf } from '../../brain/settings.ts';
import { NO_DEEDS } from '../../brain/risk/account-pulse.ts';
import { initialState, type Settings, step } from '../../brain/step.ts';
import { marketMaking } from '../../brain/strategy/market-making.ts';
import type { WantedQuote } from '../../brain/strategy/strategy.ts';
import { type Documents, heldView, marketView } from '../../brain/view.ts';
import { makeClientId } from '../../shared/client-id.ts';
import { Config } from '../../shared/config.ts';
import { unwatched } from '../../shared/risk.ts';
import { monoMs, wallMs } from '../../shared/units.ts';
import type { Figure } from './measure.ts';
import { LEASE, loadTape, SYMBOL, type Tape, TapeMarket } from './tape-market.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const TAPE = 'book/binance-usdm/BTCUSDT_20240808.raw.gz';
const SNAPSHOT_MS = 100;
/** From the snapshot to the exchange: poll, decision, socket, line. */
const ORDER_MS = 10;
const GOAL_PERCENT = 60;
const GOAL_TICKS = 0.5;

type Decided = { readonly quotes: readonly WantedQuote[]; readonly commands: readonly OrderCommand[] };
/** One way of working: documents of a snapshot in, wishes and commands out. */
type Way = (documents: Documents) => Decided;
export type Played = {
  readonly actions: number;
  /** Ticks between where a quote was wanted and where it rested; those that did not rest are not in it. */
  readonly ticksOff: number;
  /** Share of the wanted quotes that did not rest. */
  readonly missing: number;
  readonly trades: number;
};

export async function benchDiff(config = readConfig()): Promise<readonly Figure[]> {
  const file = join(process.env['MMBOT_DATA'] ?? join(ROOT, '..', 'shared', 'data'), TAPE);
  if (!existsSync(file)) {
    process.stderr.write(
      `skipped: diff efficiency, the recording ${TAPE} is not in ${process.env['MMBOT_DATA'] ? 'MMBOT_DATA' : '../shared/data'}\n`,
    );
    return [];
  }
  const tape = await loadTape(file);
  const [ours, each, changed] = [ourWay(config), plainWay(config, false), plainWay(config, true)].map((way) => play(tape, way));
  if (!ours || !each || !changed) throw new Error('Cannot compare: a way is missing');
  const told = ({ actions, ticksOff, missing, trades }: Played): string =>
    `${actions} actions, ${ticksOff.toFixed(2)} ticks off, ${(missing * 100).toFixed(2)} % missing, ${trades} fills`;
  const saved = (than: Played): number => (1 - ours.actions / than.actions) * 100;
  return [
    {
      ...{
        name: 'OMS: actions left of cancel-all-and-replace',
        value: 100 - saved(each),
        unit: '%',
        goal: 100 - GOAL_PERCENT,
        conclusive: true,
      },
      beside: `ours ${told(ours)}; replaced at every snapshot ${told(each)}`,
    },
    {
      ...{
        name: 'OMS: the same where only changed wishes are replaced',
        value: 100 - saved(changed),
        unit: '%',
        goal: null,
        conclusive: true,
      },
      beside: `replaced when a wish has changed ${told(changed)}`,
    },
    {
      ...{
        name: 'OMS: quotes further off than replaced ones',
        value: ours.ticksOff - each.ticksOff,
        unit: 'ticks',
        goal: GOAL_TICKS,
        conclusive: true,
      },
      beside: `average over ${Math.floor(tape.frames.length)} recorded frames, ${SNAPSHOT_MS} ms snapshots, orders ${ORDER_MS} ms later`,
    },
  ];
}

export function play(tape: Tape, way: Way): Played {
  const market = new TapeMarket(tape);
  const count = { actions: 0, off: 0, resting: 0, wanted: 0 };
  for (let atMs = market.startMs + SNAPSHOT_MS; atMs + SNAPSHOT_MS < market.endMs; atMs += SNAPSHOT_MS) {
    market.advance(atMs);
    const { quotes, commands } = way(market.documents());
    count.actions += commands.length;
    market.advance(atMs + ORDER_MS);
    market.obey(commands);
    market.advance(atMs + SNAPSHOT_MS - 1);
    const left = [...market.open];
    for (const quote of quotes) {
      count.wanted++;
      const [nearest] = left
        .filter(({ side }) => side === quote.side)
        .sort((a, b) => Math.abs(a.price - quote.price) - Math.abs(b.price - quote.price));
      if (!nearest) continue;
      left.splice(left.indexOf(nearest), 1);
      count.resting++;
      count.off += Math.abs(nearest.price - quote.price);
    }
  }
  return { actions: count.actions, ticksOff: count.off / count.resting, missing: 1 - count.resting / count.wanted, trades: market.traded };
}

const readConfig = (): Config => Config.parse(JSON.parse(readFileSync(join(ROOT, 'config.json'), 'utf8')));

/** No close and no breaker in between: what rests is the matter. */
const settingsFor = (config: Config): Settings => ({
  ...settingsOf(config, makeRuns(config)),
  symbols: [SYMBOL],
  risk: unwatched(),
  exits: { takeProfitPercent: 100, stopLossPercent: 100, cooldownMs: 0, maxMarkAgeMs: 3_000 },
});

/** The brain's own turn, its commands visible in the next snapshot. */
export function ourWay(config: Config): Way {
  const settings = settingsFor(config);
  let [state, counter] = [initialState(settings), 0];
  return (documents) => {
    const { wallMs: nowMs, seq } = documents.header;
    const now = monoMs(nowMs);
    const nextId = (): string => makeClientId({ role: 'quote', epoch: LEASE, counter: counter++ });
    const turn = { documents, fills: [], fees: [], deeds: NO_DEEDS, now, nowMs: wallMs(nowMs), nextId, mayTrade: true };
    const stepped = step(state, { settings, turn });
    const [one] = stepped.symbols;
    const symbol = stepped.state.symbols[SYMBOL];
    if (!one || !symbol) throw new Error(`Cannot play: ${SYMBOL} was not looked at`);
    const pending = one.commands.map((command) => ({ command, role: 'quote', sentAt: now, visibleFrom: seq + 1 }));
    state = { ...stepped.state, symbols: { [SYMBOL]: { ...symbol, pending } } };
    return { quotes: one.outcomes[0]?.quotes ?? [], commands: one.commands };
  };
}

/** Takes back whatever rests and places what is wanted; `lazy`: only when a wish has changed, or one does not rest. */
export function plainWay(config: Config, lazy: boolean): Way {
  const strategy = marketMaking(config.strategy.marketMaking);
  let [counter, before, state] = [0, '', strategy.initial()];
  return (documents) => {
    const held = heldView(documents, { symbol: SYMBOL, maxAgeMs: config.brain.maxSnapshotAgeMs });
    const market = typeof held === 'string' ? held : marketView(documents, { symbol: SYMBOL, held });
    if (typeof market === 'string' || typeof held === 'string') return { quotes: [], commands: [] };
    const { position, entryPrice } = held;
    const view = { ...market, position, entryPrice, orders: [], bars: null, openBar: null, trades: null, fills: [] };
    const decided = strategy.decide(view, state);
    state = decided.state;
    const { quotes, reason } = decided.wish;
    const resting = held.orders.filter(({ status }) => status === 'open' || status === 'partially-filled');
    const wish = JSON.stringify(quotes);
    if (lazy && wish === before && resting.length === quotes.length) return { quotes, commands: [] };
    before = wish;
    const nextId = (): string => makeClientId({ role: 'quote', epoch: LEASE, counter: counter++ });
    const actions = [
      ...resting.map((order) => ({ kind: 'cancel', order, urgency: 'cancel' }) as const),
      ...quotes.map((quote) => ({ kind: 'place', quote, urgency: 'rest' }) as const),
    ];
    return {
      quotes,
      commands: commandsOf(actions, { symbol: SYMBOL, role: 'quote', strategy: strategy.name, reason, nextId }).map(
        ({ command }) => command,
      ),
    };
  };
}
