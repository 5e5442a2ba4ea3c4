/// <reference lib="dom" />
/** Equity with its drawdown, and latency as histogram and percentiles. */
import uPlot from 'uplot';
import { byId, color, fillTable, make, part, setText } from './dom.ts';
import { clock, grouped, micros, money, percent, seconds, UNKNOWN } from './format.ts';
import { drawPanel, type Panel } from './panel.ts';
import { equitySeries } from './series.ts';
import type { View } from './view.ts';

type Plot = { readonly plot: uPlot; readonly key: string };
const HEIGHT = 168;
/** Of one label under the bars. */
const LABEL_PX = 64;
let equityPlot: Plot | null = null;
let latencyPlot: Plot | null = null;

const axis = () => ({
  stroke: color('dim'),
  grid: { stroke: color('line'), width: 1 },
  ticks: { stroke: color('line'), width: 1 },
  font: '11px system-ui',
});
const widthOf = (id: string): number => Math.max(100, byId(id).clientWidth - 12);

export const equity: Panel = {
  id: 'p-equity',
  needs: ['equity', 'instrument'],
  draw: (view) => {
    const asset = view.get('instrument')?.quoteAsset ?? 'USDT';
    const { times, values, drawdowns, worst } = equitySeries(view.log('equity'), asset);
    const last = values.at(-1);
    setText(
      part('p-equity', 'small'),
      last === undefined || worst === null
        ? UNKNOWN
        : `${grouped(last, 2)} ${asset}, ${money(String(last - (values[0] ?? last)))} since the dashboard began; deepest fall ${grouped(worst.amount, 2)} ${asset} (${percent(worst.share * 100, 4)})`,
    );
    if (times.length < 2) return;
    equityPlot = show(equityPlot, { id: 'equity', key: asset, options: () => equityOptions(asset), data: [times, values, drawdowns] });
  },
};

const utcTimes = (_: uPlot, ticks: number[]): string[] => ticks.map((at) => clock(at * 1_000));

function equityOptions(asset: string): Partial<uPlot.Options> {
  const wide = {
    ...axis(),
    size: 82,
    incrs: [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 1e5, 1e6],
  };
  const values = (_: uPlot, ticks: number[]): string[] => ticks.map((value) => grouped(value, 2));
  return {
    scales: { fall: { range: (_, min) => [Math.min(min * 2.5, -0.01), 0] } },
    axes: [
      { ...axis(), values: utcTimes, space: 70 },
      { ...wide, values },
      { ...wide, side: 1, scale: 'fall', grid: { show: false }, values },
    ],
    series: [
      {},
      { label: `equity, ${asset}`, stroke: color('accent'), width: 1.4, points: { show: false } },
      {
        label: `fall from the highest, ${asset}`,
        scale: 'fall',
        stroke: color('sell'),
        fill: `color-mix(in srgb, ${color('sell')} 18%, transparent)`,
        width: 1,
        points: { show: false },
      },
    ],
  };
}

export const latency: Panel = {
  id: 'p-latency',
  needs: ['latency'],
  draw: (view) => {
    const told = view.get('latency');
    const rows = (told?.rows ?? []).map(({ name, us }) => ({
      cells: [name, micros(us.p50), micros(us.p99), micros(us.max), us.n.toLocaleString('en-US')],
    }));
    fillTable(part('p-latency', 'tbody'), { rows, columns: 5, none: told ? 'unknown: no gateway answers' : 'not read yet' });
    drawHistogram(view);
  },
};

function drawHistogram(view: View): void {
  const { histograms = [], problem = null } = view.get('latency') ?? {};
  const select = byId('histogram') as HTMLSelectElement;
  const names = histograms.map(({ name }) => name);
  if ([...select.options].map(({ value }) => value).join() !== names.join()) {
    const kept = select.value;
    select.replaceChildren(...names.map((name) => make('option', name)));
    if (names.includes(kept)) select.value = kept;
  }
  select.hidden = names.length === 0;
  const one = histograms.find(({ name }) => name === select.value) ?? histograms[0];
  if (!one) {
    latencyPlot?.plot.destroy();
    latencyPlot = null;
    byId('latency').replaceChildren(make('div', problem ?? 'no histogram yet', 'none'));
    return;
  }
  const labels = [...one.bounds.map((bound) => `≤ ${seconds(bound)}`), 'more'];
  const from = Math.max(0, one.counts.findIndex((count) => count > 0) - 1);
  const to = one.counts.findLastIndex((count) => count > 0) + 2;
  const counts = one.counts.slice(from, to);
  const shown = labels.slice(from, to);
  select.title = one.help;
  latencyPlot = show(latencyPlot, {
    ...{ id: 'latency', key: `${one.name} ${shown.join()}`, options: () => barOptions(shown) },
    data: [counts.map((_, i) => i), counts],
  });
}

function barOptions(labels: readonly string[]): Partial<uPlot.Options> {
  const every = Math.ceil((labels.length * LABEL_PX) / widthOf('latency'));
  const bars = uPlot.paths.bars?.({ size: [0.8, 60] });
  return {
    height: 132,
    scales: { x: { time: false, range: [-0.6, labels.length - 0.4] }, y: { range: (_, __, max) => [0, Math.max(1, max)] } },
    axes: [
      {
        ...axis(),
        grid: { show: false },
        splits: () => labels.flatMap((_, i) => (i % every === 0 ? [i] : [])),
        values: (_, ticks) => ticks.map((i) => labels[i] ?? ''),
        space: 30,
      },
      { ...axis(), size: 52, values: (_, ticks) => ticks.map((count) => (Number.isInteger(count) ? count.toLocaleString('en-US') : '')) },
    ],
    series: [
      {},
      {
        label: 'calls',
        stroke: color('accent'),
        fill: `color-mix(in srgb, ${color('accent')} 45%, transparent)`,
        width: 1,
        points: { show: false },
        ...(bars && { paths: bars }),
      },
    ],
  };
}

type Shown = {
  readonly id: string;
  readonly key: string;
  readonly options: () => Partial<uPlot.Options>;
  readonly data: uPlot.AlignedData;
};

function show(before: Plot | null, { id, key, options, data }: Shown): Plot {
  if (before?.key === key) {
    before.plot.setData(data);
    return before;
  }
  before?.plot.destroy();
  byId(id).replaceChildren();
  const made = { width: widthOf(id), height: HEIGHT, legend: { show: false }, cursor: { show: false }, series: [], ...options() };
  return { plot: new uPlot(made, data, byId(id)), key };
}

/** Another width, or other colours: all is drawn anew. */
export function redraw(view: View): void {
  for (const one of [equityPlot, latencyPlot]) one?.plot.destroy();
  [equityPlot, latencyPlot] = [null, null];
  for (const panel of [equity, latency]) drawPanel(panel, view);
}
