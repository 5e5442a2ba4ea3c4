/** Health of streams and processes as lights, from what each says of itself. Pure. */
import type { BrainView, Head, HealthRow, Light, Pulse, SymbolRow } from '../model.ts';
import { age } from './format.ts';

export type Seen = {
  readonly head: Head | null;
  readonly pulse: Pulse | null;
  readonly brain: BrainView | null;
  readonly rows: readonly SymbolRow[];
  readonly probes: readonly HealthRow[];
  readonly staleMs: number;
  /** Of the snapshot, now; null: there never was one. */
  readonly ageMs: number | null;
};

/** Snapshots that a brain may be behind: some polls. */
const BEHIND = 10;

export function lightsOf(seen: Seen): readonly HealthRow[] {
  const { head, ageMs, staleMs, probes } = seen;
  const isLive = head !== null && ageMs !== null && ageMs <= staleMs;
  return [
    gatewayRow(ageMs, staleMs),
    brainRow(seen, isLive),
    redisRow(seen.pulse),
    ...(isLive ? streamRows(head) : ['market data', 'account', 'order entry'].map((name) => lost(name))),
    booksRow(seen.rows, isLive),
    ...probes,
  ];
}

const lost = (name: string): HealthRow => ({ name, kind: 'stream', light: 'unknown', text: 'unknown: no snapshot' });

function gatewayRow(ageMs: number | null, staleMs: number): HealthRow {
  const row = { name: 'gateway', kind: 'process' } as const;
  if (ageMs === null) return { ...row, light: 'unknown', text: 'unknown: it has written nothing yet' };
  return ageMs > staleMs ? { ...row, light: 'bad', text: `silent for ${age(ageMs)}` } : { ...row, light: 'good', text: 'writes' };
}

function brainRow({ brain, pulse }: Seen, isLive: boolean): HealthRow {
  const row = { name: 'brain', kind: 'process' } as const;
  if (pulse?.redisProblem !== null) return { ...row, light: 'unknown', text: 'unknown: no Redis' };
  if (brain === null) return { ...row, light: 'bad', text: 'has written nothing in the last minute' };
  if (!isLive) return { ...row, light: 'unknown', text: 'unknown: no snapshot' };
  if (!brain.leased) return { ...row, light: 'bad', text: 'holds no lease' };
  if (brain.behind === null) return { ...row, light: 'warn', text: 'of an earlier gateway' };
  return { ...row, light: brain.behind > BEHIND ? 'warn' : 'good', text: `${brain.behind} snapshots behind` };
}

function redisRow(pulse: Pulse | null): HealthRow {
  const row = { name: 'redis', kind: 'process' } as const;
  if (pulse === null) return { ...row, light: 'unknown', text: 'unknown' };
  return pulse.redisProblem === null ? { ...row, light: 'good', text: 'answers' } : { ...row, light: 'bad', text: pulse.redisProblem };
}

const STREAM_LIGHT: Readonly<Record<Head['health']['market']['state'], Light>> = { live: 'good', connecting: 'warn', lost: 'bad' };

function streamRows({ health: { market, account, orderEntry } }: Head): readonly HealthRow[] {
  const stream = (name: string, { state, ageMs, delayMs }: Head['health']['market']): HealthRow => {
    const delay = delayMs === null || delayMs === undefined ? '' : `, ${delayMs.toFixed(1)} ms on its way`;
    return { name, kind: 'stream', light: STREAM_LIGHT[state], text: `${state}, heard ${age(ageMs)} ago${delay}` };
  };
  const fallback = orderEntry === 'fallback';
  const text = fallback ? 'over REST: the WebSocket API is down' : `over ${orderEntry === 'rest' ? 'REST' : 'the WebSocket API'}`;
  return [
    stream('market data', market),
    stream('account', account),
    { name: 'order entry', kind: 'stream', light: fallback ? 'warn' : 'good', text },
  ];
}

function booksRow(rows: readonly SymbolRow[], isLive: boolean): HealthRow {
  const row = { name: 'books', kind: 'stream' } as const;
  if (!isLive || rows.length === 0) return lost('books');
  const bad = rows.filter(({ book }) => book !== 'live');
  if (bad.length === 0) return { ...row, light: 'good', text: `all ${rows.length} live` };
  return { ...row, light: 'bad', text: bad.map(({ symbol, book }) => `${symbol} ${book ?? 'unknown'}`).join(', ') };
}
