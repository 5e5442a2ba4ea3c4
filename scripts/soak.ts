/** `npm run test:soak`: history after history until the time is up. A seed's campaign goes on where it was left; each history is one line in its file. */
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { InvalidArgumentError } from 'commander';
import { EXIT, newTool, wholeNumber } from './lib/tool.ts';
import { ACT_KINDS } from './soak/acts.ts';
import { runExits, slippageLines } from './soak/exits.ts';
import { runLimits } from './soak/limits.ts';
import { runHostileCampaign } from './soak/hostile-campaign.ts';
import { lineOf, runSteady } from './soak/steady.ts';
import { runPanics } from './soak/panic-figures.ts';
import type { PanicRecord } from './soak/panics.ts';
import { type HistoryRecord, runHistory } from './soak/history.ts';
import { figures } from './soak/kill-figures.ts';
import { type KillRecord, runKillHistory } from './soak/kill-history.ts';
import { replayModel, soakModel } from './soak/model.ts';
import { liveVirtualDay } from '../test/kit/virtual-day.ts';
import { liveHour } from '../test/kit/virtual-hour.ts';

const kindList = (text: string): readonly string[] => {
  const kinds = text.split(',').map((kind) => kind.trim());
  const stray = kinds.find((kind) => !ACT_KINDS.includes(kind));
  if (stray !== undefined) throw new InvalidArgumentError(`${JSON.stringify(stray)} is none; allowed are ${ACT_KINDS.join(', ')}.`);
  return kinds;
};

const HOUR_MS = 3_600_000;

type Flags = {
  readonly minutes: number;
  readonly seed: number;
  readonly speed: number;
  readonly historySeconds: number;
  readonly everyMs: number;
  readonly kinds: readonly string[];
  readonly dir: string;
  readonly virtualHours?: number;
  readonly hour?: number | true;
  readonly kills?: number;
  readonly steady?: number;
  readonly symbols: readonly string[];
  readonly exits: boolean;
  readonly paths: number;
  readonly panics?: number;
  readonly faults: boolean;
  readonly hostile?: true;
  readonly messages: number;
  readonly limits?: number;
  readonly model?: true;
  readonly replay?: string;
};

const program = newTool('soak', 'Whole runs on the simulator under seeded faults of all kinds, with invariants checked throughout.')
  .option('--minutes <n>', 'begin no new history after this many real minutes', wholeNumber({ min: 0, max: 100_000 }), 10)
  .option(
    '--seed <n>',
    'seed of the campaign; the same seed goes on after the last history in --dir',
    wholeNumber({ min: 0, max: 4_000_000 }),
    1,
  )
  .option('--speed <n>', 'simulated seconds in a real one', wholeNumber({ min: 1, max: 100 }), 4)
  .option('--history-seconds <n>', 'simulated seconds of faults in one history', wholeNumber({ min: 1, max: 1_000_000 }), 180)
  .option('--every-ms <n>', 'mean of simulated milliseconds between two faults', wholeNumber({ min: 50, max: 3_600_000 }), 4_000)
  .option('--kinds <list>', 'only these kinds of fault', kindList, ACT_KINDS)
  .option('--dir <folder>', 'where histories are told, and those that find something are kept', 'run/soak')
  .option(
    '--virtual-hours <n>',
    'instead: so many simulated hours in this process, without sockets and as fast as it goes, restarted every hour',
    wholeNumber({ min: 1, max: 10_000 }),
  )
  .option(
    '--hour [minutes]',
    'instead: market making on four symbols for a simulated hour, in this process; inventory, self-crossing, blind quotes and profit judged at the exchange',
    wholeNumber({ min: 1, max: 10_000 }),
  )
  .option(
    '--kills <n>',
    'instead: kill and freeze gateway, brain and Redis so many times while they quote under faults, at real speed, and time each restart',
    wholeNumber({ min: 1, max: 100_000 }),
  )
  .option(
    '--steady <minutes>',
    'instead: the product as it is left running, at real speed and without a fault; its ticks, its processor and its memory',
    wholeNumber({ min: 1, max: 100_000 }),
  )
  .option('--symbols <list>', 'with --steady: what it trades', (text: string) => text.split(','), ['BTCUSDT'])
  .option(
    '--exits',
    'instead: paths of hard exits with jumps, lost feeds, refused closes and restarts, in this process on virtual time',
    false,
  )
  .option(
    '--paths <n>',
    'paths of --exits in all; a campaign of the same seed goes on after the last one',
    wholeNumber({ min: 1, max: 90_000 }),
    1_000,
  )
  .option(
    '--panics <n>',
    'instead: so many emergency stops, one a seed, under faults; times to the last order gone and to flat',
    wholeNumber({ min: 1, max: 100_000 }),
  )
  .option('--no-faults', 'with --panics: nothing goes wrong')
  .option('--hostile', 'instead: clients on the socket that say anything, as fast as they can, in place of the brain; the exchange judges')
  .option(
    '--messages <n>',
    'messages of --hostile in all; a campaign of the same seed goes on after the last one',
    wholeNumber({ min: 100, max: 100_000_000 }),
    1_000_000,
  )
  .option(
    '--limits <n>',
    'instead: so many histories of any commands and events against the limits, in this process on virtual time; the exchange judges',
    wholeNumber({ min: 1, max: 1_000_000 }),
  )
  .option('--model', 'instead: short histories of the order side against a model of the exchange, in this process, on virtual time')
  .option('--replay <file>', 'instead: one history that --model has kept')
  .parse();

