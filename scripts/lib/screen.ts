/** State as lines for a terminal of 80 columns. Pure: what is not known is written "unknown", never as a zero. */
import { type ConfigState, refusedAlone } from '../../shared/config-live.ts';
import { hasEnded } from '../../shared/order.ts';
import type { BrainDoc } from '../../shared/brain-doc.ts';
import type { Header, OrderDoc } from '../../shared/snapshot.ts';
import { trimDecimal } from '../../shared/units.ts';
import { shadowStatus } from './shadow-lines.ts';
import type { State, SymbolState } from './state.ts';
import { ageText, type Column, labelled, table } from './table.ts';

/** Colours a word, or leaves it as it is where no terminal reads. */
export type Paint = (word: string, tone: 'good' | 'bad' | 'dim') => string;
export type Screen = { readonly state: State; readonly paint: Paint; readonly prefix: string };

const UNKNOWN = 'unknown';
const left = (title: string): Column => ({ title });
const right = (title: string): Column => ({ title, align: 'right' });
const shown = (text: string | null | undefined): string => (text === null || text === undefined ? UNKNOWN : trimDecimal(text));

export function statusScreen({ state, paint, prefix }: Screen): readonly string[] {
  const { header, ageMs, symbols } = state;
  const [titles = '', ...rows] = marketLines(symbols);
  const orders = symbols.flatMap(ownOrders);
  return [
    ...healthLines(state),
    ...headLines({ header, ageMs, paint, prefix }),
    ...brainAloneLines({ gateway: header?.config, brain: state.brain?.config?.state }),
    '',
    paint(titles, 'dim'),
    ...rows,
    '',
    ...moneyLines(symbols),
    '',
    ...stopLines(symbols),
    '',
    ...(symbols.some(({ orders }) => !orders?.known) ? ['own orders: unknown'] : orderLines(orders)),
    '',
    ...balanceLines(state),
    '',
    ...brainLines(state),
    ...pnlLines(state),
    ...(state.brain ? shadowStatus(state.brain) : []),
  ];
}

/** Where the profit comes from, as the brain counts it. */
function pnlLines({ brain }: State): readonly string[] {
  const rows = Object.entries(brain?.pnl ?? {});
  if (rows.length === 0) return [];
  const columns = [left('PROFIT'), right('SPREAD'), right('INVENTORY'), right('FEES'), right('FUNDING'), right('TOTAL'), left('SINCE')];
  const cells = rows.map(([symbol, { spread, inventory, fees, funding, total, sinceMs }]) => [
    symbol,
    ...[spread, inventory, fees, funding, total].map(shown),
    new Date(sinceMs).toISOString().slice(5, 16).replace('T', ' '),
  ]);
  return ['', ...table(columns, cells)];
}

/** Everything that must be up, in one look. */
function healthLines({ header, brain, symbols }: State): readonly string[] {
  const live = symbols.filter(({ book }) => book?.status === 'live').length;
  const leased = brain !== null && header !== null && header.brainEpoch === brain.brainEpoch;
  return labelled('health', [
    `gateway ${header === null ? UNKNOWN : 'up'}`,
    `brain ${leased ? 'up' : brain === null ? UNKNOWN : 'without lease'}`,
    ...(header === null
      ? ['streams unknown', 'books unknown']
      : [
          ...[`market ${header.health.market.state}`, `account ${header.health.account.state}`],
          ...[`books ${live}/${symbols.length} live`, `orders by ${header.health.orderEntry}`],
        ]),
  ]);
}

type Head = { readonly header: Header | null; readonly ageMs: number | null; readonly paint: Paint; readonly prefix: string };

function headLines({ header, ageMs, paint, prefix }: Head): readonly string[] {
  if (header === null)
    return [...labelled('gateway', [UNKNOWN, `(no ${prefix}:seq in Redis)`]), ...labelled('mode', [paint(UNKNOWN, 'bad')])];
  const { environment, venue, accountHash, epoch, seq, mode, reasons, health, budgets, deadMan } = header;
  const budget = (name: string, { used, limit }: { readonly used: number; readonly limit: number }): string => `${name} ${used}/${limit}`;
  return [
    ...labelled('gateway', [
      environment === 'paper' ? 'paper (simulated money)' : environment,
      venue,
      `account ${accountHash}`,
      `epoch ${epoch}`,
      `seq ${seq}`,
      `age ${ageText(ageMs)}`,
    ]),
    `${'mode'.padEnd(10)}${paint(mode, mode === 'normal' ? 'good' : 'bad')}${header.paused ? ', paused' : ''}`,
    ...labelled('reasons', reasons.length > 0 ? reasons : ['none']),
    ...emergencyLines(header),
    ...configLines(header.config),
    ...labelled('streams', [
      `market ${health.market.state} ${ageText(health.market.ageMs)}`,
      `account ${health.account.state} ${ageText(health.account.ageMs)}`,
    ]),
    ...labelled('budgets', [
      budget('weight/1m', budgets.weight),
      budget('orders/1m', budgets.orders1m),
      budget('orders/10s', budgets.orders10s),
    ]),
    ...labelled('dead-man', [
      deadMan ? `orders gone ${deadMan.countdownMs / 1_000} s after our last word` : 'not armed: no order of ours',
      ...(deadMan ? [`told every ${deadMan.refreshMs / 1_000} s`] : []),
    ]),
  ];
}

