/** Figures of the bench as one file that loads nothing from anywhere, in the clothes of the backtest report. Pure but for the report's own assets. */
import { type Html, html } from '../lib/report/html.ts';
import { document } from '../lib/report/page.ts';
import { COLUMNS, type Figure, format, type Spread, verdict } from './measure.ts';

export type Run = {
  readonly figures: readonly Figure[];
  /** Versions and processor, as the table tells them. */
  readonly machine: string;
  /** UTC, for a person. */
  readonly at: string;
  /** What was run, to be run again. */
  readonly command: string;
};
type Bar = { readonly name: string; readonly value: number; readonly text: string };

const MICROSECONDS: Readonly<Record<string, number>> = { ns: 1e-3, µs: 1, ms: 1e3, s: 1e6 };

export function speedPage(run: Run): string {
  const { figures } = run;
  return document('Speed', {
    head: html`<h1>Speed</h1><p class="sub">${verdictText(figures)}. Ratios are medians over rounds in which each side ran in turn; smaller is faster.<br>${run.command}, ${run.at} UTC</p>`,
    main: body(figures),
    data: { speed: { goals: goalsOf(figures), spreads: spreadsOf(figures), sides: sidesOf(figures).map(({ bars }) => bars) } },
    foot: html`<p>${run.machine}</p>`,
  });
}

/** `12 of 14 goals reached, 1 missed, 1 inconclusive`. */
export function verdictText(figures: readonly Figure[]): string {
  const judged = figures.filter(({ goal }) => goal !== null).map(verdict);
  const count = (wanted: string): number => judged.filter((one) => one === wanted).length;
  return `${count('reached')} of ${judged.length} goals reached, ${count('MISSED')} missed, ${count('inconclusive')} inconclusive`;
}

function body(figures: readonly Figure[]): Html {
  return html`${chart('goals', { title: 'Reached, as a part of the goal (1 is the goal; log scale)', names: goalsOf(figures) })}
${chart('spreads', { title: 'p50, p99 and p99.9, microseconds (log scale)', names: spreadsOf(figures) })}
<div class="pairs">${sidesOf(figures).map(
    ({ name }, n) => html`<section><h2>${name}</h2><div class="bars" id="side-${n}"></div></section>`,
  )}</div>
${sheet(figures)}`;
}

/** The numbers of its axis are told under it, so that it is read without a pointer. */
const chart = (id: string, { title, names }: { readonly title: string; readonly names: readonly { readonly name: string }[] }): Html =>
  names.length === 0
    ? html``
    : html`<section><h2>${title}</h2><div class="chart" id="${id}"></div><ol class="what">${names.map(({ name }) => html`<li>${name}</li>`)}</ol></section>`;

function sheet(figures: readonly Figure[]): Html {
  const filled = COLUMNS.filter(({ of }, n) => n === 0 || figures.some((figure) => of(figure) !== ''));
  return html`<section><h2>All figures</h2><div class="scroll"><table><thead><tr>${filled.map(({ title }) => html`<th>${title}</th>`)}</tr></thead>
<tbody>${figures.map((figure) => html`<tr>${filled.map(({ of }) => html`<td>${of(figure)}</td>`)}</tr>`)}</tbody></table></div></section>`;
}

export const goalsOf = (figures: readonly Figure[]): readonly { readonly name: string; readonly share: number }[] =>
  figures.flatMap(({ name, value, goal }) => (goal === null || !(goal > 0) ? [] : [{ name, share: value / goal }]));

/** All in microseconds, whatever they were measured in; one in no unit of time is left to the table. */
export function spreadsOf(figures: readonly Figure[]): readonly (Omit<Spread, 'unit'> & { readonly name: string })[] {
  return figures.flatMap(({ name, spread }) => {
    const factor = spread && MICROSECONDS[spread.unit];
    if (!spread || factor === undefined) return [];
    return [{ name, p50: spread.p50 * factor, p99: spread.p99 * factor, p999: spread.p999 === null ? null : spread.p999 * factor }];
  });
}

/** Ours, the floor and every peer that has a value: what there is to see next to each other. */
export function sidesOf(figures: readonly Figure[]): readonly { readonly name: string; readonly bars: readonly Bar[] }[] {
  return figures.flatMap(({ name, ours, floor, rawUnit = '', peers = [] }) => {
    if (ours === undefined) return [];
    const bar = (who: string, value: number | null | undefined): readonly Bar[] =>
      value === null || value === undefined ? [] : [{ name: who, value, text: format(value, rawUnit) }];
    const bars = [...bar('floor', floor), ...bar('ours', ours), ...peers.flatMap((peer) => bar(peer.name, peer.value))];
    return bars.length < 2 ? [] : [{ name, bars }];
  });
}
