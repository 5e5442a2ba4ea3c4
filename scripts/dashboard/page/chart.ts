/// <reference lib="dom" />
/** The price with own fills on it, and lines where the position stands and where it is closed. */
import {
  CandlestickSeries,
  createChart,
  createSeriesMarkers,
  type AutoscaleInfo,
  type IChartApi,
  type IPriceLine,
  type ISeriesApi,
  type ISeriesMarkersPluginApi,
  LineStyle,
  type Time,
  type UTCTimestamp,
} from 'lightweight-charts';
import { aggregate, type Candle, markersOf, secondsOf } from './candles.ts';
import { byId, color, make, part, setText } from './dom.ts';
import { drawPanel, type Panel } from './panel.ts';
import type { View } from './view.ts';

type Drawn = {
  readonly chart: IChartApi;
  readonly series: ISeriesApi<'Candlestick'>;
  readonly markers: ISeriesMarkersPluginApi<Time>;
  lines: readonly IPriceLine[];
};
type Line = { readonly price: number; readonly title: string; readonly color: string; readonly dashed: boolean };

const MARKERS_MAX = 150;
let drawn: Drawn | null = null;
let interval = '5s';
let shown = '';
let linesShown = '';
let firstTime = 0;
let lastTime = 0;
let isWide = localStorage.getItem('mmbot-exits') === 'shown';

export const chart: Panel = {
  id: 'p-chart',
  needs: ['bars', 'klines', 'fills', 'exits', 'position', 'instrument', 'setup'],
  draw: (view) => {
    drawIntervals(view);
    const candles = aggregate({ bars: view.log('bars'), klines: view.get('klines') ?? {}, interval });
    drawn ??= open();
    drawPrices(drawn, { view, candles });
    drawLines(drawn, view);
  },
};

/** For the key of the intervals: the next one. */
export function nextInterval(view: View): void {
  const all = intervalsOf(view);
  choose(all[(all.indexOf(interval) + 1) % all.length] ?? '5s', view);
}

/** The scale reaches to the lines of the exits, or only to the prices. */
export function toggleExits(view: View): void {
  isWide = !isWide;
  localStorage.setItem('mmbot-exits', isWide ? 'shown' : 'hidden');
  drawPanel(chart, view);
  drawn?.series.priceScale().applyOptions({ autoScale: true });
}

/** Colours of the theme that is in force now. */
export function retint(): void {
  if (!drawn) return;
  drawn.chart.applyOptions(look());
  drawn.series.applyOptions(tints());
  linesShown = '';
}

const look = () => ({
  layout: { background: { color: 'transparent' }, textColor: color('dim'), fontSize: 11, attributionLogo: false },
  grid: { vertLines: { color: color('line') }, horzLines: { color: color('line') } },
  rightPriceScale: { borderColor: color('line') },
  timeScale: { borderColor: color('line'), timeVisible: true, secondsVisible: true, rightOffset: 4, barSpacing: 9, maxBarSpacing: 16 },
});
const tints = () => ({
  ...{ upColor: color('buy'), downColor: color('sell'), borderVisible: false },
  ...{ wickUpColor: color('buy'), wickDownColor: color('sell') },
});

function open(): Drawn {
  const made = createChart(byId('chart'), { ...look(), autoSize: true });
  const series = made.addSeries(CandlestickSeries, { ...tints(), priceLineVisible: false, autoscaleInfoProvider: rangeOf });
  return { chart: made, series, markers: createSeriesMarkers(series, []), lines: [] };
}

let linePrices: readonly number[] = [];

/** Prices, with the lines where they are wanted or near: within the height of the prices themselves. */
function rangeOf(own: () => AutoscaleInfo | null): AutoscaleInfo | null {
  const info = own();
  if (!info?.priceRange) return info;
  const { minValue, maxValue } = info.priceRange;
  const height = maxValue - minValue;
  const near = linePrices.filter((price) => isWide || (price >= minValue - height && price <= maxValue + height));
  return { ...info, priceRange: { minValue: Math.min(minValue, ...near), maxValue: Math.max(maxValue, ...near) } };
}

