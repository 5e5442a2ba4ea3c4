/** Own orders of a recorded session: each command with the moments at which it was decided, acted on and heard of, and where it rested. */
import * as z from 'zod';
import { type Instrument, parsePrice, parseSize } from '../../../shared/instrument.ts';
import type { AccountEvent, OrderReport } from '../../../shared/events.ts';
import type { Side } from '../../../shared/order.ts';
import type { TapeRecord } from '../../../shared/tape.ts';
import { decodersOf } from '../replay/decoders.ts';
import type { CommandKind, RecordedCommand, RecordedFill, RestingChange } from './session.ts';

/** `id`: of the message that it came in. */
type Row = { -readonly [K in keyof RecordedCommand]: RecordedCommand[K] } & { readonly basedOn: string; readonly id: number };
type Known = { readonly symbol: string; readonly side: Side };
type Notice = { readonly venueMs: number; readonly heardMs: number };

const Stamp = z.object({ epoch: z.int(), seq: z.int() });
const One = z.object({
  id: z.int(),
  type: z.string(),
  clientId: z.string().optional(),
  symbol: z.string().optional(),
  side: z.enum(['buy', 'sell']).optional(),
  price: z.string().optional(),
  size: z.string().optional(),
  strategy: z.string().optional(),
  basedOn: Stamp.optional(),
  commands: z.array(z.unknown()).optional(),
});
type One = z.infer<typeof One>;
const Told = z.object({
  orders: z
    .array(z.object({ clientId: z.string(), symbol: z.string(), role: z.string(), status: z.string(), reason: z.string() }))
    .optional(),
  fills: z
    .array(
      z.object({
        ...{ n: z.int(), symbol: z.string(), clientId: z.string(), tradeId: z.string(), side: z.enum(['buy', 'sell']) },
        ...{ price: z.string(), size: z.string(), maker: z.boolean(), fee: z.string().nullable(), atMs: z.number() },
      }),
    )
    .optional(),
});
const Answered = z.object({
  id: z.int().nullable(),
  type: z.string(),
  code: z.string().optional(),
  answers: z.array(z.unknown()).optional(),
});

const KINDS: ReadonlySet<string> = new Set<CommandKind>(['place', 'amend', 'cancel']);
/** What the stream's word on an order proves of a command that waits. */
const PROVES: Readonly<Record<CommandKind, ReadonlySet<OrderReport['state']>>> = {
  place: new Set(['accepted', 'partially-filled', 'filled', 'expired', 'rejected']),
  amend: new Set(['amended']),
  cancel: new Set(['canceled']),
};
/** The ledger knows no more than that it was sent. */
const WAITING: Readonly<Record<CommandKind, string>> = { place: 'sent', amend: 'amending', cancel: 'canceling' };

export class OrdersSeen {
  readonly commands: Row[] = [];
  readonly fills = new Map<number, RecordedFill>();
  readonly notices: Notice[] = [];
  readonly resting: RestingChange[] = [];
  /** The brain takes everything back: it ends. Null: it did not. */
  endMs: number | null = null;
  readonly #instruments: ReadonlyMap<string, Instrument>;
  readonly #decoders: ReturnType<typeof decodersOf>;
  readonly #waiting = new Map<string, Row[]>();
  readonly #orders = new Map<string, Known>();
  readonly #roles = new Map<string, string>();

  constructor(instruments: ReadonlyMap<string, Instrument>) {
    this.#instruments = instruments;
    this.#decoders = decodersOf(instruments);
  }

  take(record: TapeRecord): void {
    const { source, name, raw, atMs } = record;
    if (source === 'command' && name === 'brain') this.#command(One.parse(JSON.parse(raw)), atMs, null);
    else if (source === 'answer' && name === 'brain') this.#answer(JSON.parse(raw));
    else if (source === 'ledger') this.#written(Told.parse(JSON.parse(raw)), atMs);
    else if (source === 'stream' && name.startsWith('private#')) {
      const frame = this.#decoders.user(raw);
      if (frame.kind === 'events') for (const event of frame.events) this.#event(event, atMs);
    }
  }

