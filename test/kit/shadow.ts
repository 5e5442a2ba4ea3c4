/** A shadow on the market of the builders, snapshot by snapshot: a puppet that wants what a test tells it. */
import { ShadowWorld } from '../../brain/shadow/shadow-world.ts';
import { TradeRow } from '../../brain/news.ts';
import type { PositionDoc, TradeDoc } from '../../shared/snapshot.ts';
import type { QueueModelName } from '../../shared/sim/queue.ts';
import { monoMs, wallMs } from '../../shared/units.ts';
import type { Documents } from '../../brain/view.ts';
import type { ShadowMoney } from '../../brain/shadow/shadow-money.ts';
import type { Settings } from '../../brain/step.ts';
import { documents, type Over, positionDoc, runWith, settings, SYMBOL, tradeDoc } from './brain.ts';
import { Puppet } from './runs.ts';

export const FEES = { maker: '0.0002', taker: '0.0005' };
const START_MS = 1_700_000_000_000;
const PERIOD_MS = 100;

export type Next = Over & {
  /** Public trades since the snapshot before. */
  readonly trades?: readonly Partial<TradeDoc>[];
  readonly position?: Partial<PositionDoc>;
};

export class ShadowDesk {
  readonly puppet = new Puppet('puppet');
  readonly world: ShadowWorld;
  readonly #row = new TradeRow();
  #seq = 50;
  #trades = 0;

  constructor({
    queueModel = 'risk-averse' as QueueModelName,
    money = {} as Readonly<Record<string, ShadowMoney>>,
    over = {} as Partial<Settings>,
  } = {}) {
    const run = runWith({ ...this.puppet.strategy, toleranceBps: 0 }, { id: 'shadow' });
    this.world = new ShadowWorld({ run, settings: settings([run], over), queueModel, money });
  }

  take(next: Next = {}): ReturnType<ShadowWorld['take']> {
    const { documents: seen, now, nowMs } = this.moment(next);
    return this.world.take({ documents: seen, now, nowMs });
  }

  moment({ trades = [], position = {}, docs = {}, head = {}, ...over }: Next = {}) {
    const seq = ++this.#seq;
    const [wall, stamp] = [START_MS + PERIOD_MS * seq, { epoch: 3, seq }];
    this.#row.add(trades.map((trade) => tradeDoc(++this.#trades, trade)));
    const about = positionDoc({ ...stamp, commission: FEES, ...position });
    const seen: Documents = documents({
      ...over,
      head: { ...stamp, wallMs: wall, ...head },
      docs: { position: about, trades: this.#row.take(), ...docs },
    });
    const now = monoMs(1_000 + PERIOD_MS * seq);
    return { documents: { ...seen, seenAt: now }, now, nowMs: wallMs(wall) };
  }

  get money(): ShadowMoney {
    const one = this.world.symbol(SYMBOL);
    if (!one) throw new Error('Cannot tell: no such symbol');
    return one.money;
  }

  /** Lots, signed. */
  get position(): number {
    return Number(this.money.holding.size / 100_000n);
  }
}
