/** Exact sums of decimal strings whose number of decimals is not known beforehand, and a quick writer of step counts. */
import { decimalsOf } from '../units.ts';

/** Adds decimals exactly; `text()` carries as many decimals as the finest of them, trailing zeros kept as venues do. */
export class ExactSum {
  #value = 0n;
  #scale: number;

  constructor(scale = 0) {
    this.#scale = scale;
  }

  get isZero(): boolean {
    return this.#value === 0n;
  }

  /** Decimals that `text()` will carry. */
  get scale(): number {
    return this.#scale;
  }

  add(text: string): void {
    this.#addScaled(digitsOf(text), decimalsOf(text));
  }

  addProduct(a: string, b: string): void {
    this.#addScaled(digitsOf(a) * digitsOf(b), decimalsOf(a) + decimalsOf(b));
  }

  text(): string {
    return writeScaled(this.#value, this.#scale);
  }

  #addScaled(value: bigint, scale: number): void {
    if (scale === this.#scale) this.#value += value;
    else if (scale < this.#scale) this.#value += value * 10n ** BigInt(this.#scale - scale);
    else {
      this.#value = this.#value * 10n ** BigInt(scale - this.#scale) + value;
      this.#scale = scale;
    }
  }
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