  #command(one: One, takenMs: number, batch: number | null): void {
    for (const inner of one.commands ?? []) this.#command(One.parse(inner), takenMs, one.id);
    const { type, clientId, price = null, size = null, strategy = '', basedOn } = one;
    if (type === 'cancelAll') this.endMs ??= takenMs;
    if (!KINDS.has(type) || clientId === undefined) return;
    const kind = type as CommandKind;
    if (kind === 'place') this.#orders.set(clientId, { symbol: one.symbol ?? '', side: one.side ?? 'buy' });
    const known = this.#orders.get(clientId);
    const row: Row = {
      ...{ kind, clientId, symbol: known?.symbol ?? '', side: known?.side ?? null, price, size, strategy, takenMs },
      ...{ decidedMs: null, venueMs: null, heardMs: null, outcome: '' },
      basedOn: basedOn ? `${basedOn.epoch}:${basedOn.seq}` : '',
      id: batch ?? one.id,
    };
    this.commands.push(row);
    this.#waiting.set(clientId, [...(this.#waiting.get(clientId) ?? []), row]);
  }

  /** An answer stands behind its command on the tape; those to other messages (heartbeats) say nothing of an order. */
  #answer(raw: unknown): void {
    const answer = Answered.parse(raw);
    if (this.commands.at(-1)?.id !== answer.id) return;
    const answers = answer.answers?.map((one) => Answered.parse(one)) ?? [answer];
    const rows = this.commands.slice(-answers.length);
    for (const [n, { type, code }] of answers.entries()) {
      const row = rows[n];
      if (type !== 'refused' || !row || row.outcome !== '') continue;
      row.outcome = `refused:${code ?? ''}`;
      this.#waiting.set(
        row.clientId,
        (this.#waiting.get(row.clientId) ?? []).filter((one) => one !== row),
      );
    }
  }

  #written({ orders = [], fills = [] }: z.infer<typeof Told>, atMs: number): void {
    for (const { clientId, role, status, reason } of orders) {
      this.#roles.set(clientId, role);
      for (const row of this.#waiting.get(clientId) ?? []) {
        if (row.heardMs !== null || status === WAITING[row.kind]) continue;
        row.heardMs = atMs;
        row.outcome = status === 'rejected' ? `rejected:${reason}` : status;
      }
      if (!this.#orders.has(clientId)) this.#learn(clientId);
    }
    for (const { n, ...fill } of fills) {
      const before = this.fills.get(n);
      const role = this.#roles.get(fill.clientId) ?? 'foreign';
      this.fills.set(n, { ...fill, role, heardMs: before?.heardMs ?? atMs, fee: fill.fee ?? before?.fee ?? null });
    }
  }

  #learn(clientId: string): void {
    const row = this.commands.find((one) => one.clientId === clientId);
    if (row?.side) this.#orders.set(clientId, { symbol: row.symbol, side: row.side });
  }

  #event(event: AccountEvent, heardMs: number): void {
    if (event.kind === 'order' || event.kind === 'fill') this.notices.push({ venueMs: event.atMs, heardMs });
    if (event.kind !== 'order') return;
    this.#rests(event);
    const row = (this.#waiting.get(event.clientId) ?? []).find((one) => one.venueMs === null && PROVES[one.kind].has(event.state));
    if (row) row.venueMs = event.atMs;
  }

  #rests({ state, clientId, symbol, side, price, size, filled, atMs }: OrderReport): void {
    if (price === null || !this.#instruments.has(symbol)) return;
    const lives = state === 'accepted' || state === 'amended' || state === 'partially-filled';
    this.resting.push({ atMs, symbol, clientId, side, ticks: price, lots: lives ? Math.max(0, size - filled) : 0 });
  }
}

/** In ticks, for those who compare a command with what rests; null where it has none. */
export function termsIn(instrument: Instrument, { price, size }: Pick<RecordedCommand, 'price' | 'size'>) {
  const [ticks, lots] = [price === null ? null : parsePrice(instrument, price), size === null ? null : parseSize(instrument, size)];
  return ticks === null || lots === null ? null : { ticks, lots };
}
