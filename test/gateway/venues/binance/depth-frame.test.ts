import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { depthReader, exactSteps, type SentFrame, stepsOf } from '../../../../gateway/venues/binance/depth-frame.ts';
import { DepthUpdate, Wrapped } from '../../../../gateway/venues/binance/wire.ts';
import { parsePrice, parseSize } from '../../../../shared/instrument.ts';
import { countSteps } from '../../../../shared/units.ts';
import { recorded } from '../../../kit/data.ts';
import { BTCUSDT, rawMessages } from '../../../kit/venue-data.ts';

const read = depthReader([BTCUSDT]);

/** The slow way: schema, then exact decimals; null where the message must be refused. */
function oracle(text: string): SentFrame | null {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return null;
  }
  const wrapped = Wrapped.safeParse(json);
  const parsed = DepthUpdate.safeParse(wrapped.success ? wrapped.data.data : json);
  if (!parsed.success || parsed.data.s !== 'BTCUSDT') return null;
  const { U, u, pu, T, E, b, a } = parsed.data;
  const flat = (rows: readonly (readonly [string, string])[]) =>
    rows.flatMap(([price, size]) => [parsePrice(BTCUSDT, price) ?? -1, parseSize(BTCUSDT, size) ?? -1]);
  const [bids, asks] = [flat(b), flat(a)];
  const sound = [...bids, ...asks].every((value, index) => (index % 2 === 0 ? value >= 1 : value >= 0));
  if (!sound || U > u || pu >= u) return null;
  return { symbol: 'BTCUSDT', firstId: U, lastId: u, previousId: pu, exchangeMs: T, sentMs: E, bids, asks };
}
const fast = (text: string): SentFrame | null => {
  const frame = read(text);
  return 'refused' in frame ? null : frame;
};

const mostly = <T, U>(usual: fc.Arbitrary<T>, odd: fc.Arbitrary<U>) =>
  fc.oneof({ weight: 30, arbitrary: usual as fc.Arbitrary<T | U> }, { weight: 1, arbitrary: odd });
const whole = fc.integer({ min: 0, max: 999_999 });
const oddDecimal = fc.constantFrom<unknown>(
  ...['0', '', '.', '1.', '.5', '-1', '1e3', ' 1', '01.10', '61000.15', '0.0005', '99999999999999999999', '9007199254740993'],
  ...['123456789012345.1', '1.10000000000000000000', 7, null],
);
const price = mostly(
  fc.tuple(whole, fc.integer({ min: 0, max: 9 })).map(([units, tenth]) => `${units + 1}.${tenth}0`),
  oddDecimal,
);
const size = mostly(
  fc.tuple(whole, fc.integer({ min: 0, max: 999 })).map(([units, milli]) => `${units}.${String(milli).padStart(3, '0')}`),
  oddDecimal,
);
const level = mostly(fc.tuple(price, size), fc.constantFrom<unknown>(['1'], ['1', '1', '1'], null, 'x'));
const levels = mostly(fc.array(level, { maxLength: 4 }), fc.constantFrom<unknown>(null, 'x', {}));
const id = mostly(fc.integer({ min: 1, max: 50 }), fc.constantFrom<unknown>('7', null, 1.5, 2 ** 60, undefined));
const chain = mostly(
  fc.tuple(whole, whole, whole).map(([pu, hole, width]) => ({ pu, U: pu + 1 + hole, u: pu + 1 + hole + width })),
  fc.record<Record<'pu' | 'U' | 'u', unknown>>({ pu: id, U: id, u: id }),
);
const message = fc
  .record({
    e: mostly(fc.constant('depthUpdate'), fc.constant('bookTicker')),
    E: id,
    T: id,
    s: mostly(fc.constant('BTCUSDT'), fc.constantFrom<unknown>('ETHUSDT', 1)),
    b: levels,
    a: levels,
    chain,
  })
  .map(({ chain: links, ...rest }) => ({ ...rest, ...links }));

describe('depthReader()', () => {
  test('agrees with the schema and exact decimals on made-up messages, wrapped and bare', () => {
    let taken = 0;
    fc.assert(
      fc.property(message, fc.boolean(), (data, wrap) => {
        const text = JSON.stringify(wrap ? { stream: 'btcusdt@depth@100ms', data } : data);
        const want = oracle(text);
        if (want) taken++;
        expect(fast(text)).toEqual(want);
      }),
      { numRuns: 3_000 },
    );
    expect(taken).toBeGreaterThan(500); // else the property would hold of a reader that refuses everything
  });

  test('agrees with them when a message is cut, doubled or changed by a letter anywhere', () => {
    const usual =
      '{"stream":"btcusdt@depth@100ms","data":{"e":"depthUpdate","E":5,"T":4,"s":"BTCUSDT","ps":"BTCUSDT","U":12,"u":14,"pu":11,"b":[["61000.10","3.200"],["60999.90","0"]],"a":[["61000.20","1.004"]],"st":1}}';
    const at = fc.integer({ min: 0, max: usual.length });
    const letter = fc.constantFrom('"', '[', ']', ',', '.', '0', '9', '{', '}', ' ', '-', 'b', 'a', '\\', '');
    expect(fast(usual)).not.toBeNull();
    fc.assert(
      fc.property(at, letter, fc.integer({ min: 0, max: 3 }), (index, inserted, removed) => {
        const text = usual.slice(0, index) + inserted + usual.slice(index + removed);
        expect(fast(text)).toEqual(oracle(text));
      }),
      { numRuns: 5_000 },
    );
  });

  test('agrees with them on any text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(fast(text)).toEqual(oracle(text));
      }),
    );
  });

  const path = recorded('book/binance-usdm/BTCUSDT_20240808.raw.gz');
  test.skipIf(path === null)('agrees with them on every recorded message', () => {
    const texts = rawMessages(path ?? '').filter((text) => text.includes('"depthUpdate"'));
    expect(texts).toHaveLength(6_551);
    for (const text of texts) expect(fast(text)).toEqual(oracle(text));
  });

  test.each([
    ['broken text', '{"stream":', null],
    ['null', 'null', null],
    ['an unknown symbol', '{"s":"ETHUSDT"}', null],
    ['a message without levels', '{"e":"depthUpdate","E":1,"T":1,"s":"BTCUSDT","U":1,"u":2,"pu":0}', 'BTCUSDT'],
    ['another event of the symbol', '{"e":"bookTicker","s":"BTCUSDT"}', 'BTCUSDT'],
  ])('names whose book %s concerns', (_name, text, symbol) => {
    expect(read(text)).toMatchObject({ symbol, refused: expect.any(String) });
  });
});

test('exactSteps() counts as countSteps() does, for any step', () => {
  const step = fc.constantFrom('0.10', '0.001', '1', '0.00001', '0.5', '0.25', '10', '0.0010');
  const text = fc.tuple(fc.bigInt({ min: 0n, max: 10n ** 17n }), fc.integer({ min: 0, max: 9 })).map(([digits, decimals]) => {
    const padded = digits.toString().padStart(decimals + 1, '0');
    return decimals === 0 ? padded : `${padded.slice(0, -decimals)}.${padded.slice(-decimals)}`;
  });
  fc.assert(
    fc.property(text, step, (value, size) => {
      expect(exactSteps(value, stepsOf(size))).toBe(countSteps({ text: value, step: size }) ?? -1);
    }),
    { numRuns: 2_000 },
  );
});
