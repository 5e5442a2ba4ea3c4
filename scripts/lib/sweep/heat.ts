/** Heat maps and bars as plain tables: they need no script. Pure. */
import { type Html, html } from '../report/html.ts';
import { alongOf, type Cell, heatMap, type Seen } from './bins.ts';
import type { Dimension } from './dimension.ts';
import { shortKeys } from './summary.ts';

type Shown = {
  readonly seen: readonly Seen[];
  readonly dimensions: readonly Dimension[] /** Name of what is shown. */;
  readonly words: string;
};

export function heatSection({ seen, dimensions, words }: Shown, pair: readonly [number, number]): Html {
  const map = heatMap(seen, dimensions, pair);
  if (map === null) return html``;
  const names = shortKeys(dimensions.map(({ key }) => key));
  const [across, down] = [names[pair[0]] ?? '', names[pair[1]] ?? ''];
  const tint = tintOf(map.cells.flat());
  const cell = (one: Cell | null): Html =>
    one === null
      ? html`<td class="none"></td>`
      : html`<td style="${tint(one.mean)}" title="${trials(one.count)}, best ${figure(one.best)}">${figure(one.mean)}</td>`;
  return html`<section class="heat"><h2>${words}: ${down} by ${across}</h2><p class="what">mean of the trials in a cell; ${across} to the right, ${down} downwards</p><div class="scroll"><table>
<thead><tr><th></th>${map.x.labels.map((label) => html`<th>${label}</th>`)}</tr></thead><tbody>${map.cells.map(
    (row, n) => html`<tr><th>${map.y.labels[n] ?? ''}</th>${row.map(cell)}</tr>`,
  )}</tbody></table></div></section>`;
}

export function alongSection({ seen, dimensions, words }: Shown, n: number): Html {
  const along = alongOf(seen, dimensions, n);
  if (along === null) return html``;
  const means = along.cells.map((cell) => cell?.mean ?? 0);
  const most = Math.max(...means.map(Math.abs), 1e-12);
  const signed = means.some((mean) => mean < 0);
  const bar = (cell: Cell | null, label: string): Html => {
    const share = (Math.abs(cell?.mean ?? 0) / most) * (signed ? 50 : 100);
    const left = signed ? ((cell?.mean ?? 0) < 0 ? 50 - share : 50) : 0;
    const side = signed ? ((cell?.mean ?? 0) < 0 ? 'down' : 'up') : '';
    const told = cell === null ? 'no trial' : `${figure(cell.mean)}, ${trials(cell.count)}`;
    return html`<div class="bar"><span>${label}</span><div class="track"><i class="${side}" style="left:${left.toFixed(2)}%;width:${share.toFixed(2)}%"></i></div><span>${told}</span></div>`;
  };
  return html`<section class="half"><h2>${words}, mean by ${along.axis.key}</h2><div class="bars">${along.cells.map((cell, k) => bar(cell, along.axis.labels[k] ?? ''))}</div></section>`;
}

/** Losses and gains in two colours where there are both; else the better, the stronger. */
function tintOf(cells: readonly (Cell | null)[]): (value: number) => string {
  const means = cells.flatMap((cell) => cell?.mean ?? []);
  const [least, most] = [Math.min(...means), Math.max(...means)];
  const style = (color: string, part: number): string =>
    `background:color-mix(in srgb,var(--${color}) ${Math.round(8 + part * 62)}%,var(--card))`;
  if (least < 0 && most > 0) {
    const far = Math.max(-least, most);
    return (value) => style(value < 0 ? 'down' : 'up', Math.abs(value) / far);
  }
  return (value) => style('blue', most > least ? (value - least) / (most - least) : 0.5);
}

const trials = (count: number): string => `${count} ${count === 1 ? 'trial' : 'trials'}`;

/** Two or three digits that matter. */
function figure(value: number): string {
  const size = Math.abs(value);
  if (size >= 1) return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2);
  return String(Number(value.toPrecision(2)));
}
