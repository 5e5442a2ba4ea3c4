/** One history of the limits: a real order side on the real adapter and the simulator's wire, on virtual time, and what its judge found. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { makeClientId } from '../../../shared/client-id.ts';
import { type Config, checkConfig } from '../../../shared/config.ts';
import { formatPrice, formatSize } from '../../../shared/instrument.ts';
import type { Amend, Answer, Command, Place } from '../../../shared/command.ts';
import { API_KEY } from '../../../scripts/soak/acts.ts';
import { lots, ticks } from '../../../shared/units.ts';
import { CONFIG } from '../order-side.ts';
import { WireGateway } from '../wire-gateway.ts';
import { LimitsJudge } from './judge.ts';
import { type Step, SYMBOLS, type Wanted } from './step.ts';

export type Lived = {
  readonly violations: readonly string[];
  readonly sent: number;
  /** By `taken` or the code of the refusal. */
  readonly answers: Readonly<Record<string, number>>;
  readonly accepted: number;
  readonly looks: number;
  readonly reached: LimitsJudge['reached'];
};

export const MAX = { BTCUSDT: 0.05, ETHUSDT: 1 } as const;
/** Narrow enough that each of them is met. */
export const LIMITED: Config = (() => {
  const each = { maxOrderNotional: '1800', maxOpenOrders: 5, collarPercent: 2 };
  const checked = checkConfig({
    ...CONFIG,
    symbols: SYMBOLS,
    limits: {
      maxGrossNotional: '4500',
      symbols: Object.fromEntries(SYMBOLS.map((symbol) => [symbol, { ...each, maxPosition: String(MAX[symbol]) }])),
      equity: { maxOrderPercent: 100, maxPositionPercent: 2_000, maxDailyLossPercent: 50 },
      rate: { maxCommandsPerSecond: 12 },
    },
  });
  if ('problems' in checked) throw new Error(JSON.stringify(checked.problems));
  return checked.config;
})();

export type Script = { readonly seed: number; readonly steps: readonly Step[] };

/** `judged`: the limits that the exchange is held against, when others than the gateway has. */
export async function liveLimits({ seed, steps }: Script, judged = LIMITED): Promise<Lived> {
  await using wired = await WireGateway.open({ config: LIMITED, seed });
  const life = new Life(wired, judged);
  for (const step of steps) await life.take(step);
  await wired.run(5_000); // what is unknown is settled, what waits leaves
  return life.told();
}

class Life {
  readonly #wired: WireGateway;
  readonly #judge: LimitsJudge;
  readonly #answers: Record<string, number> = {};
  readonly #ids: string[] = [];
  #counter = 0;
  #sent = 0;

  constructor(wired: WireGateway, judged: Config) {
    this.#wired = wired;
    this.#judge = new LimitsJudge(wired.sim.simulator, judged);
  }

  told(): Lived {
    const { violations, accepted, looks, reached } = this.#judge;
    return { violations: [...violations], sent: this.#sent, answers: this.#answers, accepted: accepted.length, looks, reached };
  }

  async take(step: Step): Promise<void> {
    switch (step.do) {
      case 'place': {
        const places = step.orders.flatMap((wanted) => this.#place(wanted) ?? []);
        if (step.batch && places.length > 1) this.#send({ id: 1, type: 'batch', commands: places });
        else for (const place of places) this.#send(place);
        break;
      }
      case 'amend': {
        const amend = this.#amend(step);
        if (amend) this.#send(amend);
        break;
      }
      case 'cancel': {
        const clientId = this.#ids.at(-1 - step.nth);
        if (clientId !== undefined) this.#send({ id: 1, type: 'cancel', clientId });
        break;
      }
      case 'cancel-all':
        this.#send({ id: 1, type: 'cancelAll', symbol: step.symbol });
        break;
      case 'close':
        this.#send({ id: 1, type: 'closePosition', symbol: step.symbol, reason: 'test', ladder: 'taker' });
        break;
      case 'resume':
        this.#send({ id: 1, type: 'resume' });
        break;
      case 'reconnect':
        this.#wired.reconnect();
        break;
      case 'wait':
        await this.#wired.run(step.ms);
        break;
      case 'fault':
        this.#wired.fault(step.fault);
        break;
      default:
        throw new Error(`Cannot take step: ${JSON.stringify(step satisfies never)}`);
    }
    await nextTurn();
  }

  #send(command: Command): void {
    this.#sent++;
    this.#count(this.#wired.send(command));
  }

  #count(answer: Answer): void {
    if (answer.type === 'batch') for (const one of answer.answers) this.#count(one);
    else
      this.#answers[answer.type === 'refused' ? answer.code : answer.type] =
        (this.#answers[answer.type === 'refused' ? answer.code : answer.type] ?? 0) + 1;
  }

  /** Null while there is no book to price it by. */
  #place(wanted: Wanted): Place | null {
    const terms = this.#terms(wanted);
    if (terms === null) return null;
    const { symbol, side, how, reduceOnly } = wanted;
    const clientId = makeClientId({ role: 'quote', epoch: this.#wired.brain.epoch, counter: ++this.#counter });
    this.#ids.push(clientId);
    const common = { id: 1, type: 'place', clientId, symbol, side, size: terms.size, reduceOnly, ...this.#fresh() } as const;
    return how === 'market'
      ? { ...common, kind: 'market', timeInForce: 'ioc' }
      : { ...common, kind: 'limit', timeInForce: how, price: terms.price };
  }

  #amend({ nth, behind, share }: Extract<Step, { do: 'amend' }>): Amend | null {
    const clientId = this.#ids.at(-1 - nth);
    const order =
      clientId === undefined ? null : this.#wired.sim.simulator.exchange.trader(API_KEY).orders.find({ symbol: SYMBOLS[0], clientId });
    if (clientId === undefined || !order) return null;
    const terms = this.#terms({ symbol: SYMBOLS[0], side: order.side, behind, share });
    return terms && { id: 1, type: 'amend', clientId, ...terms, ...this.#fresh() };
  }

  #terms({ symbol, side, behind, share }: Pick<Wanted, 'symbol' | 'side' | 'behind' | 'share'>) {
    const { venue } = this.#wired.gateway.core;
    const [{ book }, instrument] = [venue.market.book(symbol), venue.instruments.get(symbol)];
    const best = side === 'buy' ? book.bestBid : book.bestAsk;
    if (best === null || !instrument) return null;
    const price = Math.round(best * (1 + ((side === 'buy' ? -1 : 1) * behind) / 10_000));
    const size = Math.max(1, Math.round((MAX[symbol] * share) / Number(instrument.stepSize)));
    return { price: formatPrice(instrument, ticks(price)), size: formatSize(instrument, lots(size)) };
  }

  #fresh() {
    const { identity, seqs } = this.#wired.gateway.core;
    return { basedOn: { epoch: identity.epoch, seq: seqs.seq }, ttlMs: 1_000 };
  }
}
