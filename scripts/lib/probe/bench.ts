/** What every question of the probe works with: one symbol, the smallest orders, ids of the tools' own range. */
import * as z from 'zod';
import { formatPrice, formatSize, type Instrument } from '../../../shared/instrument.ts';
import { lots, ticks } from '../../../shared/units.ts';
import type { Parameters } from '../../../gateway/venues/binance/sign.ts';
import { testClientId } from '../test-id.ts';
import { accepted, type Asked, type ProbeWire, type Reply } from './wire.ts';

const Marks = z.object({ markPrice: z.string() });
export const Orders = z.array(z.object({ clientOrderId: z.string() }));
export const Algos = z.array(z.object({ clientAlgoId: z.string() }));
const Positions = z.array(z.object({ symbol: z.string(), positionAmt: z.string() }));

/** Above the smallest value, so that a moving mark refuses nothing. */
const ROOM = 1.15;

export class Bench {
  readonly wire: ProbeWire;
  readonly instrument: Instrument;
  /** Quote units. */
  readonly mark: number;
  #lastIdMs = 0;

  private constructor(wire: ProbeWire, { instrument, mark }: { readonly instrument: Instrument; readonly mark: number }) {
    this.wire = wire;
    this.instrument = instrument;
    this.mark = mark;
  }

  /** Null when the venue does not tell symbol and mark. */
  static async open(wire: ProbeWire, symbol: string): Promise<Bench | null> {
    const instrument = await wire.instrument(symbol);
    const mark = Marks.safeParse((await wire.open(`/fapi/v1/premiumIndex?symbol=${encodeURIComponent(symbol)}`)).value);
    return instrument && mark.success ? new Bench(wire, { instrument, mark: Number(mark.data.markPrice) }) : null;
  }

  get symbol(): string {
    return this.instrument.symbol;
  }

  nextId(): string {
    this.#lastIdMs = Math.max(this.#lastIdMs + 1, Date.now());
    return testClientId(this.#lastIdMs);
  }

  /** A share of the mark, on the grid. */
  price(share: number): string {
    return formatPrice(this.instrument, ticks(Math.floor((this.mark * share) / Number(this.instrument.tickSize))));
  }

  /** The smallest that the venue takes at that share of the mark. */
  size(share: number, times = 1): string {
    const { stepSize, minNotional, minLots } = this.instrument;
    const least = Math.ceil((Number(minNotional) * ROOM) / (this.mark * share) / Number(stepSize));
    return formatSize(this.instrument, lots(Math.max(least, minLots) * times));
  }

  order(over: Readonly<Record<string, string>>): Parameters {
    const fields = {
      symbol: this.symbol,
      side: 'BUY',
      type: 'LIMIT',
      timeInForce: 'GTC',
      price: this.price(0.8),
      quantity: this.size(0.8),
      ...over,
    };
    return Object.entries({ ...fields, selfTradePreventionMode: 'EXPIRE_MAKER' });
  }

  place(over: Readonly<Record<string, string>>, asked: Omit<Asked, 'parameters'> = {}): Promise<Reply> {
    return this.wire.signed('POST', '/fapi/v1/order', { parameters: this.order(over), ...asked });
  }

  stop(over: Readonly<Record<string, string>>): Promise<Reply> {
    const fields = { algoType: 'CONDITIONAL', symbol: this.symbol, side: 'SELL', type: 'STOP_MARKET', workingType: 'MARK_PRICE', ...over };
    return this.wire.signed('POST', '/fapi/v1/algoOrder', Object.entries(fields));
  }

  cancel(id: string): Promise<Reply> {
    return this.wire.signed('DELETE', '/fapi/v1/order', [
      ['symbol', this.symbol],
      ['origClientOrderId', id],
    ]);
  }

  query(id: string): Promise<Reply> {
    return this.wire.get('/fapi/v1/order', [
      ['symbol', this.symbol],
      ['origClientOrderId', id],
    ]);
  }

  /** Ids of open orders, or null when they cannot be read. */
  async openOrders(): Promise<readonly string[] | null> {
    const rows = Orders.safeParse((await this.wire.get('/fapi/v1/openOrders', [['symbol', this.symbol]])).value);
    return rows.success ? rows.data.map(({ clientOrderId }) => clientOrderId) : null;
  }

  async openStops(): Promise<readonly string[] | null> {
    const rows = Algos.safeParse((await this.wire.get('/fapi/v1/openAlgoOrders', [['symbol', this.symbol]])).value);
    return rows.success ? rows.data.map(({ clientAlgoId }) => clientAlgoId) : null;
  }

  /** Signed, base units; null when it cannot be read. */
  async position(): Promise<string | null> {
    const rows = Positions.safeParse((await this.wire.get('/fapi/v3/positionRisk', [['symbol', this.symbol]])).value);
    return rows.success ? (rows.data.find(({ symbol }) => symbol === this.symbol)?.positionAmt ?? '0') : null;
  }

  /** The smallest position, bought at market. Unknown: it may have been bought, or be bought later. */
  async buy(): Promise<'bought' | 'refused' | 'unknown'> {
    const { stepSize } = this.instrument;
    const fields = { symbol: this.symbol, side: 'BUY', type: 'MARKET', quantity: this.size(1), newOrderRespType: 'RESULT' };
    const reply = await this.wire.signed('POST', '/fapi/v1/order', Object.entries({ ...fields, newClientOrderId: this.nextId() }));
    if (!accepted(reply)) return reply.status === 400 ? 'refused' : 'unknown';
    return Math.abs(Number(await this.position())) >= Number(stepSize) ? 'bought' : 'unknown';
  }

  /** Its reduce-only end, whichever side it is on. */
  close(position: string): Promise<Reply> {
    const [side, quantity] = position.startsWith('-') ? ['BUY', position.slice(1)] : ['SELL', position];
    const fields = { symbol: this.symbol, side, type: 'MARKET', quantity, reduceOnly: 'true', newClientOrderId: this.nextId() };
    return this.wire.signed('POST', '/fapi/v1/order', Object.entries(fields));
  }
}
