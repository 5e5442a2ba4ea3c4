/** `npm run test:soak -- --exits`: seeded paths of hard exits until so many are there. Each is one line in its file, so a campaign goes on where it was left. */
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type PathRecord, runExitPath } from '../../test/kit/exits/path.ts';
import { table } from '../lib/table.ts';

export type ExitCampaign = {
  readonly seed: number;
  /** In all, those of earlier runs included. */
  readonly paths: number;
  readonly dir: string;
  /** Ends it early, in order. */
  readonly stop: AbortSignal;
  readonly tell: (line: string) => void;
};
/** Basis points of the trigger price, positive is worse; milliseconds from the trigger until flat. */
export type Spread = Readonly<Record<'n' | 'p5' | 'p50' | 'p95' | 'p99' | 'max', number>>;
export type ExitSummary = {
  readonly paths: number;
  readonly found: number;
  readonly closed: number;
  readonly slippageBps: Readonly<Record<string, Spread>>;
  readonly tookMs: Readonly<Record<string, Spread>>;
  /** Longest close as a part of what it was allowed. */
  readonly mostOfAllowed: number;
  readonly unseenMs: Spread;
  readonly blindMs: Spread;
  readonly turns: number;
  readonly faults: Readonly<Record<string, number>>;
  /** Of the paths that found something. */
  readonly seeds: readonly number[];
};

const SEEDS_EACH = 100_000;

export async function runExits({ seed, paths, dir, stop, tell }: ExitCampaign): Promise<ExitSummary> {
  mkdirSync(dir, { recursive: true });
  const file = join(dir, `exits-seed-${seed}.jsonl`);
  const records: PathRecord[] = existsSync(file)
    ? readFileSync(file, 'utf8')
        .trim()
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line))
    : [];
  for (let n = records.length; n < paths && !stop.aborted; n++) {
    const record = await onePath(seed * SEEDS_EACH + n);
    records.push(record);
    appendFileSync(file, `${JSON.stringify(record)}\n`);
    if (record.violations.length > 0) tell([`path ${record.seed} after ${record.faults.join(' ')}:`, ...record.violations].join('\n  '));
    else if ((n + 1) % 50 === 0) tell(`${n + 1} paths`);
  }
  return summaryOf(records);
}

/** A path that cannot even be lived is a finding like any other. */
async function onePath(seed: number): Promise<PathRecord> {
  try {
    return await runExitPath(seed);
  } catch (problem) {
    const violations = [`the path broke: ${problem instanceof Error ? (problem.stack ?? problem.message) : String(problem)}`];
    return { seed, faults: [], violations, closed: [], unseenMs: 0, blind: { ms: 0, allowedMs: 0 }, turns: 0 };
  }
}

export function summaryOf(records: readonly PathRecord[]): ExitSummary {
  const closed = records.flatMap((record) => record.closed);
  const causes = [...new Set(closed.map(({ why }) => why))].sort();
  const each = (pick: (one: (typeof closed)[number]) => number): Readonly<Record<string, Spread>> =>
    Object.fromEntries([
      ['all', spreadOf(closed.map(pick))],
      ...causes.map((cause) => [cause, spreadOf(closed.filter(({ why }) => why === cause).map(pick))]),
    ]);
  const faults: Record<string, number> = {};
  for (const kind of records.flatMap((record) => record.faults)) faults[kind] = (faults[kind] ?? 0) + 1;
  const bad = records.filter(({ violations }) => violations.length > 0);
  return {
    ...{ paths: records.length, found: bad.length, closed: closed.length },
    slippageBps: each(({ slippageBps }) => slippageBps),
    tookMs: each(({ tookMs }) => tookMs),
    mostOfAllowed: rounded(Math.max(0, ...closed.map(({ tookMs, allowedMs }) => (allowedMs === 0 ? 0 : tookMs / allowedMs)))),
    unseenMs: spreadOf(records.map(({ unseenMs }) => unseenMs)),
    blindMs: spreadOf(records.map(({ blind }) => blind.ms)),
    turns: records.reduce((sum, { turns }) => sum + turns, 0),
    faults,
    seeds: bad.map(({ seed }) => seed),
  };
}

/** For a person: what closing cost beyond the price that fired, by cause. */
export function slippageLines({ slippageBps }: Pick<ExitSummary, 'slippageBps'>): readonly string[] {
  const columns = ['SLIPPAGE, BPS', 'CLOSES', 'P5', 'P50', 'P95', 'P99', 'MAX'].map(
    (title, i) => ({ title, align: i === 0 ? 'left' : 'right' }) as const,
  );
  const rows = Object.entries(slippageBps).map(([cause, { n, p5, p50, p95, p99, max }]) => [
    cause,
    ...[n, p5, p50, p95, p99, max].map(String),
  ]);
  return table(columns, rows);
}

/** Nearest rank; zeros of nothing. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.filter((value) => Number.isFinite(value)).sort((a, b) => a - b);
  const at = (share: number): number => rounded(sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? 0);
  return { n: sorted.length, p5: at(0.05), p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) };
}

const rounded = (value: number): number => Math.round(value * 100) / 100;
