/** How large a position macd-trend takes, in base units rounded down to the step; never more than `orderSize`. Pure. */
import { floorSteps, formatSize, type Instrument } from '../../shared/instrument.ts';
import type { MacdParameters } from '../../shared/macd-parameters.ts';
import { lots } from '../../shared/units.ts';
import { type Series, filledValue } from './macd-series.ts';

export type Sizing = {
  readonly instrument: Instrument;
  /** At which it would be opened, ticks. */
  readonly price: number;
  readonly equity: number | null;
  readonly series: Series;
  readonly parameters: MacdParameters;
};
/** A decimal, or the coded reason why there is none. */
export type Sized = { readonly size: string } | { readonly reason: string };

export function sizeOf(sizing: Sizing): Sized {
  const { instrument, parameters } = sizing;
  const most = floorSteps({ text: parameters.orderSize, step: instrument.stepSize });
  const wanted = wantedLots(sizing);
  if (typeof wanted === 'string') return { reason: wanted };
  const size = Math.min(wanted, most);
  return size < instrument.minLots ? { reason: 'size-below-minimum' } : { size: formatSize(instrument, lots(size)) };
}

function wantedLots({ instrument, price, equity, series, parameters }: Sizing): number | string {
  const step = Number(instrument.stepSize);
  switch (parameters.sizing) {
    case 'fixed':
      return Number.POSITIVE_INFINITY;
    case 'notional':
      return Math.floor(Number(parameters.notional) / (price * Number(instrument.tickSize)) / step);
    case 'volatility': {
      const range = filledValue(series.range, parameters.atrPeriod);
      if (range === null) return 'range-unknown';
      if (equity === null) return 'equity-unknown';
      const risked = (Math.max(0, equity) * parameters.riskPercent) / 100;
      return range === 0 ? Number.POSITIVE_INFINITY : Math.floor(risked / (parameters.atrMultiple * range) / step);
    }
    default:
      throw new Error(`Cannot size: ${JSON.stringify(parameters.sizing satisfies never)}`);
  }
}
