/** Timing that can be trusted on a noisy machine: the thing and its floor in turn, round by round, and the median of the ratios. */

/** p50, p99 and p99.9 of every sample of all rounds, in the unit that is named beside them. */
export type Spread = { readonly p50: number; readonly p99: number; readonly p999: number | null; readonly unit: string };

/** Somebody else's way to do the same, measured in the same rounds. */
export type Peer = {
  readonly name: string;
  /** In the unit of `ours`; null where the peer was only measured as a ratio. */
  readonly value: number | null;
  /** Median over rounds of its time in ours: 15 where ours is fifteen times faster. */
  readonly ratio: number;
};

export type Figure = {
  readonly name: string;
  /** Median over rounds. */
  readonly value: number;
  readonly unit: string;
  /** Largest value that reaches the goal; null where none is set. */
  readonly goal: number | null;
  /** What it was measured beside, in its own words. */
  readonly beside: string;
  /** False when the control of the same rounds was too noisy to say anything. */
  readonly conclusive: boolean;
  /** Ours and the floor as they were, in `rawUnit`; where `value` is a ratio, these are its two sides. */
  readonly ours?: number;
  readonly floor?: number;
  readonly rawUnit?: string;
  readonly peers?: readonly Peer[];
  readonly spread?: Spread;
  /** Part of one core, 0.08 for eight percent. */
  readonly cpuShare?: number;
  /** Rounds that `value` is the median of. */
  readonly rounds?: number;
};

export const ROUNDS = 7;
/** Rounds of the floor may differ by this factor; more, and the machine was too busy to judge. */
const NOISE_MAX = 2.5;

export type Compared = { readonly ratio: number; readonly ours: number; readonly floor: number; readonly conclusive: boolean };

/** Runs both sides in turn; each returns its own time per operation, in any one unit. */
export async function sideBySide({
  ours,
  floor,
  rounds = ROUNDS,
}: {
  readonly ours: () => Promise<number> | number;
  readonly floor: () => Promise<number> | number;
  readonly rounds?: number;
}): Promise<Compared> {
  await floor();
  await ours(); // warm-up of both
  const seen: { ours: number; floor: number }[] = [];
  for (let i = 0; i < rounds; i++) seen.push({ floor: await floor(), ours: await ours() });
  const floors = seen.map((round) => round.floor);
  return {
    ratio: median(seen.map((round) => round.ours / round.floor)),
    ours: median(seen.map((round) => round.ours)),
    floor: median(floors),
    conclusive: Math.max(...floors) / Math.min(...floors) <= NOISE_MAX,
  };
}

/** Nanoseconds for one call, over `calls` calls. */
export function nsPerCall(run: (i: number) => void, calls: number): number {
  const from = process.hrtime.bigint();
  for (let i = 0; i < calls; i++) run(i);
  return Number(process.hrtime.bigint() - from) / calls;
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** Nearest-rank quantile; NaN of nothing. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(q * sorted.length) - 1))] ?? Number.NaN;
}

export function table(figures: readonly Figure[]): string {
  const rows = figures.map((figure) => [
    figure.name,
    format(figure.value, figure.unit),
    figure.goal === null ? '' : `≤ ${format(figure.goal, figure.unit)}`,
    verdict(figure),
    figure.beside,
  ]);
  const all = [['what', 'reached', 'goal', '', 'measured beside'], ...rows];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  return all
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

export function verdict({ value, goal, conclusive }: Figure): string {
  if (goal === null) return '';
  if (value <= goal) return 'reached';
  return conclusive ? 'MISSED' : 'inconclusive';
}

const format = (value: number, unit: string): string => `${value < 10 ? value.toFixed(2) : value.toFixed(0)} ${unit}`;
