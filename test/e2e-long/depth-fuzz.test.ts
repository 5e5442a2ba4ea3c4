/** The reader of bytes against the schema, over as many messages as are asked for: `MMBOT_FUZZ=5000000 npm run test:long -- depth-fuzz`. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { byteReader } from '../../gateway/venues/binance/depth-bytes.ts';
import { depthReader } from '../../gateway/venues/binance/depth-frame.ts';
import { recorded } from '../kit/data.ts';
import { depthOracle, depthText, mutated } from '../kit/depth-fuzz.ts';
import { BTCUSDT, instrumentWith, rawMessages } from '../kit/venue-data.ts';

const MESSAGES = Number(process.env['MMBOT_FUZZ'] ?? 100_000);
const instruments = [BTCUSDT, instrumentWith({ symbol: 'KEPCUSDT', tickSize: '0.00025', stepSize: '5' })];
const readBytes = byteReader(instruments);
const readText = depthReader(instruments);
const oracle = depthOracle(instruments);

/** Throws where the three disagree; whether the bytes were read. */
function compared(text: string): boolean {
  const frame = readBytes(new TextEncoder().encode(text));
  const told = readText(text);
  const slow = oracle(text);
  if ('refused' in told !== (slow === null)) throw new Error(`Reader of text and schema disagree on ${text}`);
  if (frame !== null) expect(frame).toEqual(slow);
  return frame !== null;
}

test(`${MESSAGES} messages with something changed in them`, { timeout: 3_600_000 }, () => {
  let read = 0;
  const message = fc.constantFrom(...instruments).chain((instrument) => depthText(instrument).chain(mutated));
  fc.assert(
    fc.property(message, (text) => {
      if (compared(text)) read++;
    }),
    { numRuns: MESSAGES },
  );
  expect(read).toBeGreaterThan(MESSAGES / 50);
});

const btc = recorded('book/binance-usdm/BTCUSDT_20240808.raw.gz');
test.skipIf(btc === null)('every recorded message, as it is and with something changed in it', { timeout: 3_600_000 }, () => {
  const texts = rawMessages(btc ?? '').filter((text) => text.includes('"depthUpdate"'));
  for (const text of texts) expect(compared(text)).toBe(true);
  fc.assert(
    fc.property(fc.constantFrom(...texts).chain(mutated), (text) => void compared(text)),
    { numRuns: MESSAGES / 10 },
  );
});
