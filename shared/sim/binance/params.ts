/** The parameters of one request, from query and form body; where both name one, the query wins (Binance USD-M docs, general info). */
import { invalidValue, missing, Refusal } from './refusal.ts';

const DECIMAL = /^-?\d+(?:\.\d+)?$/;

export class Params {
  readonly #values: ReadonlyMap<string, string>;

  /** Throws when either part names a parameter twice, or with a broken escape. */
  constructor({ query, body }: { readonly query: string; readonly body: string }) {
    this.#values = new Map([...readPart(body), ...readPart(query)]);
  }

  /** Undefined when absent; throws when sent without a value. */
  find(name: string): string | undefined {
    const value = this.#values.get(name);
    if (value === '') throw new Refusal({ code: -1105, message: `Parameter '${name}' was empty.` });
    return value;
  }

  get(name: string): string {
    return this.#values.get(name) || fail(missing(name));
  }

  findWhole(name: string): number | undefined {
    const value = this.find(name);
    if (value === undefined) return undefined;
    if (!/^-?\d{1,15}$/.test(value)) throw illegal(name);
    return Number(value);
  }

  getWhole(name: string): number {
    this.get(name);
    return this.findWhole(name) ?? fail(missing(name));
  }

  /** A plain decimal as it was sent. */
  getDecimal(name: string): string {
    const value = this.get(name);
    if (!DECIMAL.test(value)) throw illegal(name);
    return value;
  }

  /** 'true' or 'false' in any case; false when absent. */
  flag(name: string): boolean {
    const value = this.find(name)?.toLowerCase();
    if (value !== undefined && value !== 'true' && value !== 'false') throw invalidValue(name);
    return value === 'true';
  }
}

export type Values = Iterable<readonly [name: string, value: string]>;

/** Percent-encoded; half of a surrogate pair, which no client means, is written as what stands for it. */
export const encode = (value: string): string => encodeURIComponent(value.toWellFormed());

export const queryOf = (values: Values): string => [...values].map(([name, value]) => `${name}=${encode(value)}`).join('&');

/** Parameters that came as names and values. */
export const paramsOf = (values: Values): Params => new Params({ query: queryOf(values), body: '' });

function readPart(text: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const part of text.split('&')) {
    if (part === '') continue;
    const at = part.indexOf('=');
    const [name, value] = at < 0 ? [part, ''] : [part.slice(0, at), part.slice(at + 1)];
    if (values.has(name)) throw new Refusal({ code: -1101, message: 'Duplicate values for a parameter detected.' });
    values.set(name, decode(value));
  }
  return values;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', '%20'));
  } catch {
    throw new Refusal({ code: -1100, message: 'Illegal characters found in a parameter.' });
  }
}

const illegal = (name: string): Refusal => new Refusal({ code: -1100, message: `Illegal characters found in parameter '${name}'.` });

function fail(refusal: Refusal): never {
  throw refusal;
}
