/** A replayed tape for a person: what it held, where it has holes, and the book, orders or reasons at the moment where it was stopped. Pure. */
import { table, WIDTH } from '../table.ts';
import { EXIT, type ExitCode } from '../tool.ts';
import type { ReplayBrain } from './brain.ts';
import type { Replayer } from './replayer.ts';

export const INSPECTED = ['book', 'orders', 'reasons'] as const;
export type Inspected = (typeof INSPECTED)[number];
export type Moment = { readonly until: number | null; readonly hash: string; readonly brain?: ReplayBrain };

const LEVELS = 10;
const WORDS = 20;

export function summaryLines(replayer: Replayer, { hash, brain }: Moment): readonly string[] {
  const { firstMs, lastMs, counts, gaps, clockSteps, market, account } = replayer;
  const disagreements = account.disagreements();
  return [
    `from     ${utc(firstMs ?? 0)}`,
    `to       ${utc(lastMs)}`,
    ...wrapped(
      'records',
      Object.entries(counts).map(([source, n]) => `${n} ${source}`),
    ),
    ...replayer.books().flatMap(({ symbol, status, reason, lastUpdateId, bids, asks }) => {
      const { applied, gaps: breaks } = market.counters(symbol);
      const best = `best ${bids[0]?.[0] ?? 'none'} / ${asks[0]?.[0] ?? 'none'}`;
      const state = `${symbol} ${status}${reason === '' ? '' : ` (${reason})`}`;
      return wrapped('book', [state, best, `update ${lastUpdateId}`, `${applied} applied`, `${breaks} breaks`]);
    }),
    ...(account.orders.size > 0 ? [`orders   ${account.orders.size}, newest fill ${account.fills}`] : []),
    ...(market.refused > 0 ? [`unread   ${market.refused} frames`] : []),
    ...(account.unread > 0 ? [`unread   ${account.unread} rows of the ledger`] : []),
    ...gaps.map(
      ({ atMs, reason, records, bytes }) =>
        `gap      ${utc(atMs)} ${reason}, ${records ?? bytes ?? 'unknown'} ${records === null ? 'bytes' : 'records'}`,
    ),
    ...clockSteps.map((atMs) => `clock    ${utc(atMs)} the wall clock was set`),
    ...disagreements.map(({ name, written, replayed }) => `differs  ${name}: written down ${written}, by the stream ${replayed}`),
    ...(brain && (counts.decision ?? 0) > 0 ? brainLines(brain) : []),
    `hash     ${hash}`,
  ];
}

/** Turns of the brain that were run again, and the first that was decided otherwise. */
function brainLines(brain: ReplayBrain): readonly string[] {
  const { turns, differing, hindrance } = brain;
  const [first] = differing;
  const { run, equal, reasonsEqual, skipped } = turns;
  return [
    ...(run > 0 ? [`brain    ${run} turns run again: ${equal} sent the same, ${reasonsEqual} for the same reasons`] : []),
    ...(hindrance !== null || skipped > 0 ? [`brain    ${skippedLine(brain)}`] : []),
    ...(first
      ? [
          `first    ${clock(first.atMs)} on ${first.snapshot} ${first.symbol}`,
          `  then   ${first.recorded}`,
          `  now    ${first.replayed}`,
          ...(run - equal > 1 ? [`         and ${run - equal - 1} more`] : []),
        ]
      : []),
  ];
}

/** A turn that was decided otherwise says more than one that was not run again. */
export function exitOf({ turns }: { readonly turns: Pick<ReplayBrain['turns'], 'run' | 'equal' | 'skipped'> }): ExitCode {
  if (turns.run !== turns.equal) return EXIT.failed;
  return turns.skipped > 0 ? EXIT.partial : EXIT.done;
}

export const skippedLine = ({ turns, hindrance }: Pick<ReplayBrain, 'turns' | 'hindrance'>): string =>
  `${turns.skipped} turns not run again: ${hindrance ?? 'before its start'}`;

export function inspectLines(
  replayer: Replayer,
  { what, symbol }: { readonly what: Inspected; readonly symbol: string | null },
): readonly string[] {
  const mine = (one: { readonly symbol: string }): boolean => symbol === null || one.symbol === symbol;
  if (what === 'book') return replayer.books().filter(mine).flatMap(bookLines);
  if (what === 'orders') return orderLines([...replayer.account.orders.values()].filter(mine));
  const words = replayer.words.filter(({ text }) => symbol === null || text.includes(symbol)).slice(-WORDS);
  return words.length === 0
    ? ['no commands, refusals or decisions']
    : words.map(({ atMs, what: who, text }) => `${clock(atMs)} ${who}: ${text}`);
}

function bookLines({ symbol, status, reason, bids, asks }: ReturnType<Replayer['books']>[number]): readonly string[] {
  const title = `${symbol} ${status}${reason === '' ? '' : ` (${reason})`}`;
  const right = { align: 'right' } as const;
  const columns = [
    { title: 'size', ...right },
    { title: 'bid', ...right },
    { title: 'ask', ...right },
    { title: 'size', ...right },
  ];
  const rows = Array.from({ length: Math.min(LEVELS, Math.max(bids.length, asks.length)) }, (_, i) => [
    ...[bids[i]?.[1] ?? '', bids[i]?.[0] ?? '', asks[i]?.[0] ?? '', asks[i]?.[1] ?? ''],
  ]);
  return [title, ...table(columns, rows)];
}

function orderLines(
  orders: readonly {
    readonly clientId: string;
    readonly symbol: string;
    readonly side: string;
    readonly status: string;
    readonly price: string | null;
    readonly size: string;
    readonly filled: string;
    readonly reason: string;
  }[],
): readonly string[] {
  if (orders.length === 0) return ['no orders'];
  const columns = ['id', 'symbol', 'side', 'status', 'price', 'size', 'filled', 'reason'].map((title) => ({ title }));
  const rows = orders.map(({ clientId, symbol, side, status, price, size, filled, reason }) => [
    clientId,
    symbol,
    side,
    status,
    price ?? 'market',
    size,
    filled,
    reason,
  ]);
  return table(columns, rows);
}

/** A word and its parts, with commas between, in lines that fit. */
function wrapped(title: string, parts: readonly string[]): readonly string[] {
  const lines: string[] = [];
  for (const part of parts) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + part.length + 2 < WIDTH) lines[lines.length - 1] = `${last}, ${part}`;
    else lines.push(`${(lines.length === 0 ? title : '').padEnd(9)}${part}`);
  }
  return lines;
}

const utc = (ms: number): string => new Date(Math.floor(ms)).toISOString();
const clock = (ms: number): string => utc(ms).slice(11, 23);
