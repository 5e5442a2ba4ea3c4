/** Depth messages in the venue's form, with one or two things changed in them, and the slow way to read them: schema, then exact decimals. */
import fc from 'fast-check';
import type { SentFrame } from '../../gateway/venues/binance/depth-frame.ts';
import { DepthUpdate, Wrapped } from '../../gateway/venues/binance/wire.ts';
import { formatPrice, formatSize, type Instrument, parsePrice, parseSize } from '../../shared/instrument.ts';
import { lots, ticks } from '../../shared/units.ts';

/** Null where the message must be refused. */
export function depthOracle(instruments: readonly Instrument[]): (text: string) => SentFrame | null {
  const known = new Map(instruments.map((instrument) => [instrument.symbol, instrument]));
  return (text) => {
    const wrapped = Wrapped.safeParse(jsonOf(text));
    const parsed = DepthUpdate.safeParse(wrapped.success ? wrapped.data.data : jsonOf(text));
    const instrument = parsed.success ? known.get(parsed.data.s) : undefined;
    if (!parsed.success || !instrument) return null;
    const { U, u, pu, T, E, b, a } = parsed.data;
    const flat = (rows: readonly (readonly [string, string])[]): number[] =>
      rows.flatMap(([price, size]) => [parsePrice(instrument, price) ?? -1, parseSize(instrument, size) ?? -1]);
    const [bids, asks] = [flat(b), flat(a)];
    const sound = [...bids, ...asks].every((value, index) => (index % 2 === 0 ? value >= 1 : value >= 0));
    if (!sound || U > u || pu >= u) return null;
    return { symbol: instrument.symbol, firstId: U, lastId: u, previousId: pu, exchangeMs: T, sentMs: E, bids, asks };
  };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A message in just the form that the venue sends. */
export function depthText(instrument: Instrument): fc.Arbitrary<string> {
  const price = fc.integer({ min: 1, max: 2_000_000 }).map((n) => formatPrice(instrument, ticks(n)));
  const size = fc.integer({ min: 0, max: 3_000_000 }).map((n) => formatSize(instrument, lots(n)));
  const levels = fc.array(fc.tuple(price, size), { maxLength: 5 });
  const step = fc.integer({ min: 0, max: 5_000 });
  return fc.record({ from: fc.integer({ min: 0, max: 2 ** 48 }), hole: step, width: step, b: levels, a: levels }).map((told) => {
    const { from: pu, hole, width, b, a } = told;
    const ids = { U: pu + 1 + hole, u: pu + 1 + hole + width, pu };
    const data = { e: 'depthUpdate', E: 1_795_000_000_000 + hole, T: 1_795_000_000_000, s: instrument.symbol, ...ids, b, a };
    return JSON.stringify({ stream: `${instrument.symbol.toLowerCase()}@depth@100ms`, data });
  });
}

/** Letters that mean something in such a message, and some that do not. */
const LETTERS = [...'0123456789".,:[]{}-+eE\\ bau', '\u0000', 'é', '\ud800'];

/** The text with a letter put in, taken out, or put in the place of another; or a piece of it repeated, or its end cut off. */
export const mutated = (text: string): fc.Arbitrary<string> =>
  fc
    .array(
      fc.record({
        at: fc.nat({ max: text.length - 1 }),
        kind: fc.constantFrom('put', 'replace', 'replace', 'digit', 'digit', 'take', 'repeat', 'cut'),
        letter: fc.constantFrom(...LETTERS),
        length: fc.integer({ min: 1, max: 12 }),
      }),
      { minLength: 1, maxLength: 2 },
    )
    .map((changes) => changes.reduce(changed, text));

type Change = { readonly at: number; readonly kind: string; readonly letter: string; readonly length: number };

function changed(text: string, { at, kind, letter, length }: Change): string {
  const [before, after] = [text.slice(0, at), text.slice(at)];
  switch (kind) {
    case 'put':
      return before + letter + after;
    case 'replace':
      return before + letter + after.slice(1);
    case 'digit':
      return before + after.replace(/\d/, String(length % 10)); // stays a message most of the time
    case 'take':
      return before + after.slice(1);
    case 'repeat':
      return before + after.slice(0, length) + after;
    default:
      return before;
  }
}
