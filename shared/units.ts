/**
 * Units of the domain. Prices and sizes are whole numbers of one instrument's steps; money is a whole number of atoms
 * (1e-8 of a quote asset, the precision Binance books commissions and balances in). Decimal strings exist at the edges only.
 */
declare const unit: unique symbol;
type Unit<Base, Name extends string> = Base & { readonly [unit]: Name };

/** Price: whole tick sizes of one instrument. */
export type Ticks = Unit<number, 'Ticks'>;
/** Size: whole lot sizes of one instrument; signed where it is a position. */
export type Lots = Unit<number, 'Lots'>;
/** Money: 1e-8 parts of an asset. */
export type Atoms = Unit<bigint, 'Atoms'>;
/** Monotonic time in milliseconds: time-outs and ages, never dates. */
export type MonoMs = Unit<number, 'MonoMs'>;
/** Wall time in milliseconds since the epoch, UTC: for people, wires and tapes, never for ages. */
export type WallMs = Unit<number, 'WallMs'>;

export const ATOM_DECIMALS = 8;
const ATOM_STEP = '0.00000001';

export const ticks = (n: number): Ticks => whole(n) as Ticks;
export const lots = (n: number): Lots => whole(n) as Lots;
export const atoms = (n: bigint): Atoms => n as Atoms;
export const monoMs = (n: number): MonoMs => n as MonoMs;
export const wallMs = (n: number): WallMs => n as WallMs;
export const ZERO_ATOMS: Atoms = atoms(0n);

const DECIMAL = /^(-?)(\d+)(?:\.(\d+))?$/;

/** Counts steps in a decimal string, exactly; null when malformed or off step: '30012.5' in steps of '0.10' is 300125. */
export function countSteps({ text, step }: { readonly text: string; readonly step: string }): number | null {
  const quick = quickSteps(text, step);
  if (quick !== undefined) return quick;
  const scale = Math.max(decimalsOf(text), decimalsOf(step));
  const [value, size] = [scaledDecimal(text, scale), scaledDecimal(step, scale)];
  if (value === null || size === null || size === 0n || value % size !== 0n) return null;
  const count = Number(value / size);
  return Number.isSafeInteger(count) ? count : null;
}

/** Writes `count` steps as a plain decimal with exactly the decimals of `step`: 300125 steps of '0.10' is '30012.50'. */
export function formatSteps({ count, step }: { readonly count: number; readonly step: string }): string {
  const { scale, size: quick } = stepOf(step);
  if (quick !== null && Number.isSafeInteger(count) && Number.isSafeInteger(count * quick)) return writeScaled(count * quick, scale);
  const size = scaledDecimal(step, scale);
  if (size === null) throw new RangeError(`Cannot format with step ${JSON.stringify(step)}: it is not a decimal`);
  return formatScaled(BigInt(whole(count)) * size, scale);
}

/** Reads money exactly; null when malformed or finer than an atom. Trailing zeros beyond 8 decimals are accepted. */
export function parseAtoms(text: string): Atoms | null {
  const quick = quickSteps(text, ATOM_STEP);
  if (quick !== undefined && quick !== null) return atoms(BigInt(quick));
  const match = DECIMAL.exec(text);
  if (!match) return null;
  const fraction = (match[3] ?? '').replace(/0+$/, '');
  if (fraction.length > ATOM_DECIMALS) return null;
  const value = BigInt((match[2] ?? '0') + fraction.padEnd(ATOM_DECIMALS, '0'));
  return atoms(match[1] === '-' ? -value : value);
}

/** Writes money with its trailing zeros cut: 150000000n is '1.5', 0n is '0'. */
export function formatAtoms(value: Atoms): string {
  const count = Number(value);
  return withoutZeros(Number.isSafeInteger(count) ? writeScaled(count, ATOM_DECIMALS) : formatScaled(value, ATOM_DECIMALS));
}

/** Sum of decimal strings, exact, trailing zeros cut; null when one is malformed. For totals that people read. */
export function sumDecimals(texts: readonly string[]): string | null {
  const scale = Math.max(0, ...texts.map(decimalsOf));
  let total = 0n;
  for (const text of texts) {
    const value = scaledDecimal(text, scale);
    if (value === null) return null;
    total += value;
  }
  return trimDecimal(formatScaled(total, scale));
}

