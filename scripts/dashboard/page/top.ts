/// <reference lib="dom" />
/** The head of the page: environment, symbols, mode, age, lights; and the line that says what is wrong. */
import type { HealthRow } from '../model.ts';
import { byId, fillTable, make, part, setClass, setText } from './dom.ts';
import { age } from './format.ts';
import { lightsOf } from './lights.ts';
import type { View } from './view.ts';

/** Without a word of the dashboard for so long the connection is lost, ms. */
const SILENT_MS = 2_500;

export function drawTop(view: View, nowMs: number): void {
  const [setup, head] = [view.get('setup'), view.get('head') ?? null];
  drawBanner(view, nowMs);
  if (!setup) return;
  const environment = byId('environment');
  setText(environment, setup.environment === 'paper' ? 'paper (simulated money)' : setup.environment);
  setClass(environment, `badge ${setup.environment === 'mainnet' ? 'bad' : ''}`);
  environment.title = head ? `${setup.venue}, account ${head.accountHash}, gateway run ${head.epoch}` : setup.venue;
  document.title = `${view.symbol} · mmbot ${setup.environment}`;
  const ageMs = view.ageMs(nowMs);
  const isStale = ageMs === null || ageMs > setup.staleMs;
  drawMode(head?.emergency ? 'stopped' : head?.paused ? `${head.mode}, paused` : (head?.mode ?? 'unknown'), isStale);
  setText(byId('age'), age(ageMs));
  drawLights(view, { ageMs, staleMs: setup.staleMs });
  drawStale(view, { isStale, ageMs });
}

function drawMode(mode: string, isStale: boolean): void {
  const node = byId('mode');
  setText(node, isStale && mode !== 'unknown' ? `unknown (was ${mode})` : mode);
  setClass(node, `badge ${isStale ? '' : mode === 'normal' ? 'good' : mode.startsWith('normal') ? 'warn' : 'bad'}`);
}

function drawLights(view: View, { ageMs, staleMs }: { readonly ageMs: number | null; readonly staleMs: number }): void {
  const lights = lightsOf({
    ...{ head: view.get('head') ?? null, pulse: view.get('pulse') ?? null, brain: view.get('brain') ?? null },
    ...{ rows: view.get('rows') ?? [], probes: view.get('health') ?? [], staleMs, ageMs },
  });
  const box = byId('lights');
  while (box.children.length > lights.length) box.lastElementChild?.remove();
  while (box.children.length < lights.length) box.append(make('span'));
  for (const [i, { name, light, text }] of lights.entries()) {
    const node = box.children[i] as HTMLElement;
    setText(node, name);
    setClass(node, `light ${light}`);
    if (node.title !== text) node.title = `${name}: ${text}`;
  }
  const rows = lights.map(({ name, light, text }: HealthRow) => ({
    cells: [
      { text: name, tone: 'strong' as const },
      { text, tone: light === 'good' ? ('dim' as const) : light === 'unknown' ? ('dim' as const) : ('warn-text' as const) },
    ],
  }));
  fillTable(part('p-health', 'tbody'), { rows, columns: 2 });
  for (const [i, row] of [...part('p-health', 'tbody').children].entries())
    if (row.firstElementChild) setClass(row.firstElementChild, `light ${lights[i]?.light ?? 'unknown'}`);
}

function drawBanner(view: View, nowMs: number): void {
  const { text, isMild } = bannerOf(view, nowMs);
  const banner = byId('banner');
  banner.hidden = text === '';
  setText(banner, text);
  setClass(banner, isMild ? 'warn' : '');
}

function bannerOf(view: View, nowMs: number): { readonly text: string; readonly isMild: boolean } {
  const [setup, pulse, head] = [view.get('setup'), view.get('pulse'), view.get('head')];
  const [ageMs, silentMs] = [view.ageMs(nowMs), view.silentMs(nowMs)];
  const bad = (text: string) => ({ text, isMild: false });
  if (silentMs <= SILENT_MS && !setup) return { text: '', isMild: true };
  if (silentMs > SILENT_MS)
    return bad(`The dashboard has said nothing for ${age(silentMs)}: what you see is old. It is asked again; npm run dashboard starts it.`);
  if (pulse?.redisProblem) return bad(pulse.redisProblem);
  if (ageMs === null)
    return bad('No snapshot yet: no gateway writes to this Redis. Start it with npm run gateway, or everything with npm start.');
  if (setup && ageMs > setup.staleMs) return bad(`The gateway has written nothing for ${age(ageMs)}: what is grey is what was last known.`);
  if (head?.emergency) {
    const { phase, reason, left } = head.emergency;
    const state =
      phase === 'done' ? 'flat, no order of ours, confirmed by the exchange; it holds until somebody resumes' : left.join('; ') || phase;
    return bad(`Emergency stop (${reason}): ${state}`);
  }
  const mild = [
    ...(head?.closing.length ? [`closing ${head.closing.join(', ')}`] : []),
    ...(head?.unknownOrders ? [`${head.unknownOrders.count} orders of unknown state for ${age(head.unknownOrders.oldestMs)}`] : []),
    ...(head?.reasons ?? []),
    ...(head?.config?.refused ?? []).map((line) => `edit refused: ${line}`),
    ...(view.get('brain')?.refused ?? []).map((line) => `edit refused by the brain: ${line}`),
    ...(head?.config?.waiting ?? []).map((line) => `waits for mm config --confirm: ${line}`),
    ...(head?.config?.restart ?? []).map((line) => `needs a restart: ${line}`),
  ];
  return { text: mild.join(' · '), isMild: true };
}

/** What is old is grey and says how old; what never came says so itself. */
function drawStale(view: View, { isStale, ageMs }: { readonly isStale: boolean; readonly ageMs: number | null }): void {
  const brainAge = view.get('brain')?.ageMs ?? null;
  const staleMs = view.get('setup')?.staleMs ?? 0;
  for (const node of document.querySelectorAll<HTMLElement>('section[data-from]')) {
    const isBrain = node.dataset['from'] === 'brain' && !isStale;
    const old = isBrain ? brainAge === null || brainAge > staleMs : isStale;
    node.classList.toggle('stale', old);
    const text = `${age(isBrain ? brainAge : ageMs)}${(isBrain ? brainAge : ageMs) === null ? '' : ' old'}`;
    const title = node.querySelector<HTMLElement>('h2');
    if (old && title && title.dataset['age'] !== text) title.dataset['age'] = text;
  }
}
