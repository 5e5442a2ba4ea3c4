/** What has been, as lines for a terminal of 80 columns; every time is UTC. Pure. */
import type { LifeAnswer, LifeEntry, LifeOrder, PnlDay } from '../../shared/audit.ts';
import type { FillDoc } from '../../shared/snapshot.ts';
import { sumDecimals, trimDecimal } from '../../shared/units.ts';
import { type Column, labelled, table, WIDTH } from './table.ts';

const left = (title: string): Column => ({ title });
const right = (title: string): Column => ({ title, align: 'right' });

/** Oldest first, so that the newest stand at the prompt. */
export function fillsTable(newestFirst: readonly FillDoc[]): readonly string[] {
  if (newestFirst.length === 0) return ['no fills'];
  const symbolColumn: Column = { title: 'SYMBOL', shrink: { to: 8, keep: 'start' } };
  const fee: Column = { title: 'FEE', align: 'right', shrink: { to: 10, keep: 'start' } };
  const role: Column = { title: 'ROLE', shrink: { to: 4, keep: 'start' } };
  const columns = [left('TIME (UTC)'), symbolColumn, left('SIDE'), right('SIZE'), right('PRICE'), left('M/T'), fee, role];
  const rows = newestFirst.map(({ wallMs, symbol, side, size, price, maker, fee: paid, feeAsset, role: who }) => [
    ...[secondText(wallMs), symbol, side, trimDecimal(size), price, maker ? 'M' : 'T'],
    ...[paid === null ? 'unknown' : `${trimDecimal(paid)} ${feeAsset ?? ''}`.trimEnd(), who],
  ]);
  return table(columns, rows.reverse());
}

/** One order from its first word to its last. */
export function lifeLines({ clientId, order, entries, cut }: LifeAnswer): readonly string[] {
  if (order === null && entries.length === 0)
    return [`order ${clientId}: the ledger does not hold it (never known, or dropped after gateway.ledger.keepDays)`];
  const head = order ? orderLines(order) : [`order ${clientId}: never became one`];
  return [
    ...head,
    ...(cut ? ['the oldest entries are left out'] : []),
    ...entries.flatMap((entry, i) => entryLines(entry, entries[i - 1])),
  ];
}

function orderLines(order: LifeOrder): readonly string[] {
  const { clientId, symbol, side, size, price, kind, timeInForce, reduceOnly, status, filled, reason, venueId, sentMs, endedMs } = order;
  const role = order.strategy === undefined ? order.role : `${order.role} of ${order.strategy}`;
  const at = kind === 'stop' ? `stop at ${price}` : price === null ? 'at market' : `at ${price}`;
  return [
    ...labelled('order', [clientId, `${symbol} ${side} ${trimDecimal(size)} ${at}`, ...(timeInForce === null ? [] : [timeInForce])]),
    ...labelled('', [role, ...(reduceOnly ? ['reduce-only'] : []), `venue id ${venueId ?? 'not known'}`]),
    ...labelled('state', [status, `filled ${trimDecimal(filled)}`, ...(reason === '' ? [] : [`reason ${reason}`])]),
    ...labelled('sent', [milliText(sentMs), ...(endedMs === null ? [] : [`ended ${milliText(endedMs)}`])]),
  ];
}

const TIME_COLUMNS = 12;
const WHAT_COLUMNS = 10;
const INDENT = TIME_COLUMNS + 2 + WHAT_COLUMNS + 2;

/** A date before the first of each day. */
function entryLines(entry: LifeEntry, before: LifeEntry | undefined): readonly string[] {
  const day = dayText(entry.wallMs);
  const date = before && dayText(before.wallMs) === day ? [] : ['', `${day} (UTC)`];
  const time = milliText(entry.wallMs).slice(11);
  const [first = '', ...more] = wrapped(wordsOf(entry));
  const line = `${time}  ${entry.kind.padEnd(WHAT_COLUMNS)}  ${first}`.trimEnd();
  return [...date, line, ...more.map((text) => `${' '.repeat(INDENT)}${text}`)];
}

function wordsOf(entry: LifeEntry): string {
  switch (entry.kind) {
    case 'command':
      return [`${entry.sender} asks: ${entry.what}`, entry.detail].filter(Boolean).join(' ');
    case 'request':
      return [entry.what, entry.detail].filter(Boolean).join(' ');
    case 'reply':
      return [`${entry.what}: ${entry.code} after ${Math.max(0, entry.tookMs).toFixed(1)} ms`, entry.sentence].filter(Boolean).join('; ');
    case 'state':
      return `${entry.state}${entry.cause === '' ? '' : ` (${entry.cause})`}${entry.reason === '' ? '' : `: ${entry.reason}`}`;
    case 'refusal':
      return `${entry.by} refuses ${entry.what}: ${entry.code}${entry.times > 1 ? ` (${entry.times} times)` : ''}; ${entry.sentence}`;
    case 'fill':
      return `${trimDecimal(entry.size)} at ${entry.price}, ${entry.maker ? 'maker' : 'taker'}, trade ${entry.tradeId}, fee ${feeText(entry)}`;
    case 'correction':
      return `${entry.what} ${trimDecimal(entry.from)} -> ${trimDecimal(entry.to)}: ${entry.reason}`;
    default:
      throw new Error(`Cannot show: ${JSON.stringify(entry satisfies never)}`);
  }
}

