/** A result in words for a terminal of 80 columns. Pure. */
import { labelled, table } from '../table.ts';
import type { BacktestResult, FillRow, OrderCounts, PnlSplit } from './result.ts';
import { sparkline } from './sparkline.ts';

const DAY_MS = 86_400_000;
const SPARK = 66;
const ROWS_MAX = 8;

export function summary(result: BacktestResult): readonly string[] {
  const { meta, samples, extremes, gaps, liquidations, exits } = result;
  const equity = samples.equity.map(Number);
  return [
    ...headLines(result),
    '',
    `equity    ${sparkline(equity, SPARK)}`,
    `          ${money(result.startEquity)} to ${money(result.endEquity)}, ${percentOf(result)}`,
    `drawdown  ${money(extremes.maxDrawdown)} (${extremes.maxDrawdownPercent.toFixed(2)} %), longest ${durationText(extremes.longestDrawdownMs)}; in a position ${(extremes.exposed * 100).toFixed(1)} % of the time`,
    '',
    ...pnlLines(result),
    '',
    ...orderLines(result),
    ...(exits.length === 0 ? [] : labelled('exits', countedWords(exits.map(({ rule }) => rule)))),
    ...(liquidations.length === 0
      ? []
      : labelled('venue', [`${liquidations.length} liquidations, the first ${dateText(liquidations[0]?.atMs ?? 0)}`])),
    ...labelled('data', [`${meta.records} records of ${meta.files.join(', ') || 'the simulator'}`, gapText(gaps)]),
    ...labelled(
      'assumed',
      Object.entries(meta.assumptions).map(([name, what]) => `${name}: ${what};`),
    ),
    `run       config ${meta.configHash}, data ${meta.dataHash}, build ${meta.build}, seed ${meta.seed}`,
  ];
}

function headLines({ meta, symbols }: BacktestResult): readonly string[] {
  const names = symbols.map(({ symbol, strategies }) => `${symbol} by ${strategies.join(' and ')}`);
  return [
    ...labelled('backtest', names),
    `          ${dateText(meta.fromMs)} to ${dateText(meta.toMs)} (${durationText(meta.toMs - meta.fromMs)})`,
  ];
}

function pnlLines({ pnl, pnlBySymbol }: BacktestResult): readonly string[] {
  const row = (name: string, { total, realized, unrealized, fees, funding, fills, turnover }: PnlSplit): string[] => [
    ...[name, money(total), money(realized), money(unrealized), money(fees), money(funding), String(fills), money(turnover)],
  ];
  const names = ['profit of', 'total', 'realized', 'open', 'fees', 'funding', 'fills', 'turnover'];
  const bySymbol = Object.entries(pnlBySymbol).slice(0, ROWS_MAX);
  const rows = bySymbol.length > 1 ? bySymbol.map(([symbol, split]) => row(symbol, split)) : [];
  return table(
    names.map((title, n) => ({ title, align: n === 0 ? 'left' : 'right' })),
    [...rows, row('all', pnl)],
  );
}

function orderLines({ orders, fills, fillsLeftOut }: BacktestResult): readonly string[] {
  const { placed, amended, cancels, touched, postOnlyRejected, lostRaces } = orders;
  const words = [
    `${placed} placed, ${amended} amended, ${cancels} cancels,`,
    `${touched} of them filled (${placed === 0 ? '0' : ((touched / placed) * 100).toFixed(1)} %),`,
    `${postOnlyRejected} post-only refused, ${lostRaces} races lost`,
  ];
  const left =
    fillsLeftOut === 0 ? [] : labelled('', [`${fillsLeftOut} fills beyond the first ${fills.length} are counted and not listed`]);
  return [...labelled('orders', words), ...refusalLines(orders), ...left, ...makerLines(fills)];
}

function refusalLines({ refused, rejected }: OrderCounts): readonly string[] {
  const words = (list: Readonly<Record<string, number>>): string[] => Object.entries(list).map(([code, n]) => `${code} ${n}`);
  return [
    ...(Object.keys(refused).length === 0 ? [] : labelled('guard', ['refused:', ...words(refused)])),
    ...(Object.keys(rejected).length === 0 ? [] : labelled('venue', ['rejected:', ...words(rejected)])),
  ];
}

function makerLines(fills: readonly FillRow[]): readonly string[] {
  const makers = fills.filter(({ maker }) => maker).length;
  return fills.length === 0 || makers === 0 ? [] : labelled('makers', [`${((makers / fills.length) * 100).toFixed(1)} % of the fills`]);
}

function countedWords(words: readonly string[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts].map(([word, n]) => `${word} ${n}`);
}

function gapText(gaps: BacktestResult['gaps']): string {
  const [first] = gaps;
  return first ? `with ${gaps.length} gaps, the first ${dateText(first.fromMs)} to ${dateText(first.toMs)}` : 'without a gap';
}

function percentOf({ startEquity, endEquity }: BacktestResult): string {
  const [start, end] = [Number(startEquity), Number(endEquity)];
  return start === 0 ? '' : `${end >= start ? '+' : ''}${((end / start - 1) * 100).toFixed(3)} %`;
}

const money = (text: string): string => Number(text).toFixed(2);
const dateText = (ms: number): string => new Date(ms).toISOString().slice(0, 19).replace('T', ' ');

function durationText(ms: number): string {
  if (ms >= DAY_MS) return `${(ms / DAY_MS).toFixed(1)} days`;
  return ms >= 3_600_000
    ? `${(ms / 3_600_000).toFixed(1)} h`
    : ms >= 60_000
      ? `${(ms / 60_000).toFixed(1)} min`
      : `${(ms / 1_000).toFixed(1)} s`;
}
