/// <reference lib="dom" />
/** Pause, resume, cancel, flatten, panic: asked before, sent with the token, and answered in the gateway's own words. */
import type { ActAnswer, ActRequest } from '../acts.ts';
import { ask } from './ask.ts';
import { byId, make, setClass, setText } from './dom.ts';
import type { View } from './view.ts';

const KEPT = 'mmbot-token';
/** What went well need not be dismissed, ms. */
const TOLD_MS = 15_000;
let token = '';

/** The token comes behind `#`, which no browser sends; it is taken out of the address at once and lives in this tab. */
export function takeToken(): void {
  const found = /[#&]token=([A-Za-z0-9_-]+)/.exec(location.hash)?.[1];
  if (found !== undefined) {
    sessionStorage.setItem(KEPT, found);
    history.replaceState(null, '', location.pathname + location.search);
  }
  token = sessionStorage.getItem(KEPT) ?? '';
  drawLock();
}

function drawLock(): void {
  const lock = byId('lock');
  setText(lock, token === '' ? 'Locked' : 'Unlocked');
  setClass(lock, token === '' ? 'quiet' : 'quiet open');
}

function keep(text: string): void {
  token = text.trim();
  if (token === '') sessionStorage.removeItem(KEPT);
  else sessionStorage.setItem(KEPT, token);
  drawLock();
}

/** True when there is one afterwards. */
export async function unlock(view: View): Promise<boolean> {
  const file = view.get('setup')?.tokenFile ?? 'the file of dashboard.tokenFile';
  const lines = ['Actions need the token of this dashboard. npm start prints it on the terminal; it is kept in', file];
  const given = await ask({ title: 'Unlock the actions', lines, button: 'Unlock', secret: true });
  if (given !== null) keep(given.text);
  return token !== '';
}

export async function toggleLock(view: View): Promise<void> {
  if (token === '') await unlock(view);
  else keep('');
}

export async function doAct(name: string, view: View): Promise<void> {
  if ((byId('ask') as HTMLDialogElement).open) return;
  if (token === '' && !(await unlock(view))) return;
  const request = await QUESTIONS[name]?.(view);
  if (request) tell(await send(request));
}

/** What the last button for it says and does: pausing, or resuming. */
export function drawActs(view: View): void {
  const head = view.get('head');
  const isHeld = head?.paused === true || head?.emergency !== undefined;
  const button = document.querySelector('[data-act="pause"], [data-act="resume"]');
  if (!(button instanceof HTMLElement)) return;
  button.dataset['act'] = isHeld ? 'resume' : 'pause';
  setText(button, isHeld ? 'Resume' : 'Pause');
}

type Ask = (view: View) => Promise<ActRequest | null>;

const scopeOf = (view: View) => {
  const symbols = view.get('setup')?.symbols ?? [];
  const only = symbols.length > 1 ? [{ id: 'only', label: `on ${view.symbol} alone`, checked: false }] : [];
  return {
    where: symbols.join(', '),
    choices: [...only, { id: 'pause', label: 'pause first, so that nothing is quoted anew', checked: true }],
  };
};

const QUESTIONS: Readonly<Record<string, Ask>> = {
  pause: async () => {
    const lines = ['Quotes are cancelled and no new orders are sent until somebody resumes. Hard exits still work.'];
    return (await ask({ title: 'Pause trading?', lines, button: 'Pause' })) && { action: 'pause' };
  },
  resume: async (view) => {
    const lines = [
      view.get('head')?.emergency ? 'The emergency stop is lifted: the strategies trade again.' : 'The strategies trade again.',
    ];
    return (await ask({ title: 'Resume trading?', lines, button: 'Resume' })) && { action: 'resume' };
  },
  cancel: async (view) => {
    const { where, choices } = scopeOf(view);
    const lines = [`Every order of ours on ${where} is cancelled. Stops that the exchange holds stay.`];
    const given = await ask({ title: 'Cancel all orders?', lines, button: 'Cancel the orders', choices });
    return given && { action: 'cancel', symbol: given.choices['only'] ? view.symbol : null, pause: given.choices['pause'] === true };
  },
  flatten: async (view) => {
    const { where, choices } = scopeOf(view);
    const lines = [`The net position on ${where} is closed, whoever opened it: as maker first, then by taking until flat.`];
    const given = await ask({ title: 'Flatten?', lines, button: 'Close the positions', choices, danger: true });
    return given && { action: 'flatten', symbol: given.choices['only'] ? view.symbol : null, pause: given.choices['pause'] === true };
  },
  panic: async (view) => {
    const { where } = scopeOf(view);
    const lines = [
      `On ${where}: all orders of ours are cancelled, every net position is taken flat at once, and nothing trades until somebody resumes.`,
    ];
    const choices = [{ id: 'everything', label: 'cancel orders of others on these symbols as well', checked: false }];
    const given = await ask({ title: 'Emergency stop', lines, button: 'Stop everything', choices, danger: true, word: 'panic' });
    return given && { action: 'panic', word: 'panic', everything: given.choices['everything'] === true };
  },
};

async function send(request: ActRequest): Promise<ActAnswer> {
  const isLong = request.action === 'panic';
  tell({ ok: true, lines: [isLong ? 'sent; waiting until the exchange confirms' : 'sent'] });
  try {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const answer = await fetch('/api/act', { method: 'POST', headers, body: JSON.stringify(request) });
    if (answer.status === 401) keep('');
    return (await answer.json()) as ActAnswer;
  } catch {
    return { ok: false, lines: ['no answer from the dashboard: whether it was done is not known; scripts/mm works without it'] };
  }
}

function tell({ ok, lines }: ActAnswer): void {
  const box = byId('told');
  const words = make('div');
  words.append(...lines.map((line) => make('p', line)));
  const close = make('button', 'Dismiss', 'quiet');
  close.setAttribute('type', 'button');
  close.addEventListener('click', () => box.replaceChildren());
  setClass(box, ok ? '' : 'bad');
  box.replaceChildren(words, close);
  if (ok) setTimeout(() => words.isConnected && box.replaceChildren(), TOLD_MS);
}