/** What of the file is not in force; nothing when all of it is. */
export function configLines(config: ConfigState | undefined): readonly string[] {
  if (config === undefined) return [];
  const { refused, waiting, restart } = config;
  const lines = [
    ...refused.map((line) => `edit refused, nothing is changed: ${line}`),
    ...waiting.map((line) => `waits for mm config --confirm: ${line}`),
    ...restart.map((line) => `needs a restart: ${line}`),
  ];
  return lines.map((line, n) => `${(n === 0 ? 'config' : '').padEnd(10)}${line}`);
}

type Told = { readonly gateway: ConfigState | undefined; readonly brain: ConfigState | undefined };

/** An edit in which only the brain has found a mistake, in a strategy or its file, is in force at the gateway and not at the brain. */
export function brainAloneLines({ gateway, brain }: Told): readonly string[] {
  return refusedAlone(brain, gateway).map(
    (line, n) => `${(n === 0 ? 'config' : '').padEnd(10)}edit refused by the brain, which goes on as before: ${line}`,
  );
}

/** Nothing when neither holds. */
function emergencyLines({ emergency, unknownOrders }: Header): readonly string[] {
  const unknown = unknownOrders
    ? labelled('unknown', [`${unknownOrders.count} orders, the oldest for ${ageText(unknownOrders.oldestMs)}`])
    : [];
  if (!emergency) return unknown;
  const { phase, reason, source, everything, sinceMs, left } = emergency;
  const end = phase === 'done' ? ['flat, no order of ours: confirmed by the exchange', 'holds until mm resume'] : left;
  const since = new Date(sinceMs).toISOString().slice(0, 19);
  return [
    ...unknown,
    ...labelled('stop', [phase, `by ${source}: ${reason}`, `since ${since}Z`, ...(everything ? ['orders of others too'] : []), ...end]),
  ];
}

function marketLines(symbols: readonly SymbolState[]): readonly string[] {
  const columns = [left('SYMBOL'), right('BID'), right('ASK'), left('BOOK'), right('AGE'), right('POSITION'), right('ENTRY')];
  const rows = symbols.map(({ symbol, book, position }) => [
    symbol,
    book?.bids[0]?.[0] ?? UNKNOWN,
    book?.asks[0]?.[0] ?? UNKNOWN,
    book?.status ?? UNKNOWN,
    ageText(book?.ageMs ?? null),
    position?.known ? shown(position.size) : UNKNOWN,
    position?.known ? entryText(position) : UNKNOWN,
  ]);
  return table(columns, rows);
}

/** A flat position has no entry price. */
const entryText = ({ size, entryPrice }: { readonly size: string | null; readonly entryPrice: string | null }): string =>
  size !== null && Number(size) === 0 ? 'none' : shown(entryPrice);

function moneyLines(symbols: readonly SymbolState[]): readonly string[] {
  const columns = [left('SYMBOL'), right('MARK'), right('UNREALIZED'), right('REALIZED'), right('FEES'), right('FUNDING')];
  const rows = symbols.map(({ symbol, position }) => [
    symbol,
    ...[position?.markPrice, position?.unrealizedPnl, position?.realizedPnl, position?.fees, position?.funding].map(shown),
  ]);
  return table(columns, rows);
}

/** What the venue does by itself when all of ours is dead. */
function stopLines(symbols: readonly SymbolState[]): readonly string[] {
  return labelled(
    'stops',
    symbols.map(({ symbol, position }) => `${symbol} ${stopText(position)}`),
  );
}

function stopText(position: SymbolState['position']): string {
  if (!position?.known) return UNKNOWN;
  const { stop, size } = position;
  if (stop === undefined) return 'none: this venue holds none';
  const others = stop.foreign > 0 ? ` (${stop.foreign} foreign)` : '';
  if (stop.status === 'none') return `none${Number(size) === 0 ? ', flat' : ': POSITION UNPROTECTED'}${others}`;
  return `${stop.status} ${shown(stop.size)} at ${shown(stop.triggerPrice)}${others}`;
}

