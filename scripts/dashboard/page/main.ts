/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/** The page: listens to the stream, draws what has changed at most once a frame, and ages what it shows when nothing comes. */
import type { Delta } from '../model.ts';
import { doAct, drawActs, takeToken, toggleLock } from './acts.ts';
import { risk, why } from './brain.ts';
import { chart, nextInterval, retint, toggleExits } from './chart.ts';
import { byId, make } from './dom.ts';
import { type Key, listenTo, showKeys } from './keys.ts';
import { ladder } from './ladder.ts';
import { drawMarked, drawPanel, type Panel } from './panel.ts';
import { equity, latency, redraw } from './plots.ts';
import { pnl, position } from './position.ts';
import { alerts, parameters } from './side.ts';
import { balance, fills, orders, symbolRows } from './tables.ts';
import { drawTop } from './top.ts';
import { View } from './view.ts';

const PANELS: readonly Panel[] = [
  ...[ladder, chart, orders, fills, symbolRows, balance, position, pnl],
  ...[risk, why, equity, latency, alerts, parameters],
];
const TICK_MS = 250;
const RESIZE_MS = 150;
const THEME = 'mmbot-theme';

const RETRY_MS = 1_000;

let view = new View(performance.now());
let socket: WebSocket | null = null;
let changed = new Set<string>();

function listen(symbol: string): void {
  view = new View(performance.now());
  view.symbol = symbol;
  connect();
}

/** A connection that ends is made again, for as long as the page is open. */
function connect(): void {
  const opened = new WebSocket(`ws://${location.host}/api/stream${view.symbol === '' ? '' : `?symbol=${encodeURIComponent(view.symbol)}`}`);
  const before = socket;
  socket = opened;
  before?.close();
  opened.addEventListener('message', ({ data }) => opened === socket && take(JSON.parse(data) as Delta));
  opened.addEventListener('close', () => setTimeout(() => opened === socket && connect(), RETRY_MS));
}

function take(delta: Delta): void {
  if (changed.size === 0) requestAnimationFrame(draw);
  for (const name of view.apply(delta, performance.now())) changed.add(name);
  if (delta.first) for (const { needs } of PANELS) for (const name of needs) changed.add(name); // what is not told is "unknown", not blank
  const symbols = view.get('setup')?.symbols ?? [];
  if (!symbols.includes(view.symbol)) view.symbol = symbols[0] ?? view.symbol;
}

function draw(): void {
  const news = changed;
  changed = new Set();
  drawHead(news.has('setup'));
  for (const panel of PANELS) if (panel.needs.some((name) => news.has(name))) drawPanel(panel, view);
}

function drawHead(withSymbols: boolean): void {
  drawMarked(
    () => {
      if (withSymbols) drawSymbols();
      drawTop(view, performance.now());
      drawActs(view);
    },
    { node: byId('top'), report: reportError },
  );
}

function drawSymbols(): void {
  const symbols = view.get('setup')?.symbols ?? [];
  const buttons = symbols.map((symbol) => {
    const button = make('button', symbol);
    button.setAttribute('type', 'button');
    button.setAttribute('aria-pressed', String(symbol === view.symbol));
    button.addEventListener('click', () => choose(symbol));
    return button;
  });
  byId('symbols').replaceChildren(...buttons);
}

function choose(symbol: string | undefined): void {
  if (symbol === undefined || symbol === view.symbol) return;
  history.replaceState(null, '', `?symbol=${encodeURIComponent(symbol)}`);
  listen(symbol);
}

function step(by: number): void {
  const symbols = view.get('setup')?.symbols ?? [];
  choose(symbols[(symbols.indexOf(view.symbol) + by + symbols.length) % symbols.length]);
}

function setTheme(name: string | null): void {
  if (name === null) delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = name;
  retint();
  redraw(view);
  drawPanel(chart, view);
}

/** As the system, then the other one, then back. */
function nextTheme(): void {
  const isDark = matchMedia('(prefers-color-scheme: dark)').matches;
  const next = localStorage.getItem(THEME) === null ? (isDark ? 'light' : 'dark') : null;
  if (next === null) localStorage.removeItem(THEME);
  else localStorage.setItem(THEME, next);
  setTheme(next);
}

const KEYS: readonly Key[] = [
  { key: '?', what: 'this list', run: () => showKeys(KEYS) },
  {
    key: 'p',
    what: 'pause or resume',
    run: () => void doAct(byId('acts').querySelector<HTMLElement>('[data-act]')?.dataset['act'] ?? '', view),
  },
  { key: 'c', what: 'cancel all orders', run: () => void doAct('cancel', view) },
  { key: 'f', what: 'flatten', run: () => void doAct('flatten', view) },
  { key: '!', what: 'emergency stop', run: () => void doAct('panic', view) },
  { key: '[', what: 'symbol before', run: () => step(-1) },
  { key: ']', what: 'next symbol', run: () => step(1) },
  { key: 'i', what: 'next interval of the chart', run: () => nextInterval(view) },
  { key: 'x', what: 'take-profit and stop-loss in view', run: () => toggleExits(view) },
  { key: 't', what: 'other theme, or as the system', run: nextTheme },
  { key: 'k', what: 'unlock or lock the actions', run: () => void toggleLock(view) },
];

function begin(): void {
  takeToken();
  setTheme(localStorage.getItem(THEME));
  listenTo(KEYS);
  byId('help').addEventListener('click', () => showKeys(KEYS));
  byId('theme').addEventListener('click', nextTheme);
  byId('lock').addEventListener('click', () => void toggleLock(view));
  byId('histogram').addEventListener('change', () => drawPanel(latency, view));
  for (const button of document.querySelectorAll<HTMLElement>('[data-act]'))
    button.addEventListener('click', () => void doAct(button.dataset['act'] ?? '', view));
  byId('p-rows').addEventListener('click', ({ target }) => {
    if (target instanceof HTMLElement) choose(target.closest('tr')?.dataset['key'] || undefined);
  });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => setTheme(localStorage.getItem(THEME)));
  let resizing: ReturnType<typeof setTimeout> | undefined;
  addEventListener('resize', () => {
    clearTimeout(resizing);
    resizing = setTimeout(() => redraw(view), RESIZE_MS);
  });
  addEventListener('hashchange', takeToken);
  setInterval(() => drawHead(false), TICK_MS);
  listen(new URLSearchParams(location.search).get('symbol') ?? '');
}

begin();