async function main(flags: Flags, stop: AbortController): Promise<number> {
  const file = join(flags.dir, `seed-${flags.seed}.jsonl`);
  mkdirSync(flags.dir, { recursive: true });
  const earlier = existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').filter(Boolean).length : 0;
  const records: HistoryRecord[] = [];
  const end = performance.now() + flags.minutes * 60_000;
  for (let n = earlier; !stop.signal.aborted && (records.length === 0 || performance.now() < end); n++) {
    const record = await oneHistory(flags, { seed: flags.seed * 1_000 + n, stop: stop.signal });
    records.push(record);
    appendFileSync(file, `${JSON.stringify(record)}\n`);
    process.stderr.write(`${line(record)}\n`);
  }
  const found = records.filter(({ violations }) => violations.length > 0).length;
  process.stdout.write(`${JSON.stringify({ ok: found === 0, histories: records.length, earlier, found, ...totals(records) })}\n`);
  return found === 0 ? EXIT.done : EXIT.failed;
}

async function virtualHours({ seed, everyMs, kinds }: Flags, hours: number): Promise<number> {
  const from = performance.now();
  const told = await liveVirtualDay({ seed, hours, everyMs, kinds, restartMs: HOUR_MS });
  const [seconds, rssMb] = [Math.round((performance.now() - from) / 1_000), Math.round(process.memoryUsage.rss() / 2 ** 20)];
  process.stdout.write(`${JSON.stringify({ ok: told.violations.length === 0, hours, seconds, rssMb, ...told })}\n`);
  return told.violations.length === 0 ? EXIT.done : EXIT.failed;
}

const HOUR_MINUTES = 60;
const GAP_EVERY_MS = 60_000;

async function hour({ seed }: Flags, minutes: number): Promise<number> {
  const from = performance.now();
  const told = await liveHour({ seed, minutes, gapEveryMs: GAP_EVERY_MS });
  const [seconds, rssMb] = [Math.round((performance.now() - from) / 1_000), Math.round(process.memoryUsage.rss() / 2 ** 20)];
  process.stdout.write(`${JSON.stringify({ ok: told.violations.length === 0, minutes, seconds, rssMb, ...told }, null, 1)}\n`);
  return told.violations.length === 0 ? EXIT.done : EXIT.failed;
}

const STRIKES_AT_ONCE = 20;

