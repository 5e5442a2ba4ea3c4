/**
 * Notional brackets of the simulated contracts: what leverage allows how much, and the maintenance margin of a position. BTC and ETH
 * are the venue's own tables of October 2024; the others are plausible ones for a large and a small alternative coin.
 */
import { type Atoms, atoms } from '../units.ts';

export type Bracket = {
  readonly number: number;
  /** Highest leverage allowed up to `cap`. */
  readonly leverage: number;
  /** Whole quote units; a notional belongs here when it is above the floor and at most the cap. */
  readonly floor: number;
  readonly cap: number;
  /** Parts per million of the notional. */
  readonly maintenancePpm: number;
  /** Taken off, so that maintenance is continuous over the floors. */
  readonly deduction: Atoms;
};

type Row = readonly [leverage: number, cap: number, maintenancePpm: number];

const MILLION = 1_000_000;
const ATOMS_PER_UNIT = 100_000_000n;

/** Shares of the notional that the steep end of most tables asks for. */
const STEEP = { 10: 50_000, 5: 100_000, 4: 125_000, 3: 150_000, 2: 250_000, 1: 500_000 } as const;
const steep = (caps: Readonly<Partial<Record<keyof typeof STEEP, number>>>): readonly Row[] =>
  ([10, 5, 4, 3, 2, 1] as const).flatMap((leverage) => {
    const cap = caps[leverage];
    return cap === undefined ? [] : [[leverage, cap * MILLION, STEEP[leverage]] as const];
  });

const USDT_TOP: readonly Row[] = [
  [125, 50_000, 4_000],
  [100, 600_000, 5_000],
  [75, 3_000_000, 6_500],
  [50, 12_000_000, 10_000],
];

const ROWS: Readonly<Record<string, readonly Row[]>> = {
  BTCUSDT: [
    ...USDT_TOP,
    [25, 70_000_000, 20_000],
    [20, 100_000_000, 25_000],
    ...steep({ 10: 230, 5: 480, 4: 600, 3: 800, 2: 1_200, 1: 1_800 }),
  ],
  ETHUSDT: [
    ...USDT_TOP,
    [25, 50_000_000, 20_000],
    [20, 65_000_000, 25_000],
    ...steep({ 10: 150, 5: 320, 4: 400, 3: 530, 2: 800, 1: 1_200 }),
  ],
  BTCUSDC: [
    [125, 50_000, 4_000],
    [100, 500_000, 5_000],
    [50, 10_000_000, 10_000],
    [20, 80_000_000, 25_000],
    ...steep({ 10: 150, 5: 300, 4: 450, 3: 600, 2: 800, 1: 1_000 }),
  ],
  ETHUSDC: [
    [125, 50_000, 4_000],
    [100, 500_000, 5_000],
    [75, 1_000_000, 6_500],
    [50, 5_000_000, 10_000],
    [20, 50_000_000, 20_000],
    ...steep({ 10: 100, 5: 150, 4: 300, 3: 400, 2: 500, 1: 800 }),
  ],
};

const LARGE: readonly Row[] = [
  [100, 50_000, 5_000],
  [75, 200_000, 6_500],
  [50, 1_000_000, 10_000],
  [25, 5_000_000, 20_000],
  [20, 10_000_000, 25_000],
  ...steep({ 10: 25, 5: 50, 4: 75, 3: 100, 2: 150, 1: 300 }),
];
const SMALL: readonly Row[] = [
  [75, 10_000, 10_000],
  [50, 50_000, 15_000],
  [25, 300_000, 20_000],
  [20, 600_000, 25_000],
  ...steep({ 10: 2, 5: 5, 4: 8, 3: 10, 2: 15, 1: 30 }),
];
const LARGE_COINS = ['SOL', 'XRP', 'BNB', 'DOGE'];

const TABLES = new Map<string, readonly Bracket[]>();

/** Lowest notional first; every symbol has a table. */
export function bracketsOf(symbol: string): readonly Bracket[] {
  const known = TABLES.get(symbol);
  if (known) return known;
  const large = LARGE_COINS.some((coin) => symbol.startsWith(coin));
  const table = build(ROWS[symbol] ?? (large ? LARGE : SMALL));
  TABLES.set(symbol, table);
  return table;
}

function build(rows: readonly Row[]): readonly Bracket[] {
  const table: Bracket[] = [];
  let before: Bracket | null = null;
  for (const [leverage, cap, maintenancePpm] of rows) {
    const floor: number = before?.cap ?? 0;
    const step = BigInt(maintenancePpm - (before?.maintenancePpm ?? maintenancePpm));
    const deduction = atoms((before?.deduction ?? 0n) + (BigInt(floor) * step * ATOMS_PER_UNIT) / BigInt(MILLION));
    before = { number: table.length + 1, leverage, floor, cap, maintenancePpm, deduction };
    table.push(before);
  }
  return table;
}

/** The bracket of a notional of either sign; beyond the table it is the last. */
export function bracketAt(symbol: string, notional: Atoms): Bracket {
  const size = notional < 0n ? -notional : notional;
  const table = bracketsOf(symbol);
  const found = table.find(({ cap }) => size <= BigInt(cap) * ATOMS_PER_UNIT) ?? table.at(-1);
  if (!found) throw new Error(`Cannot find a bracket of ${symbol}: its table is empty`);
  return found;
}

/** Margin below which a position of that notional (either sign) is liquidated. */
export function maintenanceOf(symbol: string, notional: Atoms): Atoms {
  const size = notional < 0n ? -notional : notional;
  const { maintenancePpm, deduction } = bracketAt(symbol, notional);
  return atoms((size * BigInt(maintenancePpm)) / BigInt(MILLION) - deduction);
}

export const maxLeverageOf = (symbol: string): number => bracketsOf(symbol)[0]?.leverage ?? 1;

/** Largest notional that leverage allows, in atoms. */
export function maxNotionalOf(symbol: string, leverage: number): Atoms {
  const allowed = bracketsOf(symbol).findLast((bracket) => bracket.leverage >= leverage);
  return atoms(BigInt(allowed?.cap ?? 0) * ATOMS_PER_UNIT);
}