const feeText = ({ fee, feeAsset }: { readonly fee: string | null; readonly feeAsset: string | null }): string =>
  fee === null ? 'unknown' : `${trimDecimal(fee)} ${feeAsset ?? ''}`.trimEnd();

/** A word longer than a line is cut into lines of its own. */
function wrapped(text: string): readonly string[] {
  const most = WIDTH - INDENT;
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/).flatMap((each) => each.match(new RegExp(`.{1,${most}}`, 'g')) ?? [])) {
    if (line !== '' && line.length + 1 + word.length > most) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return line === '' ? lines : [...lines, line];
}

/**
 * Newest day last; a sum for each asset. Fees here are those paid in the asset that is counted in. Rounded, and more so where it would not
 * fit: `--json` tells all digits.
 */
export function pnlTable(newestFirst: readonly PnlDay[]): readonly string[] {
  if (newestFirst.length === 0) return ['nothing was traded in these days'];
  const days = newestFirst.toReversed();
  const assets = [...new Set(days.map(({ quoteAsset }) => quoteAsset))];
  const sums = assets.map((asset) => sumOf(days.filter(({ quoteAsset }) => quoteAsset === asset)));
  const titles = ['DAY (UTC)', 'SYMBOL', 'REALIZED', 'FUNDING', 'FEES', 'NET', 'VOLUME', 'FILLS'];
  const columns = titles.map((title, i) => (i < 2 ? left(title) : right(title)));
  const tries = PLACES.map((places) => [...days, ...sums].map((day) => pnlRow(day, places)));
  const rows = tries.find((each) => fits([titles, ...each])) ?? tries.at(-1) ?? [];
  return [...table(columns, rows), ...otherFees(sums)];
}

const PLACES = [4, 2, 0] as const;
const GAP = 2;

function fits(rows: readonly (readonly string[])[]): boolean {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return widths.reduce((sum, width) => sum + width, GAP * (widths.length - 1)) <= WIDTH;
}

const pnlRow = (day: PnlDay, places: number): readonly string[] => [
  ...[
    day.day,
    day.symbol,
    ...[day.realized, day.funding, day.fees[day.quoteAsset] ?? '0', netOf(day)].map((text) => rounded(text, places)),
  ],
  ...[rounded(day.volume, Math.min(places, 2)), String(day.fills)],
];

function otherFees(sums: readonly PnlDay[]): readonly string[] {
  const paid = sums.flatMap(({ fees, quoteAsset }) =>
    Object.entries(fees).flatMap(([asset, fee]) => (asset === quoteAsset ? [] : [`${trimDecimal(fee)} ${asset}`])),
  );
  return paid.length === 0 ? [] : labelled('not in NET', [`fees of ${paid.join(', ')}`]);
}

/** Realized and funding, less the fees paid in the same asset. */
export const netOf = ({ realized, funding, fees, quoteAsset }: PnlDay): string =>
  sumDecimals([realized, funding, negated(fees[quoteAsset] ?? '0')]) ?? 'unknown';

function sumOf(days: readonly PnlDay[]): PnlDay {
  const sum = (texts: readonly string[]): string => sumDecimals(texts) ?? 'unknown';
  const assets = new Set(days.flatMap(({ fees }) => Object.keys(fees)));
  const quoteAsset = days[0]?.quoteAsset ?? '';
  return {
    ...{ day: 'sum', symbol: quoteAsset, quoteAsset },
    realized: sum(days.map(({ realized }) => realized)),
    funding: sum(days.map(({ funding }) => funding)),
    volume: sum(days.map(({ volume }) => volume)),
    fees: Object.fromEntries([...assets].map((asset) => [asset, sum(days.map(({ fees }) => fees[asset] ?? '0'))])),
    fills: days.reduce((total, { fills }) => total + fills, 0),
  };
}

const negated = (text: string): string => (text.startsWith('-') ? text.slice(1) : `-${text}`);
const rounded = (text: string, places: number): string => trimDecimal(Number(text).toFixed(places));

const milliText = (wallMs: number): string => new Date(wallMs).toISOString().slice(0, 23).replace('T', ' ');
const secondText = (wallMs: number): string => milliText(wallMs).slice(0, 19);
const dayText = (wallMs: number): string => milliText(wallMs).slice(0, 10);
