/** Profit of each symbol by where it comes from, as a metric. */
import type { Metrics } from '../../shared/metrics.ts';
import type { BrainDoc } from '../../shared/brain-doc.ts';

const PARTS = ['spread', 'inventory', 'fees', 'funding', 'total'] as const;

/** The way to set it. */
export function pnlGauge(metrics: Metrics): (pnl: NonNullable<BrainDoc['pnl']>) => void {
  const help = 'Profit since counting began, by where it comes from; fees positive are paid';
  const gauge = metrics.gauge('brain_pnl', help, ['symbol', 'part', 'asset']);
  return (pnl) => {
    for (const [symbol, doc] of Object.entries(pnl))
      for (const part of PARTS) gauge.set({ symbol, part, asset: doc.asset }, Number(doc[part]));
  };
}
