/** Ledger rows as JSON text; whole numbers beyond 2^53 (money) travel as "123n". Only for rows this program wrote itself. */
export const writeRow = (row: object): string =>
  JSON.stringify(row, (_key, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value));

/** The same of a row without money: several times quicker, and it throws on a number beyond 2^53 that is kept as such. */
export const writePlainRow = (row: object): string => JSON.stringify(row);

export function readRow<T>(text: string): T {
  return JSON.parse(text, (_key, value: unknown) =>
    typeof value === 'string' && BIG.test(value) ? BigInt(value.slice(0, -1)) : value,
  ) as T;
}

const BIG = /^-?\d+n$/;
