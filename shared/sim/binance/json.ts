/** JSON with whole numbers beyond 2^53, which the venue sends as bare digits. */
declare global {
  interface JSON {
    /** Standard since ES2025 engines: a value that is written as its text. */
    rawJSON(text: string): unknown;
  }
}

/** A reviver: numbers keep the digits they were sent with, for ids pass what a double can hold. */
export const keepDigits = (_key: string, value: unknown, context?: { readonly source?: string }): unknown =>
  typeof value === 'number' && context?.source !== undefined ? JSON.rawJSON(context.source) : value;

/** A value read with `keepDigits` as the text that was sent. */
export const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

/** An id of any length as a JSON number, digit for digit. */
export function bigId(id: string): unknown {
  if (!/^-?\d+$/.test(id)) throw new RangeError(`Cannot write id ${JSON.stringify(id)}: it is not a whole number`);
  return JSON.rawJSON(id);
}
