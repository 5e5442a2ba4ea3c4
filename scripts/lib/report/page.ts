/** The report: one file that loads nothing from anywhere. The same result gives the same bytes. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { BacktestResult } from '../backtest/result.ts';
import { chartsOf } from './charts.ts';
import { executionOf } from './execution.ts';
import { span, time } from './figures.ts';
import { type Html, html, jsonFor, raw } from './html.ts';
import { type FigureGroup, type Judged, keyFigures } from './key-figures.ts';
import { assumptionsTable, exitsTable, gapsTable, groupTable, liquidationsTable, ordersTable, tradesTable } from './sections.ts';
import { statisticsOf } from './statistics.ts';
import { type Tables, tablesOf } from './tables.ts';

const own = (name: string): string => readFileSync(join(import.meta.dirname, 'assets', name), 'utf8');
const chartFile = (name: string): string => readFileSync(createRequire(import.meta.url).resolve(`uplot/dist/${name}`), 'utf8');

/** Rows of the list of trades, the newest. */
const TRADES_MAX = 2_000;

export const judge = (result: BacktestResult): Judged => ({ result, statistics: statisticsOf(result), execution: executionOf(result) });

export async function reportPage(result: BacktestResult): Promise<string> {
  const judged = judge(result);
  const names = result.symbols.map(({ symbol, strategies }) => `${symbol} ${strategies.join(' + ')}`).join(', ');
  return document(`Backtest ${names}`, {
    head: html`<h1>Backtest</h1><p class="sub">${names}<br>${time(result.meta.fromMs)} to ${time(result.meta.toMs)} UTC, ${span(result.meta.toMs - result.meta.fromMs)}</p>`,
    main: body(judged, await tablesOf(result)),
    data: chartsOf(result, judged.execution),
    foot: footer(result),
  });
}

function body(judged: Judged, tables: Tables): Html {
  const { result } = judged;
  return html`${figureCards(keyFigures(judged))}
<section><h2>Equity</h2><div class="chart" id="equity"></div></section>
<section><h2>Drawdown</h2><div class="chart" id="drawdown"></div></section>
${result.symbols.map(
  ({ symbol }, n) => html`<section><h2>${symbol}: price and fills</h2><div class="chart" id="price-${n}"></div></section>
<section><h2>${symbol}: position</h2><div class="chart" id="position-${n}"></div></section>
<section class="half"><h2>${symbol}: time at each position</h2><div class="bars" id="inventory-${n}"></div></section>`,
)}
<section class="half"><h2>Markouts</h2><div class="bars" id="markouts"></div></section>
${groupTable('By symbol', tables.bySymbol)}${groupTable('By strategy', tables.byStrategy)}${groupTable('By reason', tables.byReason)}
${groupTable('By day, UTC', tables.byDay)}${groupTable('By hour of the day, UTC', tables.byHour)}
${ordersTable(result.orders)}${exitsTable(result.exits)}${liquidationsTable(result.liquidations)}${gapsTable(result.gaps)}
${tradesTable(result.fills.slice(-TRADES_MAX), result.pnl.fills)}${assumptionsTable(result.meta.assumptions)}`;
}

export const figureCards = (groups: readonly FigureGroup[]): Html =>
  html`<div class="cards">${groups.map(
    ({ title, figures }) =>
      html`<section class="card"><h2>${title}</h2><dl>${figures.map(
        ({ name, text, what }) => html`<div><dt>${name}</dt><dd>${text}</dd><dd class="what">${what}</dd></div>`,
      )}</dl></section>`,
  )}</div>`;

/** Nothing of the moment or the machine: what made the figures, and nothing else. */
export const footer = ({ meta }: BacktestResult): Html =>
  html`<p>config ${meta.configHash} · data ${meta.dataHash} · build ${meta.build} · seed ${meta.seed} · ${meta.records} records of ${meta.files.join(', ')}</p>`;

export type Parts = { readonly head: Html; readonly main: Html; readonly data: unknown; readonly foot: Html };

export function document(title: string, { head, main, data, foot }: Parts): string {
  const scripts = [chartFile('uPlot.iife.min.js'), own('client.js')];
  const hashes = scripts.map((text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`).join(' ');
  const policy = `default-src 'none'; style-src 'unsafe-inline'; script-src ${hashes}; base-uri 'none'; form-action 'none'`;
  return `<!doctype html>
${
  html`<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}"><title>${title}</title>
<style>${raw(chartFile('uPlot.min.css'))}${raw(own('style.css'))}</style></head>
<body><header>${head}</header><main>${main}</main><footer>${foot}</footer>
<script type="application/json" id="data">${jsonFor(data)}</script>
<script>${raw(scripts[0] ?? '')}</script><script type="module">${raw(scripts[1] ?? '')}</script></body></html>`.text
}
`;
}
