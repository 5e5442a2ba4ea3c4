/// <reference lib="dom" />
/** Risk with its reasons, and why each run does what it does. */
import type { BrainView, Head, RunView } from '../model.ts';
import { fillList, fillPairs, type Item, make, type Pair, part, setText } from './dom.ts';
import { clock, percent, plain, reading, UNKNOWN } from './format.ts';
import type { Panel } from './panel.ts';

const WHY_SHOWN = 60;

export const risk: Panel = {
  id: 'p-risk',
  needs: ['brain', 'head'],
  draw: (view) => {
    const [brain, head] = [view.get('brain') ?? null, view.get('head') ?? null];
    setText(part('p-risk', 'small'), brain ? brain.risk.state : UNKNOWN);
    fillList(part('p-risk', 'ul'), brain ? reasonsOf(brain) : [], brain ? 'nothing restrains it' : UNKNOWN);
    fillPairs(part('p-risk', 'dl'), [...(head ? budgetPairs(head) : []), ...(brain ? readingPairs(brain) : [])]);
  },
};

function reasonsOf({ risk: { reasons, breakers = [], alarms = [] } }: BrainView): readonly Item[] {
  return [
    ...reasons.map((text) => ({ time: '', text, tone: 'warn-text' })),
    ...breakers.map(({ where, at, tier, findings, relapses }) => ({
      ...{ time: '', tone: 'warn-text' },
      text: `breaker ${where}: ${at === 'open' ? (tier ?? at) : 'probing'}${relapses > 0 ? `, relapse ${relapses}` : ''}${findings.map((one) => `; ${told(one.monitor, one.reading)}, allowed ${one.threshold}`).join('')}`,
    })),
    ...alarms.map(({ monitor, where, alarm, on, reading: value, warn, act }) => ({
      ...{ time: '', tone: alarm === 'act' ? 'warn-text' : 'dim' },
      text: `${where}: ${told(monitor, value)} (warn ${warn}, act ${act})${on ? '' : ', only shown'}`,
    })),
  ];
}

function told(monitor: string, value: number | null): string {
  const { label, unit } = reading(monitor);
  return `${label} ${value === null ? UNKNOWN : `${Number(value.toPrecision(3))} ${unit}`.trim()}`;
}

function budgetPairs({ budgets, margin, deadMan }: Head): readonly Pair[] {
  const share = (name: string, { used, limit }: { readonly used: number; readonly limit: number }): Pair => ({
    ...{ name, value: `${used} of ${limit}`, tone: used > limit * 0.8 ? 'warn-text' : '' },
  });
  return [
    share('request weight, 1 min', budgets.weight),
    share('orders, 1 min', budgets.orders1m),
    share('orders, 10 s', budgets.orders10s),
    { name: 'margin used', value: margin?.ratio === null || margin === undefined ? UNKNOWN : percent(margin.ratio * 100) },
    { name: 'dead-man', value: deadMan ? `orders gone after ${deadMan.countdownMs / 1_000} s` : 'not armed: no order of ours' },
  ];
}

const readingPairs = ({ risk: { readings = {} } }: BrainView): readonly Pair[] =>
  Object.entries(readings).map(([name, value], i) => {
    const { label, unit } = reading(name);
    const text = value === null ? UNKNOWN : `${Number(value.toPrecision(3)).toLocaleString('en-US', { maximumFractionDigits: 6 })} ${unit}`;
    return { name: label, value: text.trim(), rule: i === 0 };
  });

export const why: Panel = {
  id: 'p-why',
  needs: ['brain', 'why'],
  draw: (view) => {
    const brain = view.get('brain') ?? null;
    setText(part('p-why', 'small'), brain ? `${brain.strategy}, ${brain.decisions.toLocaleString('en-US')} decisions` : UNKNOWN);
    const runs = brain?.runs.filter(({ symbol }) => symbol === view.symbol) ?? [];
    part('p-why', '#why-now').replaceChildren(...runs.map(nowOf));
    const news = view
      .log('why')
      .filter(({ symbol }) => symbol === view.symbol)
      .toReversed()
      .slice(0, WHY_SHOWN);
    const items = news.map(({ atMs, run, reason, sentence }) => ({
      ...{ time: clock(atMs), text: `${runs.length > 1 ? `${run}: ` : ''}${reason}`, title: sentence ?? '' },
    }));
    fillList(part('p-why', 'ol'), items, brain ? 'nothing yet' : UNKNOWN);
  },
};

function nowOf({ run, reason, sentence, signals, detail, quotes }: RunView): HTMLElement {
  const box = make('div');
  const head = make('p');
  head.append(make('b', `${run}: ${reason}`), ` ${sentence ?? ''}`);
  const wants = quotes.map(({ side, price, size }) => `${side} ${plain(size)} at ${price}`).join(', ');
  const values = Object.entries({ ...detail, ...signals })
    .map(([name, value]) => `${name} ${typeof value === 'number' ? Number(value.toPrecision(7)) : (value ?? UNKNOWN)}`)
    .join('   ');
  box.append(head, make('p', `wants ${wants === '' ? 'no quotes' : wants}`), make('p', values, 'signals'));
  return box;
}
