/** Exact sums of decimal strings whose number of decimals is not known beforehand, and a quick writer of step counts. */
import { decimalsOf } from '../units.ts';

/** Adds decimals exactly; `text()` carries as many decimals as the finest of them, trailing zeros kept as venues do. */
export class ExactSum {
  #value = 0n;
  /** Part of the sum that still fits a double exactly: most sums never need the big one. */
  #small = 0;
  #scale: number;

  constructor(scale = 0) {
    this.#scale = scale;
  }

  get isZero(): boolean {
    return this.#whole() === 0n;
  }

  /** Decimals that `text()` will carry. */
  get scale(): number {
    return this.#scale;
  }

  add(text: string): void {
    const scale = decimalsOf(text);
    const sum = this.#small + Number(text.replace('.', ''));
    if (scale === this.#scale && Number.isSafeInteger(sum)) this.#small = sum;
    else this.#addScaled(digitsOf(text), scale);
  }

  addProduct(a: string, b: string): void {
    this.#addScaled(digitsOf(a) * digitsOf(b), decimalsOf(a) + decimalsOf(b));
  }

  /** Written with at least `scaleMin` decimals. */
  text(scaleMin = 0): string {
    if (scaleMin > this.#scale) this.#addScaled(0n, scaleMin);
    return writeScaled(this.#whole(), this.#scale);
  }

  #whole(): bigint {
    if (this.#small !== 0) {
      this.#value += BigInt(this.#small);
      this.#small = 0;
    }
    return this.#value;
  }

  #addScaled(value: bigint, scale: number): void {
    const whole = this.#whole();
    if (scale <= this.#scale) this.#value = whole + value * 10n ** BigInt(this.#scale - scale);
    else {
      this.#value = whole * 10n ** BigInt(scale - this.#scale) + value;
      this.#scale = scale;
    }
  }
}

/** A quick writer of whole steps as decimals, for thousands at once: same text as formatSteps for counts that fit a double exactly. */
export function stepWriter(step: string): (count: number) => string {
  const scale = decimalsOf(step);
  const unit = Number(digitsOf(step));
  return (count) => {
    const value = count * unit;
    if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`Cannot write ${count} steps of ${step}`);
    if (scale === 0) return String(value);
    const digits = String(value).padStart(scale + 1, '0');
    return `${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
  };
}

/** Writes `value` / 10^scale as a plain decimal: (1234n, 2) is '12.34'. */
export function writeScaled(value: bigint, scale: number): string {
  if (scale === 0) return value.toString();
  const negative = value < 0n;
  const digits = (negative ? -value : value).toString().padStart(scale + 1, '0');
  return `${negative ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

/** All digits of a decimal as one whole number: '12.30' is 1230n. Throws on what is not a decimal. */
export const digitsOf = (text: string): bigint => BigInt(text.replace('.', ''));
