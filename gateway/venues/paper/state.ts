/** What the paper account begins with, what its file belongs to, and what of an earlier life is taken up. Pure. */
import type { Config } from '../../../shared/config.ts';
import type { Instrument } from '../../../shared/instrument.ts';
import type { FeeRates } from '../../../shared/sim/account.ts';
import type { AccountSpec } from '../../../shared/sim/exchange.ts';
import { isOpen } from '../../../shared/sim/order-store.ts';
import type { SavedExchange } from '../../../shared/sim/saved.ts';
import type { Differ, StateIdentity } from '../../../shared/sim/io/state-journal.ts';
import { type Atoms, parseAtoms } from '../../../shared/units.ts';

export const PAPER_ACCOUNT = 'paper';
/** Hundredths of a percent in parts per million. */
const PPM_PER_BPS = 100;

export function funded(config: Config): readonly { readonly asset: string; readonly amount: Atoms }[] {
  return Object.entries(config.paper.balances).map(([asset, text]) => {
    const amount = parseAtoms(text);
    if (amount === null) throw new RangeError(`Cannot fund ${asset} with ${text}: the configuration checks this`);
    return { asset, amount };
  });
}

export function accountOf(config: Config): AccountSpec {
  const balances = Object.fromEntries(funded(config).map(({ asset, amount }) => [asset, amount]));
  return { apiKey: PAPER_ACCOUNT, balances, fees: feesOf(config) };
}

/** Null where the configuration leaves it to what a regular user of the venue pays. */
export function feesOf({ paper: { fees } }: Config): FeeRates | null {
  if (!fees) return null;
  return { makerPpm: BigInt(Math.round(fees.makerBps * PPM_PER_BPS)), takerPpm: BigInt(Math.round(fees.takerBps * PPM_PER_BPS)) };
}

/** A file counts in the steps it was written with. */
export const identityOf = (instruments: Iterable<Instrument>): StateIdentity => ({
  kind: 'paper',
  steps: [...instruments].map(({ symbol, tickSize, stepSize }) => `${symbol} ${tickSize} ${stepSize}`),
});

/** Other symbols are welcome; other steps of a known symbol would make other prices of what is kept. */
export const stepsDiffer: Differ = (theirs, ours) => {
  if (theirs['kind'] !== ours['kind']) return 'it is not of a paper account';
  const [before, now] = [theirs, ours].map(({ steps }) => new Map(listOf(steps).map((line) => [line.split(' ')[0], line] as const)));
  const changed = [...(now ?? [])].find(([symbol, line]) => (before?.get(symbol) ?? line) !== line);
  return changed === undefined
    ? null
    : `the venue changed the steps of ${changed[0]} (${before?.get(changed[0])}, now ${changed[1]}): move the file away to begin anew`;
};

const listOf = (value: StateIdentity[string] | undefined): readonly string[] => (Array.isArray(value) ? value : []);

/** Orders and stops of symbols that are no longer configured end; positions and trades of them are kept as they are. */
export function takenUp(saved: SavedExchange, symbols: ReadonlySet<string>): SavedExchange {
  return {
    ...saved,
    listings: {},
    countdowns: saved.countdowns.filter(({ symbol }) => symbols.has(symbol)),
    orders: saved.orders.map((order) => (symbols.has(order.symbol) || !isOpen(order) ? order : { ...order, status: 'canceled' })),
    algos: saved.algos.map((order) =>
      symbols.has(order.symbol) || (order.status !== 'new' && order.status !== 'triggering') ? order : { ...order, status: 'canceled' },
    ),
  };
}
