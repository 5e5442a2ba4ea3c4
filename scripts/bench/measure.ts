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
  /** Where `ours` and `floor` are of another quantile than `value`: whether their own rounds were quiet enough. Absent: as `conclusive`. */
  readonly sidesConclusive?: boolean;
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

/** One line a figure; a column that no figure fills is left out. */
export function table(figures: readonly Figure[]): string {
  const filled = COLUMNS.filter(({ of }, n) => n === 0 || figures.some((figure) => of(figure) !== ''));
  const all = [filled.map(({ title }) => title), ...figures.map((figure) => filled.map(({ of }) => of(figure)))];
  const widths = filled.map((_, n) => Math.max(...all.map((row) => (row[n] ?? '').length)));
  const line = (row: readonly string[]): string =>
    row.map((cell, n) => cell.padEnd(n === row.length - 1 ? 0 : (widths[n] ?? 0))).join('  ');
  return all.map((row) => line(row).trimEnd()).join('\n');
}

export type Cells = { readonly title: string; readonly of: (figure: Figure) => string };
/** What the table and the page tell of a figure, as text; '' where it has none. */
export const COLUMNS: readonly Cells[] = [
  { title: 'what', of: ({ name }) => name },
  { title: 'reached', of: ({ value, unit }) => format(value, unit) },
  { title: 'goal', of: ({ goal, unit }) => (goal === null ? '' : `≤ ${format(goal, unit)}`) },
  { title: 'verdict', of: (figure) => verdict(figure) },
  { title: 'ours', of: ({ ours, rawUnit }) => told(ours, rawUnit) },
  { title: 'floor', of: ({ floor, rawUnit }) => told(floor, rawUnit) },
  { title: 'peers', of: ({ peers = [], rawUnit }) => peers.map((peer) => peerText(peer, rawUnit)).join(', ') },
  { title: 'p50 / p99 / p99.9', of: ({ spread }) => (spread ? spreadText(spread) : '') },
  { title: 'of a core', of: ({ cpuShare }) => (cpuShare === undefined ? '' : format(cpuShare * 100, '%')) },
  { title: 'rounds', of: ({ rounds }) => (rounds === undefined ? '' : String(rounds)) },
  { title: 'measured beside', of: ({ beside }) => beside },
];

const told = (value: number | undefined, unit = ''): string => (value === undefined ? '' : format(value, unit));

const peerText = ({ name, value, ratio }: Peer, unit: string | undefined): string =>
  `${name} ${value === null ? '' : `${told(value, unit)}, `}${ratio.toFixed(1)} times ours`;

const spreadText = ({ p50, p99, p999, unit }: Spread): string =>
  `${[p50, p99, p999].map((value) => (value === null ? '–' : short(value))).join(' / ')} ${unit}`;

export function verdict({ value, goal, conclusive }: Figure): string {
  if (goal === null) return '';
  if (value <= goal) return 'reached';
  return conclusive ? 'MISSED' : 'inconclusive';
}

export const format = (value: number, unit: string): string => `${short(value)} ${unit}`.trimEnd();

const short = (value: number): string => (Math.abs(value) < 10 ? value.toFixed(2) : value.toFixed(0));
