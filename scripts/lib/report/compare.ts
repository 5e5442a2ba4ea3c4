/** Two runs side by side: the same figures in two columns, and both curves from one start. */
import type { BacktestResult } from '../backtest/result.ts';
import { time } from './figures.ts';
import { type Html, html } from './html.ts';
import { keyFigures } from './key-figures.ts';
import { document, footer, judge } from './page.ts';
import { sheet } from './sections.ts';

export type Named = { readonly name: string; readonly result: BacktestResult };

export type Curves = {
  readonly names: readonly [string, string];
  /** Hours since the start of each. */
  readonly at: readonly number[];
  /** Percent of the equity at the start; null after a run's end. */
  readonly returns: readonly [readonly (number | null)[], readonly (number | null)[]];
};

export function comparePage(a: Named, b: Named): string {
  const names = names2(a, b);
  return document(`Backtests ${names.join(' and ')}`, {
    head: html`<h1>Two backtests</h1><p class="sub">${[a, b].map(({ result }, n) => about(names[n] ?? '', result))}</p>`,
    main: html`<section><h2>Return since the start, percent, over hours</h2><div class="chart" id="compare"></div></section>
${compared(a, b).map(({ title, rows }) => sheet({ title, columns: ['', ...names], rows, figures: true }))}`,
    data: curvesOf(a, b),
    foot: html`${footer(a.result)}${footer(b.result)}`,
  });
}

const about = (name: string, { meta, symbols }: BacktestResult): Html =>
  html`${name}: ${symbols.map(({ symbol }) => symbol).join(', ')}, ${time(meta.fromMs)} to ${time(meta.toMs)} UTC<br>`;

type Section = { readonly title: string; readonly rows: readonly (readonly string[])[] };

/** The figures, and what was assumed otherwise. */
export function compared(a: Named, b: Named): readonly Section[] {
  const [left, right] = [keyFigures(judge(a.result)), keyFigures(judge(b.result))];
  const figures = left.map(({ title, figures: own }, g) => ({
    title,
    rows: own.map(({ name, text }, n) => [name, text, right[g]?.figures[n]?.text ?? '']),
  }));
  const [mine, other] = [a.result.meta.assumptions, b.result.meta.assumptions];
  const differing = [...new Set([...Object.keys(mine), ...Object.keys(other)])].filter((key) => mine[key] !== other[key]);
  return [...figures, { title: 'Assumed otherwise', rows: differing.map((key) => [key, mine[key] ?? '–', other[key] ?? '–']) }];
}

/** Two runs of one name are told apart. */
const names2 = (a: Named, b: Named): [string, string] => (a.name === b.name ? [`${a.name} (1)`, `${b.name} (2)`] : [a.name, b.name]);

/** On the grid of the coarser one. */
export function curvesOf(a: Named, b: Named): Curves {
  const periodMs = Math.max(a.result.samples.periodMs, b.result.samples.periodMs);
  const rows = Math.max(...[a, b].map(({ result: { samples } }) => Math.ceil((samples.rows * samples.periodMs) / periodMs)));
  const at = Array.from({ length: rows }, (_, n) => ((n + 1) * periodMs) / 3_600_000);
  return { names: names2(a, b), at, returns: [curve(a.result, rows, periodMs), curve(b.result, rows, periodMs)] };
}

function curve({ samples, startEquity }: BacktestResult, rows: number, periodMs: number): readonly (number | null)[] {
  const step = periodMs / samples.periodMs;
  const row = (n: number): number => Math.ceil((n + 1) * step) - 1;
  return Array.from({ length: rows }, (_, n) =>
    Math.ceil(n * step) >= samples.rows
      ? null
      : (Number(samples.equity[Math.min(row(n), samples.rows - 1)]) / Number(startEquity) - 1) * 100,
  );
}
