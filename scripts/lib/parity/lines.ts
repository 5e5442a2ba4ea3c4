/** A parity check for a terminal of 80 columns. Pure. */
import { labelled, table, WIDTH } from '../table.ts';
import type { Calibration } from './calibrate.ts';
import { CAUSES } from './causes.ts';
import { type Comparison, isEmpty, unexplained } from './compare.ts';
import type { Parity, Trial } from './parity.ts';

const LISTED = 12;

export function parityLines(parity: Parity, goal: number): readonly string[] {
  const { session, comparison, calibration, trials, jitterMs } = parity;
  const { config, firstMs, endMs, notes, gaps } = session;
  return [
    ...labelled('session', [
      config.environment,
      config.symbols.join(' '),
      `${utc(firstMs)} to ${utc(endMs).slice(11)},`,
      span(endMs - firstMs),
    ]),
    ...notes.flatMap((note) => wrapped('note', note)),
    ...(gaps.length > 0
      ? labelled(
          'gaps',
          gaps.map(({ atMs, what }) => `${utc(atMs).slice(11)} ${what};`),
        )
      : []),
    '',
    ...counts(comparison, jitterMs),
    ...verdict(comparison, goal),
    '',
    ...causeLines(comparison),
    ...differenceLines(parity),
    ...trialLines(trials),
    '',
    ...calibrationLines(calibration),
  ];
}

function counts({ commands, fills, apartMs }: Comparison, jitterMs: number): readonly string[] {
  const right = { align: 'right' } as const;
  const row = (name: string, { real, simulated, equal }: Comparison['fills']): readonly string[] => [
    ...[name, String(real), String(simulated), String(equal), shareText(equal, Math.max(real, simulated))],
  ];
  const titles = ['session', 'backtest', 'equal', 'share'].map((title) => ({ title, ...right }));
  return [
    ...table([{ title: '' }, ...titles], [row('commands', commands), row('fills', fills)]),
    ...labelled('equal is', [
      `same side, price and size, within ${jitterMs.toFixed(1)} ms`,
      `(apart: median ${apartMs.median.toFixed(1)}, most ${apartMs.most.toFixed(1)} ms)`,
    ]),
  ];
}

function verdict(comparison: Comparison, goal: number): readonly string[] {
  const { share, differences } = comparison;
  if (isEmpty(comparison)) return wrapped('verdict', 'no fill on either side: nothing is proven');
  const left = unexplained(comparison).length;
  const reached = share >= goal ? `reaches the goal of ${(goal * 100).toFixed(0)} %` : `is below the goal of ${(goal * 100).toFixed(0)} %`;
  const told =
    differences.length === 0 ? 'no difference' : left === 0 ? 'every difference has a cause' : `${left} differences without a cause`;
  return wrapped('verdict', `${shareText(share, 1)} of the fills equal, ${reached}; ${told}`);
}

function causeLines({ rows, money }: Comparison): readonly string[] {
  const right = { align: 'right' } as const;
  const columns = [{ title: 'cause' }, ...['session only', 'backtest only', 'size', 'drift'].map((title) => ({ title, ...right }))];
  const causes = rows.map(({ cause, realOnly, simulatedOnly, size, money: worth }) => [
    ...[cause, String(realOnly), String(simulatedOnly), trimmed(size), signed(worth)],
  ]);
  const drift = money.simulated - money.real;
  return [
    ...(causes.length > 0 ? table(columns, causes) : []),
    ...rows.flatMap(({ cause }) => wrapped(cause, CAUSES[cause])),
    ...(causes.length > 0 ? [''] : []),
    `profit    session ${signed(money.real)}, backtest ${signed(money.simulated)}, drift ${signed(drift)}`,
    '          after fees, what is held at the last mid',
    '',
  ];
}

function differenceLines({ comparison: { differences }, session }: Parity): readonly string[] {
  if (differences.length === 0) return [];
  const columns = [
    { title: 'after s', align: 'right' } as const,
    { title: 'on' },
    { title: 'side' },
    { title: 'price', align: 'right' } as const,
    { title: 'size', align: 'right' } as const,
    { title: 'cause' },
    { title: 'why', shrink: { to: 16, keep: 'start' } as const },
  ];
  const rows = differences
    .slice(0, LISTED)
    .map(({ atMs, on, side, price, size, cause, sentence }) => [
      ...[((atMs - session.firstMs) / 1_000).toFixed(2), ON[on], side, trimmed(Number(price)), trimmed(Number(size)), cause, sentence],
    ]);
  const more = differences.length - rows.length;
  return [...table(columns, rows), ...(more > 0 ? [`${more} more: --json and --html list them all`] : []), ''];
}

const ON = { real: 'session', simulated: 'backtest', both: 'both' } as const;

function trialLines(trials: readonly Trial[]): readonly string[] {
  const right = { align: 'right' } as const;
  const columns = [
    { title: 'latencies' },
    { title: 'queue' },
    { title: 'fills', ...right },
    { title: 'equal', ...right },
    { title: 'share', ...right },
  ];
  return table(
    columns,
    trials.map(({ ways, queueModel, simulated, equal, share }) => [
      ways,
      queueModel,
      String(simulated),
      String(equal),
      shareText(share, 1),
    ]),
  );
}

function calibrationLines({
  orderLatency,
  responseLatency,
  feedLatency,
  queue,
  fees,
  lookMs,
  fills,
  orders,
}: Calibration): readonly string[] {
  const fee = (bps: number | null): string => (bps === null ? 'none seen' : `${bps} bps`);
  return [
    ...labelled('fitted', [
      ...[`orders ${orderLatency ?? 'too few'},`, `answers ${responseLatency ?? 'too few'},`, `feed ${feedLatency ?? 'unknown'},`],
      ...[
        `look ${lookMs ?? 'unknown'} ms,`,
        `queue ${queue ?? 'no fills'},`,
        `maker ${fee(fees.makerBps)},`,
        `taker ${fee(fees.takerBps)}`,
      ],
    ]),
    `          from ${orders} commands and ${fills} fills`,
  ];
}

/** A sentence in lines of at most 80 columns, behind its label. */
function wrapped(label: string, sentence: string): readonly string[] {
  const lines: string[] = [];
  for (const word of sentence.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < WIDTH) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(`${(lines.length === 0 ? label : '').padEnd(Math.max(10, label.length + 2))}${word}`);
  }
  return lines;
}

const shareText = (part: number, whole: number): string => (whole === 0 ? '–' : `${((part / whole) * 100).toFixed(1)} %`);
const signed = (n: number): string => `${n < 0 ? '' : '+'}${n.toFixed(4)}`;
const trimmed = (n: number): string => String(Number(n.toFixed(8)));
const utc = (ms: number): string => new Date(Math.floor(ms)).toISOString().slice(0, 19).replace('T', ' ');
const span = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;