function drawPrices({ chart: made, series, markers }: Drawn, { view, candles }: { view: View; candles: readonly Candle[] }): void {
  const [key, first] = [`${view.symbol} ${interval}`, candles[0]?.time ?? 0];
  const tick = Number(view.get('instrument')?.tickSize ?? '0.01');
  const precision = Math.max(0, Math.round(-Math.log10(tick)));
  if (key !== shown || first < firstTime) {
    series.applyOptions({ priceFormat: { type: 'price', precision, minMove: tick } });
    series.setData(candles.map(pointOf));
    if (key !== shown) made.timeScale().scrollToRealTime();
    if (candles.length > 0) [shown, firstTime] = [key, first];
  } else for (const candle of candles.filter(({ time }) => time >= lastTime)) series.update(pointOf(candle));
  lastTime = candles.at(-1)?.time ?? 0;
  const fills = view.log('fills').filter(({ symbol }) => symbol === view.symbol);
  const tone = { buy: color('buy'), sell: color('sell') };
  const marks = markersOf(fills.slice(-MARKERS_MAX), { candles, interval });
  markers.setMarkers(
    marks.map(({ time, side, size, atPriceMiddle: price }) => ({
      ...{ time: time as UTCTimestamp, color: tone[side], price, text: '', size },
      ...(side === 'buy' ? { shape: 'arrowUp', position: 'atPriceBottom' } : { shape: 'arrowDown', position: 'atPriceTop' }),
    })) as Parameters<typeof markers.setMarkers>[0],
  );
  setText(part('p-chart', 'small'), candles.length === 0 ? 'unknown: no price yet' : `${interval} bars, ${fills.length} fills`);
}

const pointOf = ({ time, open: o, high, low, close }: Candle) => ({ time: time as UTCTimestamp, open: o, high, low, close });

/** Only those that changed are made anew. */
function drawLines(it: Drawn, view: View): void {
  const wanted = linesOf(view);
  linePrices = wanted.map(({ price }) => price);
  const key = JSON.stringify(wanted);
  if (key === linesShown) return;
  linesShown = key;
  for (const line of it.lines) it.series.removePriceLine(line);
  it.lines = wanted.map(({ price, title, color: tint, dashed }) =>
    it.series.createPriceLine({
      ...{ price, title, color: tint, lineWidth: 1, axisLabelVisible: true },
      lineStyle: dashed ? LineStyle.Dashed : LineStyle.Solid,
    }),
  );
}

const KINDS = { 'take-profit': 'TP', 'stop-loss': 'SL', 'venue-stop': 'stop at venue', liquidation: 'liquidation' } as const;

function linesOf(view: View): readonly Line[] {
  const [position, exits] = [view.get('position'), view.get('exits')];
  const entry = position?.known && position.entryPrice !== null && Number(position.size) !== 0 ? Number(position.entryPrice) : null;
  return [
    ...(entry === null ? [] : [{ price: entry, title: 'entry', color: color('accent'), dashed: false }]),
    ...(exits?.lines ?? []).map(({ kind, price }) => ({
      ...{ price, title: KINDS[kind], dashed: true },
      color: color(kind === 'take-profit' ? 'buy' : kind === 'stop-loss' ? 'sell' : 'warn'),
    })),
  ];
}

const intervalsOf = (view: View): readonly string[] => [...new Set(['5s', '1m', ...(view.get('setup')?.intervals ?? [])])];

function drawIntervals(view: View): void {
  const box = byId('intervals');
  const names = intervalsOf(view).toSorted((a, b) => secondsOf(a) - secondsOf(b));
  if (box.children.length !== names.length + 1)
    box.replaceChildren(switchFor('TP/SL', toggleExits), ...names.map((name) => switchFor(name, (now) => choose(name, now))));
  for (const [i, button] of [...box.children].entries())
    button.setAttribute('aria-pressed', String(i === 0 ? isWide : button.textContent === interval));
  current = view;
}

let current: View | null = null;

function switchFor(name: string, run: (view: View) => void): HTMLElement {
  const button = make('button', name);
  button.setAttribute('type', 'button');
  button.addEventListener('click', () => current && run(current));
  return button;
}

function choose(name: string, view: View): void {
  interval = name;
  drawPanel(chart, view);
}
