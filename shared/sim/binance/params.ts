/** The parameters of one request, from query and form body; where both name one, the query wins (Binance USD-M docs, general info). */
import { invalidValue, missing, Refusal } from './refusal.ts';

const DECIMAL = /^-?\d+(?:\.\d+)?$/;

export class Params {
  readonly #values = new Map<string, string>();

  constructor({ query, body }: { readonly query: string; readonly body: string }) {
    for (const part of [...body.split('&'), ...query.split('&')]) {
      if (part === '') continue;
      const at = part.indexOf('=');
      const [name, value] = at < 0 ? [part, ''] : [part.slice(0, at), part.slice(at + 1)];
      this.#values.set(name, decode(value));
    }
  }

  /** Undefined when absent or empty. */
  find(name: string): string | undefined {
    return this.#values.get(name) || undefined;
  }

  get(name: string): string {
    const value = this.find(name);
    if (value === undefined) throw missing(name);
    return value;
  }

  findWhole(name: string): number | undefined {
    const value = this.find(name);
    if (value === undefined) return undefined;
    if (!/^-?\d{1,15}$/.test(value)) throw new Refusal({ code: -1100, message: `Illegal characters found in parameter '${name}'.` });
    return Number(value);
  }

  getWhole(name: string): number {
    const value = this.findWhole(name);
    if (value === undefined) throw missing(name);
    return value;
  }

  /** A plain decimal as it was sent. */
  getDecimal(name: string): string {
    const value = this.get(name);
    if (!DECIMAL.test(value)) throw new Refusal({ code: -1100, message: `Illegal characters found in parameter '${name}'.` });
    return value;
  }

  /** 'true' or 'false' in any case; false when absent. */
  flag(name: string): boolean {
    const value = this.find(name)?.toLowerCase();
    if (value !== undefined && value !== 'true' && value !== 'false') throw invalidValue(name);
    return value === 'true';
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', '%20'));
  } catch {
    throw new Refusal({ code: -1100, message: 'Illegal characters found in a parameter.' });
  }
}
