/** Sub-ledgers as JSON and back: money as decimals, so that nothing is rounded. Pure. */
import * as z from 'zod';
import { type Atoms, atoms, formatAtoms, parseAtoms } from '../../shared/units.ts';
import { SymbolPnl } from './pnl.ts';
import { emptyPortfolio, type Portfolio } from './portfolio.ts';

const money = z.string().transform((text, context): Atoms => {
  const value = parseAtoms(text);
  if (value === null) context.addIssue('no exact decimal');
  return value ?? atoms(0n);
});
const holding = z.strictObject({
  ...{ size: money, cost: money, realized: money, funding: money },
  fees: z.record(z.string(), money),
});
const ledger = z.strictObject({
  owners: z.array(z.string()),
  holdings: z.record(z.string(), holding),
  step: money,
  fundingSeen: money.nullable(),
  owed: z.array(z.strictObject({ n: z.int(), weights: z.record(z.string(), money) })),
});
/** Earlier versions did not write `pnl`. */
const Row = z.strictObject({
  seq: z.int().nonnegative(),
  ledgers: z.record(z.string(), ledger),
  pnl: z.record(z.string(), SymbolPnl).default({}),
});

/** Null while nothing was counted yet. */
export function writePortfolio({ seq, ledgers, pnl }: Portfolio): string | null {
  return seq === null
    ? null
    : JSON.stringify({ seq, ledgers, pnl }, (_key, value: unknown) => (typeof value === 'bigint' ? formatAtoms(atoms(value)) : value));
}

export function readPortfolio(text: string): Portfolio {
  const { seq, ledgers, pnl } = Row.parse(JSON.parse(text));
  return { ...emptyPortfolio, seq, ledgers, pnl };
}
