/** JSON with whole numbers beyond 2^53, which the venue sends as bare digits. */
declare global {
  interface JSON {
    /** Standard since ES2025 engines: a value that is written as its text. */
    rawJSON(text: string): unknown;
  }
}

/** An id of any length as a JSON number, digit for digit. */
export function bigId(id: string): unknown {
  if (!/^-?\d+$/.test(id)) throw new RangeError(`Cannot write id ${JSON.stringify(id)}: it is not a whole number`);
  return JSON.rawJSON(id);
}
