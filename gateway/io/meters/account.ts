/** Metrics of what is held and what it is worth. Sizes are of the base asset, money is of the asset in the label; unknown is left out. */
import { limitsOf } from '../../../shared/config.ts';
import { formatSize, type Instrument } from '../../../shared/instrument.ts';
import { figure, type Metrics, type Sample } from '../../../shared/metrics.ts';
import { type Atoms, formatAtoms, ZERO_ATOMS } from '../../../shared/units.ts';
import { unrealizedOf } from '../../account/equity.ts';
import { worthOf } from '../../account/position.ts';
import type { PositionRow } from '../../account/rows.ts';
import type { Core } from '../../orders/core.ts';
import type { Measured } from './measured.ts';

const money = (atoms: Atoms | null | undefined): number | null => figure(atoms === null || atoms === undefined ? null : formatAtoms(atoms));

export function meterAccount(metrics: Metrics, { core }: Measured): void {
  meterPositions(metrics, core);
  meterProfit(metrics, core);
  meterAssets(metrics, core);
  metrics.readGauge({
    ...{ name: 'margin_ratio', help: 'Maintenance margin over margin balance where it is highest; 1 is liquidation' },
    read: () => [[{}, core.keeper.marginRatio]],
  });
}

type Held = { readonly symbol: string; readonly instrument: Instrument; readonly row: PositionRow };

const held = ({ venue, keeper }: Core): readonly Held[] =>
  [...venue.instruments].map(([symbol, instrument]) => ({ symbol, instrument, row: keeper.ledger.positions.row(symbol) }));

function meterPositions(metrics: Metrics, core: Core): void {
  metrics.readGauge({
    ...{ name: 'position_size', help: 'Net position, base units, signed', labels: ['symbol'] },
    read: () =>
      held(core).map(
        ({ symbol, instrument, row }): Sample => [{ symbol }, core.keeper.known ? Number(formatSize(instrument, row.size)) : null],
      ),
  });
  metrics.readGauge({
    ...{ name: 'position_limit', help: 'Largest position that the limits in force allow, base units', labels: ['symbol'] },
    read: () => held(core).map(({ symbol }): Sample => [{ symbol }, figure(limitsOf(core.config, symbol)?.maxPosition ?? '0')]),
  });
  metrics.readGauge({
    ...{ name: 'position_notional', help: 'Net position at the mark price, signed', labels: ['symbol', 'asset'] },
    read: () => held(core).map((one): Sample => [{ symbol: one.symbol, asset: one.instrument.quoteAsset }, notionalOf(core, one)]),
  });
  metrics.readGauge({
    ...{ name: 'gross_notional', help: 'Sum of the positions at the mark price, whatever their sign; of all assets together' },
    read: () => [[{}, sum(held(core).map((one) => notionalOf(core, one)))]],
  });
  metrics.readGauge({
    ...{ name: 'gross_notional_limit', help: 'Largest gross notional that the limits in force allow' },
    read: () => [[{}, figure(core.config.limits.maxGrossNotional)]],
  });
  metrics.readGauge({
    ...{ name: 'leverage', help: 'Leverage set at the venue', labels: ['symbol'] },
    read: () => held(core).map(({ symbol }): Sample => [{ symbol }, core.keeper.leverage(symbol)]),
  });
}

function notionalOf({ keeper, venue }: Core, { symbol, instrument, row }: Held): number | null {
  if (!keeper.known) return null;
  if (row.size === 0) return 0;
  const mark = venue.market.mark(symbol);
  return mark === null ? null : money(worthOf(instrument, { size: row.size, price: mark.markPrice }));
}

/** One that is not known makes the sum unknown. */
const sum = (values: readonly (number | null)[]): number | null =>
  values.reduce<number | null>((total, value) => (total === null || value === null ? null : total + Math.abs(value)), 0);

function meterProfit(metrics: Metrics, core: Core): void {
  const parts = [
    ['realized_pnl', 'Profit of closed positions since the ledger began, before fees', ({ row }: Held) => row.realized],
    [
      'fees_paid',
      'Fees since the ledger began, in the quote asset',
      ({ row, instrument }: Held) => row.fees[instrument.quoteAsset] ?? ZERO_ATOMS,
    ],
    ['funding_received', 'Funding since the ledger began; paid is negative', ({ row }: Held) => row.funding],
    ['traded_notional', 'Traded since the ledger began', ({ row }: Held) => row.volume],
    ['unrealized_pnl', 'Profit of open positions at the mark price', (one: Held) => unrealized(core, one)],
  ] as const;
  for (const [name, help, value] of parts)
    metrics.readGauge({
      ...{ name, help, labels: ['symbol', 'asset'] },
      read: () => held(core).map((one): Sample => [{ symbol: one.symbol, asset: one.instrument.quoteAsset }, money(value(one))]),
    });
}

const unrealized = ({ keeper, venue }: Core, { instrument, row, symbol }: Held): Atoms | null =>
  keeper.known ? unrealizedOf({ instrument, holding: row, mark: venue.market.mark(symbol) }) : null;

/** Of the assets in which the configured contracts are margined, and no others. */
function meterAssets(metrics: Metrics, core: Core): void {
  const { keeper, risk, venue } = core;
  const assets = [...new Set([...venue.instruments.values()].map(({ quoteAsset }) => quoteAsset))];
  const balance = (asset: string) => (keeper.known ? keeper.balances.find((one) => one.asset === asset) : undefined);
  const parts = [
    ['wallet_balance', 'Wallet of the account', (asset: string) => balance(asset)?.wallet],
    ['available_balance', 'Wallet that is free for new positions, as last read', (asset: string) => balance(asset)?.available],
    ['equity', 'Wallet and unrealized profit', (asset: string) => (keeper.known ? risk.equity(asset) : null)],
    ['day_pnl', 'Profit since midnight UTC, open positions included', (asset: string) => risk.dayPnlSeen(asset)],
  ] as const;
  for (const [name, help, value] of parts)
    metrics.readGauge({
      ...{ name, help, labels: ['asset'] },
      read: () => assets.map((asset): Sample => [{ asset }, money(value(asset))]),
    });
}
