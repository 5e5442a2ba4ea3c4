/** Records to replay, out of a tape of ours (file or folder) or of a recording in another format. */
import { makeInstrument } from '../../../shared/instrument.ts';
import { nearestInstrument } from '../../../shared/sim/instruments.ts';
import type { TapeFrame } from '../../../shared/sim/market.ts';
import type { TapeRecord } from '../../../shared/tape.ts';
import { readTape, scanTape, type TapeScan } from '../../sim/tape-file.ts';
import { isOwnTape, readTapes } from '../../sim/tape-folder.ts';

/** Throws TapeFault or TapeProblem: one line for a person. */
export async function* recordsOf(path: string): AsyncGenerator<readonly TapeRecord[], void, void> {
  if (isOwnTape(path)) {
    yield* readTapes(path);
    return;
  }
  const scan = await scanTape(path);
  yield [{ atMs: scan.firstMs, source: 'instruments', name: '', raw: instrumentsText(path, scan) }];
  yield [{ atMs: scan.firstMs, source: 'connection', name: 'public#1', raw: '{"event":"opened"}' }];
  for await (const frame of readTape(path)) yield [recordOf(frame)];
}

/** A recording names no contracts: they are those whose steps fit all that it tells. */
function instrumentsText(path: string, { symbols }: TapeScan): string {
  const specs = symbols.map(({ symbol, priceDecimals, qtyDecimals }) => {
    const spec = nearestInstrument(symbol, priceDecimals, qtyDecimals);
    if (typeof spec === 'string') throw new Error(`${path}: ${spec}`);
    const problem = makeInstrument(spec);
    if (typeof problem === 'string') throw new Error(`${path}: ${problem}`);
    return [symbol, spec] as const;
  });
  return JSON.stringify(Object.fromEntries(specs));
}

function recordOf({ kind, atMs, symbol, raw, ...frame }: TapeFrame): TapeRecord {
  if (kind === 'snapshot') return { atMs, source: 'rest', name: `200 GET /depth?symbol=${symbol}`, raw };
  const isPublic = kind === 'depth' || kind === 'best';
  const isSingle = kind === 'trade' && 'aggregate' in frame && frame.aggregate === false; // no core of ours reads those
  const stream = kind === 'depth' ? 'depth' : kind === 'best' ? 'bookTicker' : kind;
  const text = `{"stream":"${symbol.toLowerCase()}@${stream}","data":${raw}}`;
  return { atMs, source: 'stream', name: isPublic ? 'public#1' : isSingle ? 'single-trades#1' : 'market#2', raw: text };
}