/** Goes on after what its file holds already, until there are so many in all; the figures are of all of them. */
async function killCampaign({ dir, seed, everyMs }: Flags, wanted: number): Promise<number> {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  const file = join(dir, `kills-seed-${seed}.jsonl`);
  mkdirSync(dir, { recursive: true });
  const lines = existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').filter(Boolean) : [];
  const records = lines.map((text): KillRecord => JSON.parse(text));
  const struck = (): number => records.reduce((sum, { strikes }) => sum + strikes, 0);
  while (!stop.signal.aborted && struck() < wanted) {
    const strikes = Math.min(STRIKES_AT_ONCE, wanted - struck());
    const next = { seed: seed * 1_000 + records.length, strikes, everyMs, keepIn: dir, stop: stop.signal };
    const record = await runKillHistory(next).catch((problem: unknown) => brokenRun(next.seed, problem));
    records.push(record);
    appendFileSync(file, `${JSON.stringify(record)}\n`);
    process.stderr.write(`${killLine(record)}\n`);
    if (record.strikes === 0) break; // it cannot even begin
  }
  const found = records.filter(({ violations }) => violations.length > 0).length;
  const told = { ok: found === 0 && struck() >= wanted, histories: records.length, earlier: lines.length, found, strikes: struck() };
  process.stdout.write(
    `${JSON.stringify({ ...told, ...killTotals(records), ...figures(records.flatMap(({ kills }) => kills)) }, null, 1)}\n`,
  );
  return told.ok ? EXIT.done : EXIT.failed;
}

function killTotals(records: readonly KillRecord[]) {
  const sum = (pick: (record: KillRecord) => number): number => records.reduce((total, record) => total + pick(record), 0);
  return {
    freezes: sum(({ freezes }) => freezes),
    redisKills: sum(({ redisKills }) => redisKills),
    troubles: sum(({ troubles }) => troubles),
    byHand: sum(({ byHand }) => byHand),
    orders: sum(({ orders }) => orders),
    fills: sum(({ fills }) => fills),
    corrections: sum(({ corrections }) => corrections),
    checks: sum(({ checks }) => checks),
  };
}

function killLine({ seed, onStart, strikes, kills, freezes, troubles, orders, fills, violations }: KillRecord): string {
  const head = `kills ${seed} (${onStart}): ${strikes} strikes, ${kills.length} restarts, ${freezes} freezes, ${troubles} faults, ${orders} orders, ${fills} fills`;
  return violations.length === 0 ? `${head}, all holds` : [`${head}, ${violations.length} findings`, ...violations].join('\n  ');
}

const brokenRun = (seed: number, problem: unknown): KillRecord => ({
  ...{
    seed,
    onStart: '',
    strikes: 0,
    kills: [],
    freezes: 0,
    redisKills: 0,
    troubles: 0,
    byHand: 0,
    orders: 0,
    fills: 0,
    corrections: 0,
    checks: 0,
  },
  violations: [`the run broke: ${problem instanceof Error ? problem.message.slice(0, 2_000) : String(problem)}`],
});

async function steady({ symbols }: Flags, { minutes, stop }: { readonly minutes: number; readonly stop: AbortSignal }): Promise<number> {
  const figures = await runSteady({ minutes, symbols, stop, tell: (line) => void process.stderr.write(`${line}\n`) });
  process.stderr.write(`${lineOf(figures)}\n`);
  process.stdout.write(`${JSON.stringify(figures)}\n`);
  return figures.ok ? EXIT.done : EXIT.failed;
}

async function exits({ seed, paths, dir }: Flags, stop: AbortController): Promise<number> {
  const told = await runExits({ seed, paths, dir, stop: stop.signal, tell: (line) => process.stderr.write(`${line}\n`) });
  for (const line of slippageLines(told)) process.stderr.write(`${line}\n`);
  process.stdout.write(`${JSON.stringify({ ok: told.found === 0, ...told })}\n`);
  return told.found === 0 ? EXIT.done : EXIT.failed;
}

async function hostile({ seed, messages, minutes, dir }: Flags, stop: AbortController): Promise<number> {
  const tell = (text: string): void => void process.stderr.write(`${text}\n`);
  const figures = await runHostileCampaign({ seed, messages, minutes, dir, stop: stop.signal, tell });
  process.stdout.write(`${JSON.stringify(figures)}\n`);
  return figures.ok ? EXIT.done : EXIT.failed;
}

