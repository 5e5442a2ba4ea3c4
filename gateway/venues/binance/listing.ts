/**
 * The contracts as the venue lists them now against what we trade by (architecture, section 7). Filters and trading status are taken over
 * at once, in the map that everybody reads; a changed tick or step would change what our whole numbers mean, so it is only told. Pure.
 */
import type { Instrument } from '../../../shared/instrument.ts';
import type { InstrumentNews } from '../venue.ts';
import { instrumentOf } from './instruments.ts';
import { type ExchangeInfo, SymbolInfo } from './wire.ts';

/** Takes over what may be, and tells every change of a symbol of ours. */
export function takeListing(instruments: Map<string, Instrument>, info: ExchangeInfo): readonly InstrumentNews[] {
  const listed = new Map(info.symbols.map((row) => [row.symbol, row]));
  return [...instruments.values()].flatMap((before): InstrumentNews[] => {
    const { symbol } = before;
    const parsed = SymbolInfo.safeParse(listed.get(symbol));
    const after = parsed.success ? instrumentOf(parsed.data) : 'it is listed no more, or not as documented';
    if (typeof after === 'string' || after.tickSize !== before.tickSize || after.stepSize !== before.stepSize) {
      if (before.trading) instruments.set(symbol, { ...before, trading: false, version: `${before.version} not trading` });
      const why = typeof after === 'string' ? after : `tick ${after.tickSize}, step ${after.stepSize}; restart the gateway, then resume`;
      return [{ symbol, change: 'steps', sentence: why }];
    }
    if (after.version === before.version && after.trading === before.trading) return [];
    instruments.set(symbol, after);
    if (after.trading !== before.trading) return [{ symbol, change: after.trading ? 'trading' : 'not-trading', sentence: '' }];
    return [{ symbol, change: 'filters', sentence: `${differing(before, after).join(', ')}` }];
  });
}

const FILTERS = [
  'minPrice',
  'maxPrice',
  'minQty',
  'maxQty',
  'maxMarketQty',
  'minNotional',
  'multiplierUp',
  'multiplierDown',
  'maxOpenOrders',
] as const;
const differing = (before: Instrument, after: Instrument): readonly string[] =>
  FILTERS.filter((name) => before[name] !== after[name]).map((name) => `${name} ${before[name]} -> ${after[name]}`);
