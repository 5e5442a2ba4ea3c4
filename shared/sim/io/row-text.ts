/** Rows of the state file as JSON text. Money is a whole number beyond 2^53: its digits travel behind a character that no name may hold. */
const BIG = '\u0000';

export const writeRow = (row: unknown): string =>
  JSON.stringify(row, (_key, value: unknown) => (typeof value === 'bigint' ? `${BIG}${value}` : value));

/** Only for rows this program wrote itself. */
export function readRow<T>(text: string): T {
  return JSON.parse(text, (_key, value: unknown) =>
    typeof value === 'string' && value.startsWith(BIG) ? BigInt(value.slice(BIG.length)) : value,
  ) as T;
}
