/** Readers of the recorded exchange data, and instruments to read them with. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { type Instrument, makeInstrument } from '../../shared/instrument.ts';

export function instrumentWith({
  symbol,
  tickSize,
  stepSize,
}: {
  readonly symbol: string;
  readonly tickSize: string;
  readonly stepSize: string;
}): Instrument {
  const quoteAsset = symbol.endsWith('USDC') ? 'USDC' : 'USDT';
  const instrument = makeInstrument({
    symbol,
    baseAsset: symbol.replace(quoteAsset, ''),
    quoteAsset,
    tickSize,
    stepSize,
    minPrice: tickSize,
    maxPrice: '1000000',
    minQty: stepSize,
    maxQty: '1000000',
    maxMarketQty: '1000000',
    minNotional: '5',
    multiplierUp: '1.05',
    multiplierDown: '0.95',
    maxOpenOrders: 200,
    trading: true,
  });
  if (typeof instrument === 'string') throw new Error(instrument);
  return instrument;
}

export const BTCUSDT = instrumentWith({ symbol: 'BTCUSDT', tickSize: '0.10', stepSize: '0.001' });

/** The JSON lines of a file; `.gz` is unpacked. */
export function jsonLines(path: string): readonly unknown[] {
  return textLines(path).map((line) => JSON.parse(line));
}

export function textLines(path: string): readonly string[] {
  const bytes = readFileSync(path);
  return (path.endsWith('.gz') ? gunzipSync(bytes) : bytes)
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '');
}

/** Raw JSON texts of a collector recording (`<ns> <json>`) or a JSON-lines one (`{t,kind,msg}`), in order of arrival. */
export function rawMessages(path: string): readonly string[] {
  if (path.includes('.raw')) return textLines(path).map((line) => line.slice(line.indexOf(' ') + 1));
  return jsonLines(path).flatMap((row) => {
    const { msg } = row as { msg?: unknown };
    return typeof msg === 'string' ? [msg] : msg === undefined ? [] : [JSON.stringify(msg)];
  });
}