export type SymbolOrder = OrderDoc & { readonly symbol: string };

const ownOrders = ({ symbol, orders }: SymbolState): readonly SymbolOrder[] =>
  (orders?.orders ?? []).filter(({ role, status }) => role !== 'foreign' && !hasEnded(status)).map((order) => ({ symbol, ...order }));

/** Without ids: one screen. */
function orderLines(orders: readonly SymbolOrder[]): readonly string[] {
  if (orders.length === 0) return ['no open order of ours'];
  const columns = [
    left('SYMBOL'),
    left('SIDE'),
    right('PRICE'),
    right('SIZE'),
    right('FILLED'),
    left('STATUS'),
    right('AGE'),
    left('ROLE'),
  ];
  return table(
    columns,
    orders.map((order) => [...orderCells(order), order.role]),
  );
}

/** With ids, foreign and just closed ones too. */
export function ordersTable(symbols: readonly SymbolState[]): readonly string[] {
  const unknown = symbols.filter(({ orders }) => !orders?.known).map(({ symbol }) => `orders on ${symbol}: unknown`);
  const all = symbols.flatMap(({ symbol, orders }) => (orders?.known ? orders.orders : []).map((order) => ({ symbol, ...order })));
  const id: Column = { title: 'CLIENT ID', shrink: { to: 8, keep: 'end' } };
  const status: Column = { title: 'STATUS', shrink: { to: 8, keep: 'start' } };
  const columns = [left('SYMBOL'), left('SIDE'), right('PRICE'), right('SIZE'), right('FILLED'), status, right('AGE'), left('ROLE'), id];
  const rows = all.map((order) => [...orderCells(order), order.role, order.clientId]);
  return [...unknown, ...(rows.length > 0 ? table(columns, rows) : unknown.length > 0 ? [] : ['no orders'])];
}

const orderCells = (order: SymbolOrder): readonly string[] => [
  order.symbol,
  order.side,
  order.price ?? 'market',
  order.size,
  order.filled,
  order.status,
  ageText(order.ageMs),
];

function balanceLines({ balance }: State): readonly string[] {
  if (!balance?.known) return ['balances: unknown'];
  const columns = [left('ASSET'), right('WALLET'), right('AVAILABLE'), right('UNREALIZED')];
  return table(
    columns,
    balance.assets.map(({ asset, wallet, available, unrealized }) => [asset, shown(wallet), shown(available), shown(unrealized)]),
  );
}

export function brainLines(state: State): readonly string[] {
  const { brain } = state;
  if (!brain) return labelled('brain', [UNKNOWN, '(it has written nothing in the last minute)']);
  const rows = brain.runs ?? Object.entries(brain.symbols).map(([symbol, { reason }]) => ({ symbol, reason, run: brain.strategy }));
  const reasons = rows.map(({ run, symbol, reason }) => `${run === brain.strategy ? '' : `${run} `}${symbol} ${reason}`);
  const refused = brain.config?.state.refused ?? [];
  const own = refused.filter((line) => !state.header?.config?.refused.includes(line)); // both read the same file
  return [
    ...labelled('brain', [brain.strategy, ...brainAge(state, brain), ...reasons]),
    ...riskLines(brain),
    ...own.map((line) => `          edit refused by the brain, nothing is changed there: ${line}`),
  ];
}

/** Breakers that are not closed, with what opened them; nothing while all are. */
export function riskLines({ risk: { breakers = [] } }: BrainDoc): readonly string[] {
  const rows = breakers.flatMap(({ where, at, tier, relapses, findings }) => [
    `${where} ${at === 'open' ? (tier ?? at) : 'probing'}${relapses > 0 ? `, relapse ${relapses}` : ''}`,
    ...findings.map(({ monitor, reading, threshold }) => `${monitor} ${Number(reading.toPrecision(4))} allowed ${threshold}`),
  ]);
  return rows.length > 0 ? labelled('breaker', rows) : [];
}

/** How far behind the gateway it is, and whether the gateway still listens to it. */
export function brainAge({ header }: State, { brainEpoch, processed }: BrainDoc): readonly string[] {
  if (header === null) return ['age unknown'];
  if (header.brainEpoch !== brainEpoch) return ['holds no lease'];
  return header.epoch === processed.epoch ? [`${Math.max(0, header.seq - processed.seq)} behind`] : ['of an earlier gateway'];
}
