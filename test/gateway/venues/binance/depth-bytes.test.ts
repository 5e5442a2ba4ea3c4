/** The reader of bytes against the slow way (schema, then exact decimals) and against the reader of text: equal frames, or no frame of it. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { byteReader } from '../../../../gateway/venues/binance/depth-bytes.ts';
import { depthReader } from '../../../../gateway/venues/binance/depth-frame.ts';
import { recorded } from '../../../kit/data.ts';
import { depthOracle, depthText, mutated } from '../../../kit/depth-fuzz.ts';
import { BTCUSDT, instrumentWith, rawMessages } from '../../../kit/venue-data.ts';

const KEPC = instrumentWith({ symbol: 'KEPCUSDT', tickSize: '0.00025', stepSize: '5' });
const instruments = [BTCUSDT, KEPC];
const readBytes = byteReader(instruments);
const readText = depthReader(instruments);
const oracle = depthOracle(instruments);
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

const usual = fc.constantFrom(...instruments).chain((instrument) => depthText(instrument));

describe('byteReader()', () => {
  test('reads every message of the usual form, as the schema does', () => {
    fc.assert(
      fc.property(usual, (text) => {
        const frame = readBytes(bytes(text));
        expect(frame).not.toBeNull();
        expect(frame).toEqual(oracle(text));
      }),
      { numRuns: 300 },
    );
  });

  test('of a message with anything changed in it says what schema and reader of text say, or nothing', () => {
    let [read, left] = [0, 0];
    fc.assert(
      fc.property(usual.chain(mutated), (text) => {
        const frame = readBytes(bytes(text));
        if (frame === null) left++;
        else {
          read++;
          expect(frame).toEqual(oracle(text));
          expect(frame).toEqual(readText(text));
        }
      }),
      { numRuns: 3_000 },
    );
    expect(read).toBeGreaterThan(100);
    expect(left).toBeGreaterThan(1_000);
  });

  test.each([
    ['white space', (text: string) => text.replace('"data":', '"data": ')],
    ['another order of fields', (text: string) => text.replace(/"T":(\d+),"s":"BTCUSDT"/, '"s":"BTCUSDT","T":$1')],
    ['another field', (text: string) => text.replace('"s":"BTCUSDT"', '"s":"BTCUSDT","x":1')],
    ['no envelope', (text: string) => text.replace(/^\{"stream":"[^"]*","data":/, '').slice(0, -1)],
    [
      'a number of more digits than a double holds for certain',
      (text: string) => text.replace('"U":', '"U":1000000000000000').replace(/"u":\d+/, '"u":9007199254740991'),
    ],
    ['a symbol that is not traded here', (text: string) => text.replace('"s":"BTCUSDT"', '"s":"BTCUSDX"')],
    ['something behind the end', (text: string) => `${text} `],
    ['nothing', () => ''],
  ])('leaves %s to the readers of text', (_name, change) => {
    const text =
      '{"stream":"btcusdt@depth@100ms","data":{"e":"depthUpdate","E":2,"T":1,"s":"BTCUSDT","U":5,"u":7,"pu":4,"b":[["61000.10","0.010"]],"a":[]}}';
    expect(readBytes(bytes(text))).toEqual(readText(text));
    expect(readBytes(bytes(change(text)))).toBeNull();
  });

  const btc = recorded('book/binance-usdm/BTCUSDT_20240808.raw.gz');
  test.skipIf(btc === null)('reads every depth message of the recording as the reader of text does', () => {
    const texts = rawMessages(btc ?? '').filter((text) => text.includes('"depthUpdate"'));
    const different = texts.filter((text) => JSON.stringify(readBytes(bytes(text))) !== JSON.stringify(readText(text)));
    expect([texts.length, different]).toEqual([6_551, []]);
  });
});