async function limits({ seed, limits: histories = 0, minutes, dir }: Flags, stop: AbortController): Promise<number> {
  const tell = (text: string): void => void process.stderr.write(`${text}\n`);
  const told = await runLimits({ seed, histories, minutes, dir, stop: stop.signal, tell });
  process.stdout.write(`${JSON.stringify(told)}\n`);
  return told.ok ? EXIT.done : EXIT.failed;
}

async function panics({ seed, dir, faults, panics: count = 0 }: Flags, stop: AbortController): Promise<number> {
  const file = join(dir, `panics-${seed}.jsonl`);
  mkdirSync(dir, { recursive: true });
  const onRecord = (record: PanicRecord): void => appendFileSync(file, `${JSON.stringify(record)}\n`);
  const figures = await runPanics({ seed, panics: count, faults, onRecord, stop: stop.signal });
  process.stdout.write(`${JSON.stringify(figures)}\n`);
  return figures.ok ? EXIT.done : EXIT.failed;
}

/** A history that cannot even be lived is a finding like any other. */
async function oneHistory(flags: Flags, { seed, stop }: { readonly seed: number; readonly stop: AbortSignal }): Promise<HistoryRecord> {
  const { speed, historySeconds: seconds, everyMs, kinds, dir } = flags;
  try {
    return await runHistory({ seed, speed, seconds, everyMs, kinds, keepIn: dir, stop });
  } catch (problem) {
    const violations = [`the run broke: ${problem instanceof Error ? problem.message.slice(0, 2_000) : String(problem)}`];
    return {
      seed,
      simulatedSeconds: 0,
      faults: {},
      violations,
      orders: 0,
      fills: 0,
      corrections: 0,
      restarts: {},
      checks: { orders: 0, books: 0, looks: 0 },
      memory: {},
    };
  }
}

function line({ seed, simulatedSeconds, faults, violations, orders, fills }: HistoryRecord): string {
  const count = Object.values(faults).reduce((sum, n) => sum + n, 0);
  const head = `history ${seed}: ${simulatedSeconds} s, ${count} faults, ${orders} orders, ${fills} fills`;
  return violations.length === 0 ? `${head}, all holds` : [`${head}, ${violations.length} findings`, ...violations].join('\n  ');
}

function totals(records: readonly HistoryRecord[]) {
  const sum = (pick: (record: HistoryRecord) => number): number => records.reduce((total, record) => total + pick(record), 0);
  const faults: Record<string, number> = {};
  for (const record of records) for (const [kind, n] of Object.entries(record.faults)) faults[kind] = (faults[kind] ?? 0) + n;
  return {
    simulatedHours: Math.round(sum(({ simulatedSeconds }) => simulatedSeconds) / 36) / 100,
    orders: sum(({ orders }) => orders),
    fills: sum(({ fills }) => fills),
    corrections: sum(({ corrections }) => corrections),
    checks: {
      orders: sum(({ checks }) => checks.orders),
      books: sum(({ checks }) => checks.books),
      looks: sum(({ checks }) => checks.looks),
    },
    memory: records.map(({ memory }) => memory),
    faults,
  };
}

const flags = program.opts<Flags>();
const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
if (flags.replay !== undefined) process.exitCode = await replayModel(flags.replay);
else if (flags.model) process.exitCode = await soakModel(flags);
else if (flags.hour !== undefined) process.exitCode = await hour(flags, flags.hour === true ? HOUR_MINUTES : flags.hour);
else if (flags.kills !== undefined) process.exitCode = await killCampaign(flags, flags.kills);
else if (flags.steady !== undefined) process.exitCode = await steady(flags, { minutes: flags.steady, stop: stop.signal });
else if (flags.hostile) process.exitCode = await hostile(flags, stop);
else if (flags.limits !== undefined) process.exitCode = await limits(flags, stop);
else if (flags.panics !== undefined) process.exitCode = await panics(flags, stop);
else
  process.exitCode = await (flags.exits
    ? exits(flags, stop)
    : flags.virtualHours === undefined
      ? main(flags, stop)
      : virtualHours(flags, flags.virtualHours));
