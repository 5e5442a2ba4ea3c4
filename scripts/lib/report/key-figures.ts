/** The figures a person looks at first, in words; the same rows in terminal, page and comparison. Pure. */
import type { BacktestResult } from '../backtest/result.ts';
import type { Execution } from './execution.ts';
import { amount, bps, NONE, percent, ratio, span } from './figures.ts';
import type { Statistics } from './statistics.ts';

export type Figure = { readonly name: string; readonly text: string; readonly what: string };
export type FigureGroup = { readonly title: string; readonly figures: readonly Figure[] };
export type Judged = { readonly result: BacktestResult; readonly statistics: Statistics; readonly execution: Execution };

export function keyFigures(judged: Judged): readonly FigureGroup[] {
  return [
    { title: 'Return', figures: returns(judged) },
    { title: 'Risk', figures: risk(judged) },
    { title: 'Execution', figures: execution(judged) },
    { title: 'Profit and loss', figures: profit(judged) },
  ];
}

const quoteOf = ({ symbols }: BacktestResult): string => [...new Set(symbols.map(({ quoteAsset }) => quoteAsset))].join('/');

function returns({ result, statistics }: Judged): readonly Figure[] {
  const { periodMs, returns } = statistics;
  const of = periodMs === null ? 'too few returns' : `${returns} returns of ${span(periodMs)}`;
  return [
    { name: 'Equity', text: `${amount(Number(result.endEquity))} ${quoteOf(result)}`, what: `from ${amount(Number(result.startEquity))}` },
    { name: 'Total return', text: percent(statistics.totalReturn, 3), what: `in ${span(result.meta.toMs - result.meta.fromMs)}` },
    { name: 'Return a year', text: percent(statistics.yearlyReturn), what: 'compound; not told below 30 days' },
    { name: 'Sharpe', text: ratio(statistics.sharpe), what: `a year, ${of}` },
    { name: 'Sortino', text: ratio(statistics.sortino), what: 'a year, over losses only' },
    { name: 'Calmar', text: ratio(statistics.calmar), what: 'return a year over largest drawdown' },
  ];
}

function risk({ result: { extremes, liquidations, exits }, statistics }: Judged): readonly Figure[] {
  return [
    {
      name: 'Largest drawdown',
      text: percent(extremes.maxDrawdownPercent / 100, 3),
      what: `${amount(Number(extremes.maxDrawdown))} below its peak`,
    },
    { name: 'Longest drawdown', text: span(extremes.longestDrawdownMs), what: 'below an earlier peak' },
    { name: 'Value at risk 95 %', text: percent(statistics.valueAtRisk95, 4), what: 'loss of one period, from history' },
    { name: 'Value at risk 99 %', text: percent(statistics.valueAtRisk99, 4), what: 'loss of one period, from history' },
    { name: 'In position', text: percent(extremes.exposed, 1), what: 'of the time' },
    { name: 'Exits, liquidations', text: `${exits.length}, ${liquidations.length}`, what: 'hard exits that fired; by the venue' },
  ];
}

function execution({
  result: { pnl, orders },
  execution: { makers, makerMarkouts, fillRatio, makerShare, turnover, actionsPerFill },
}: Judged): readonly Figure[] {
  const after = makerMarkouts.find(({ afterMs }) => afterMs === 5_000);
  return [
    { name: 'Fills', text: pnl.fills.toLocaleString('en-US'), what: `${percent(makerShare, 1)} of the notional as maker` },
    { name: 'Fill ratio', text: percent(fillRatio, 1), what: `of ${orders.placed.toLocaleString('en-US')} orders placed` },
    { name: 'Actions a fill', text: ratio(actionsPerFill), what: 'places, amends and cancels' },
    { name: 'Turnover', text: turnover === null ? NONE : `${turnover.toFixed(2)} ×`, what: 'notional over equity at the start' },
    { name: 'Spread captured', text: bps(makers.bps, makers.errorBps), what: 'makers, against the mid at the fill' },
    { name: 'Of it after 5 s', text: bps(after?.bps ?? null, after?.errorBps), what: 'makers, against the mid then' },
  ];
}

function profit({ result: { pnl } }: Judged): readonly Figure[] {
  const money = (text: string): string => amount(Number(text), 4);
  return [
    { name: 'Total', text: money(pnl.total), what: 'what the equity changed by' },
    { name: 'Realized', text: money(pnl.realized), what: 'before fees' },
    { name: 'Unrealized', text: money(pnl.unrealized), what: 'of what is still held' },
    { name: 'Fees', text: money(pnl.fees), what: `makers ${money(pnl.makerFees)}, takers ${money(pnl.takerFees)}` },
    { name: 'Funding', text: money(pnl.funding), what: 'paid (-) and received' },
    { name: 'Insurance', text: money(pnl.insurance), what: 'of liquidations' },
  ];
}