/** Below zero when `a` is smaller, above when it is larger, exactly; throws on a malformed decimal: edges check first. */
export function compareDecimals(a: string, b: string): number {
  const scale = Math.max(decimalsOf(a), decimalsOf(b));
  const [x, y] = [scaledDecimal(a, scale), scaledDecimal(b, scale)];
  if (x === null || y === null) throw new RangeError(`Cannot compare ${a} with ${b}: one is no decimal`);
  return x < y ? -1 : x > y ? 1 : 0;
}

/** Cuts trailing zeros of a plain decimal and the sign of zero: '1.500' is '1.5', '-0.00' is '0'. */
export function trimDecimal(text: string): string {
  const trimmed = text.includes('.') ? withoutZeros(text) : text;
  return trimmed === '-0' ? '0' : trimmed;
}

/** Decimals written in a decimal string, trailing zeros counted: '0.10' has 2. */
export function decimalsOf(text: string): number {
  const dot = text.indexOf('.');
  return dot < 0 ? 0 : text.length - dot - 1;
}

/** The decimal times 10^scale, exactly; null when malformed. `scale` is at least the decimals written. */
export function scaledDecimal(text: string, scale: number): bigint | null {
  const match = DECIMAL.exec(text);
  if (!match) return null;
  const value = BigInt((match[2] ?? '0') + (match[3] ?? '').padEnd(scale, '0'));
  return match[1] === '-' ? -value : value;
}

/** A step as a whole number of its last decimal; null when it is malformed, zero or too large to count in a double. */
type Step = { readonly scale: number; readonly size: number | null };
/** There are two of them to a contract, and they are asked for at every price and size that is read or written. */
const STEPS = new Map<string, Step>();
const STEPS_MAX = 4_096;
const TENS = Array.from({ length: 16 }, (_, n) => 10 ** n);
/** Digits that a double holds exactly, whatever they are. */
const DIGITS_MAX = 15;

function stepOf(text: string): Step {
  const known = STEPS.get(text);
  if (known) return known;
  const scale = decimalsOf(text);
  const size = Number(scaledDecimal(text, scale) ?? 0n);
  const step = { scale, size: Number.isSafeInteger(size) && size > 0 ? size : null };
  if (STEPS.size < STEPS_MAX) STEPS.set(text, step);
  return step;
}

/** In whole numbers of a double, where these are exact for certain; undefined where they may not be, or the text is no plain decimal. */
export function quickSteps(text: string, step: string): number | null | undefined {
  const { scale, size } = stepOf(step);
  const negative = text.charCodeAt(0) === 45;
  let [value, digits, point] = [0, 0, -1];
  for (let i = negative ? 1 : 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 46 && point < 0 && digits > 0) point = digits;
    else if (code < 48 || code > 57) return undefined;
    else {
      value = value * 10 + code - 48;
      digits++;
    }
  }
  const decimals = point < 0 ? 0 : digits - point;
  if (size === null || digits === 0 || point === digits || digits + Math.max(0, scale - decimals) > DIGITS_MAX) return undefined;
  const unit = decimals > scale ? size * (TENS[decimals - scale] ?? 0) : size;
  const scaled = decimals < scale ? value * (TENS[scale - decimals] ?? 0) : value;
  if (!Number.isSafeInteger(unit)) return undefined;
  if (scaled % unit !== 0) return null;
  return scaled === 0 ? 0 : negative ? -scaled / unit : scaled / unit;
}

/** Cuts the zeros behind the point, and the point when nothing is left behind it. By hand: a pattern looks at every zero several times. */
function withoutZeros(text: string): string {
  let end = text.length;
  while (text.charCodeAt(end - 1) === 48) end--;
  if (text.charCodeAt(end - 1) === 46) end--;
  return end === text.length ? text : text.slice(0, end);
}

function writeScaled(value: number, scale: number): string {
  if (scale === 0) return String(value);
  const plain = String(Math.abs(value));
  const digits = plain.length > scale ? plain : plain.padStart(scale + 1, '0');
  const point = digits.length - scale;
  const text = `${digits.slice(0, point)}.${digits.slice(point)}`;
  return value < 0 ? `-${text}` : text;
}

function formatScaled(value: bigint, scale: number): string {
  const digits = (value < 0n ? -value : value).toString().padStart(scale + 1, '0');
  const whole = digits.slice(0, digits.length - scale);
  const text = scale === 0 ? whole : `${whole}.${digits.slice(digits.length - scale)}`;
  return value < 0n ? `-${text}` : text;
}

function whole(n: number): number {
  if (!Number.isSafeInteger(n)) throw new RangeError(`Cannot count ${n}: it is not a safe integer`);
  return n === 0 ? 0 : n; // no minus zero in memory
}
