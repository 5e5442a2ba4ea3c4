/// <reference lib="dom" />
/** The position of the symbol, what protects it, and where its profit comes from. */
import type { Sections } from '../model.ts';
import { fillPairs, fillTable, type Pair, part, type Row, setText } from './dom.ts';
import { age, clock, grouped, money, percent, plain, signed, stepped, toneOf, UNKNOWN } from './format.ts';
import type { Panel } from './panel.ts';
import { moneyCell } from './tables.ts';
import type { View } from './view.ts';

type Position = NonNullable<Sections['position']>;
type Instrument = Sections['instrument'] | undefined;

export const position: Panel = {
  id: 'p-position',
  needs: ['position', 'instrument', 'exits', 'brain', 'pulse'],
  draw: (view) => {
    const [held, instrument] = [view.get('position') ?? null, view.get('instrument')];
    setText(part('p-position', 'small'), view.symbol);
    const list = part('p-position', 'dl');
    if (!held?.known) return fillPairs(list, [{ name: 'position', value: UNKNOWN, tone: 'big' }]);
    fillPairs(list, [...sizePairs(held, instrument), ...exitPairs(view, instrument), ...accountPairs(held, view)]);
  },
};

function sizePairs(held: Position, instrument: Instrument): readonly Pair[] {
  const { size, entryPrice, markPrice, markAgeMs, unrealizedPnl } = held;
  const [base, quote] = [instrument?.baseAsset ?? '', instrument?.quoteAsset ?? ''];
  const worth = size === null || markPrice === null ? null : Math.abs(Number(size)) * Number(markPrice);
  const isFlat = size !== null && Number(size) === 0;
  return [
    { name: isFlat ? 'flat' : Number(size) > 0 ? 'long' : 'short', value: `${signed(size)} ${base}`, tone: `big ${toneOf(size)}` },
    { name: 'entry', value: isFlat ? 'none' : `${stepped(entryPrice, instrument?.tickSize)} ${quote}` },
    {
      name: 'mark',
      value: `${stepped(markPrice, instrument?.tickSize)} ${quote}`,
      title: markAgeMs === undefined || markAgeMs === null ? 'of unknown age' : `${age(markAgeMs)} old`,
    },
    { name: 'unrealized', value: money(unrealizedPnl, quote), tone: toneOf(unrealizedPnl) },
    { name: 'notional', value: worth === null ? UNKNOWN : `${grouped(worth, 2)} ${quote}` },
  ];
}

const KINDS = {
  'take-profit': 'take-profit',
  'stop-loss': 'stop-loss',
  'venue-stop': 'stop at exchange',
  liquidation: 'liquidation',
} as const;

function exitPairs(view: View, instrument: Instrument): readonly Pair[] {
  const [exits, held] = [view.get('exits'), view.get('position')];
  const from = Number(held?.markPrice ?? Number.NaN);
  const lines = (exits?.lines ?? []).map(({ kind, price, rule }, i) => {
    const away = ((price - from) / from) * 100;
    const distance = Number.isNaN(away) ? '' : ` · ${away > 0 ? '+' : '−'}${percent(Math.abs(away))}`;
    return { name: KINDS[kind], value: `${stepped(String(price), instrument?.tickSize)}${distance}`, title: rule, rule: i === 0 };
  });
  const stop = held?.stop;
  const isHeld = held?.size !== null && Number(held?.size) !== 0;
  const unprotected = isHeld && stop !== undefined && stop.status !== 'resting';
  const counts = view.get('brain')?.exits[view.symbol];
  return [
    ...lines,
    ...(unprotected
      ? [{ name: 'stop at exchange', value: stop.status === 'none' ? 'NONE: unprotected' : stop.status, tone: 'warn-text strong' }]
      : []),
    ...(exits?.moving ?? []).map((rule) => ({ name: 'moving exit', value: rule })),
    ...(counts ? [{ name: 'exits so far', value: `${counts.takeProfits} take-profit, ${counts.stopLosses} stop-loss` }] : []),
  ];
}

function accountPairs(
  { leverage, isolated, liquidationPrice, commission, fundingRate, nextFundingMs }: Position,
  view: View,
): readonly Pair[] {
  const rate = (text: string): string => percent(Number(text) * 100, 4);
  const margin = isolated === null || isolated === undefined ? UNKNOWN : isolated ? 'isolated' : 'cross';
  return [
    { name: 'leverage', value: leverage === null ? UNKNOWN : `${leverage}×, ${margin} margin`, rule: true },
    ...(liquidationPrice === null ? [{ name: 'liquidation', value: 'none told' }] : []),
    { name: 'commission', value: commission ? `${rate(commission.maker)} maker, ${rate(commission.taker)} taker` : UNKNOWN },
    { name: 'funding', value: fundingRate === null ? UNKNOWN : `${rate(fundingRate)} at ${clock(nextFundingMs)} UTC` },
    { name: 'venue time', value: `${clock(view.get('pulse')?.wallMs)} UTC` },
  ];
}

export const pnl: Panel = {
  id: 'p-pnl',
  needs: ['brain', 'position', 'days', 'instrument'],
  draw: (view) => {
    const split = view.get('brain')?.pnl[view.symbol];
    const held = view.get('position');
    const asset = split?.asset ?? view.get('instrument')?.quoteAsset ?? '';
    const line = (name: string, text: string | null | undefined, extra: Partial<Pair> = {}): Pair => ({
      ...{ name, value: money(text, asset), tone: toneOf(text), ...extra },
    });
    const since = split ? new Date(split.sinceMs).toISOString().slice(5, 16).replace('T', ' ') : '';
    fillPairs(part('p-pnl', 'dl'), [
      line('total', split?.total, { tone: `big ${toneOf(split?.total)}`, title: split ? `by the brain, since ${since} UTC` : '' }),
      line('spread', split?.spread, { title: 'of the fills against the mid before them' }),
      line('inventory', split?.inventory, { title: 'of what was held while the mid moved' }),
      line('fees', negated(split?.fees), { title: 'paid is negative' }),
      line('funding', split?.funding, { title: 'received is positive' }),
      line('realized', held?.realizedPnl, { rule: true, title: 'since the ledger began, before fees' }),
      line('unrealized', held?.known ? held.unrealizedPnl : null),
      line('fees of the ledger', negated(held?.fees)),
    ]);
    const days = (view.get('days') ?? []).filter(({ symbol }) => symbol === view.symbol);
    const rows = days.map((day): Row => {
      const fees = negated(day.fees[day.quoteAsset] ?? '0') ?? '0';
      const net = Number(day.realized) + Number(day.funding) + Number(fees);
      return {
        cells: [
          { text: day.day.slice(5), title: day.day },
          moneyCell(day.realized),
          moneyCell(fees),
          moneyCell(day.funding),
          moneyCell(String(net)),
          plain(String(day.fills)),
        ],
      };
    });
    fillTable(part('p-pnl', 'tbody'), {
      rows,
      columns: 6,
      none: view.get('days') === undefined ? 'not read yet' : 'nothing was traded yet',
    });
  },
};

const negated = (text: string | null | undefined): string | null =>
  text === null || text === undefined ? null : text.startsWith('-') ? text.slice(1) : Number(text) === 0 ? text : `-${text}`;
