/** The brain of the model histories: it has no strategy, it sends whatever the script says, and beats unless it is told to be silent. */
import type { VirtualClock } from '../../../shared/clock.ts';
import { makeClientId } from '../../../shared/client-id.ts';
import type { Amend, Command, Place } from '../../../shared/command.ts';
import { formatPrice, formatSize } from '../../../shared/instrument.ts';
import { lots, ticks } from '../../../shared/units.ts';
import type { Client } from '../../../gateway/orders/desk.ts';
import type { LedgerOrder } from '../../../gateway/account/rows.ts';
import type { VirtualGateway } from '../virtual-gateway.ts';
import { type ModelExchange, SYMBOL } from './exchange.ts';
import type { Step } from './script.ts';

const BEAT_MS = 200;
const TTL_MS = 500;

export type BrainStep = Extract<
  Step,
  { does: 'place' | 'batch' | 'again' | 'amend' | 'amend-all' | 'cancel' | 'cancel-all' | 'close' | 'stop' }
>;
type Wish = Pick<Extract<Step, { does: 'place' }>, 'side' | 'at' | 'size' | 'timeInForce' | 'reduceOnly'>;

export class ModelBrain {
  readonly #exchange: ModelExchange;
  readonly #clock: VirtualClock;
  readonly #placed: Place[] = [];
  #gateway: VirtualGateway | null = null;
  #client: Client | null = null;
  #counter = 0;
  #beatAt = 0;
  /** It does not beat before. */
  mutedUntil = 0;

  constructor(exchange: ModelExchange, clock: VirtualClock) {
    this.#exchange = exchange;
    this.#clock = clock;
  }

  get isJoined(): boolean {
    return this.#gateway !== null;
  }

  /** Each life of a gateway grants an epoch of its own. */
  join(gateway: VirtualGateway): void {
    [this.#gateway, this.#client, this.#counter] = [gateway, gateway.hello('brain'), 0];
  }

  leave(): void {
    [this.#gateway, this.#client] = [null, null];
  }

  beat(): void {
    const now = this.#clock.monoMs();
    if (now < this.mutedUntil || now - this.#beatAt < BEAT_MS) return;
    this.#beatAt = now;
    this.#send({ id: 1, type: 'heartbeat', processed: this.#basedOn });
  }

  perform(step: BrainStep): void {
    const command = this.#commandOf(step);
    if (command) this.#send(command);
  }

  #commandOf(step: BrainStep): Command | null {
    switch (step.does) {
      case 'place':
        return this.#place(step);
      case 'batch':
        return this.#batch(step);
      case 'again':
        return this.#again(step);
      case 'amend':
        return this.#amend(step);
      case 'amend-all':
        return {
          id: 1,
          type: 'batch',
          commands: this.#quotes()
            .filter(mayAmend)
            .map((row, n) => this.#amendOf(row, { ...step, at: step.at - n })),
        };
      case 'cancel':
        return this.#cancel(step.n);
      case 'cancel-all':
        return { id: 1, type: 'cancelAll' };
      case 'close':
        return { id: 1, type: 'closePosition', symbol: SYMBOL, reason: 'model', ladder: step.ladder };
      case 'stop':
        return { id: 1, type: 'emergencyStop', reason: 'model' };
    }
  }

  #send(command: Command): void {
    if (this.#gateway && this.#client) this.#gateway.send(this.#client, command);
  }

  get #basedOn() {
    const { core } = this.#gateway ?? {};
    return { epoch: core?.identity.epoch ?? 0, seq: core?.seqs.seq ?? 0 };
  }

  #place({ side, at, timeInForce, reduceOnly, ...wish }: Wish): Place {
    const clientId = makeClientId({ role: 'quote', epoch: this.#client?.epoch ?? 0, counter: ++this.#counter });
    const [price, size] = [this.#price(side, at), formatSize(this.#exchange.instrument, lots(wish.size))];
    const terms = { symbol: SYMBOL, side, kind: 'limit', timeInForce, price, size, reduceOnly } as const;
    const place: Place = { id: 1, type: 'place', clientId, ...terms, basedOn: this.#basedOn, ttlMs: TTL_MS };
    this.#placed.push(place);
    return place;
  }

  /** The oldest goes, and several come at once. */
  #batch({ count, ...wish }: Extract<Step, { does: 'batch' }>): Command {
    const [oldest] = this.#quotes();
    const cancels = oldest ? [{ id: 2, type: 'cancel', clientId: oldest.clientId } as const] : [];
    const places = Array.from({ length: count }, (_, n) =>
      this.#place({ ...wish, at: wish.at - n, timeInForce: 'post-only', reduceOnly: false }),
    );
    return { id: 1, type: 'batch', commands: [...cancels, ...places] };
  }

  #again({ n, same }: Extract<Step, { does: 'again' }>): Command | null {
    const place = this.#placed.at(-1 - n);
    if (!place) return null;
    const other = formatSize(this.#exchange.instrument, lots(Math.round(Number(place.size) * 1_000) + 1));
    return { ...place, ...(same ? {} : { size: other }), basedOn: this.#basedOn };
  }

  #amend({ n, ...terms }: Extract<Step, { does: 'amend' }>): Command | null {
    const row = this.#nth(n, mayAmend);
    return row && this.#amendOf(row, terms);
  }

  #amendOf(row: LedgerOrder, { at, size }: { readonly at: number; readonly size: number }): Amend {
    const [price, wanted] = [this.#price(row.side, at), formatSize(this.#exchange.instrument, lots(size))];
    return { id: 1, type: 'amend', clientId: row.clientId, price, size: wanted, basedOn: this.#basedOn, ttlMs: TTL_MS };
  }

  #cancel(n: number): Command | null {
    const row = this.#nth(n);
    return row && { id: 1, type: 'cancel', clientId: row.clientId };
  }

  #nth(n: number, suits: (row: LedgerOrder) => boolean = () => true): LedgerOrder | null {
    const quotes = this.#quotes().filter(suits);
    return quotes[n % Math.max(1, quotes.length)] ?? null;
  }

  #quotes(): readonly LedgerOrder[] {
    const open = this.#gateway?.core.keeper.ledger.openOrders() ?? [];
    return open.filter(({ role }) => role === 'quote');
  }

  #price(side: 'buy' | 'sell', at: number): string {
    const { mid, instrument } = this.#exchange;
    return formatPrice(instrument, ticks(side === 'buy' ? mid - 1 + at : mid + 1 - at));
  }
}

const mayAmend = ({ order: { status } }: LedgerOrder): boolean => status === 'open' || status === 'partially-filled';
