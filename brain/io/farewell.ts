/**
 * The end of a brain: its quotes are taken back, and the gateway's own word is waited for that none is left and no fill is unread. Not a
 * snapshot's: Redis may be dead, and one that is old proves nothing. Being hurried shortens the wait and skips nothing.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Answer, OrdersAnswer, PositionsAnswer } from '../../shared/command.ts';
import { isSteered } from '../oms/working.ts';
import type { GatewayLink } from './gateway-link.ts';

export type FarewellOptions = {
  readonly link: Pick<GatewayLink, 'request' | 'connected'>;
  /** Number of the newest fill counted. */
  readonly fillSeq: () => number | null;
  /** Reads on; what it cannot read now is asked for again. */
  readonly readFills: (upTo: number) => Promise<void>;
};
export type Farewell = { readonly done: boolean; readonly sentence: string };

const PATIENCE_MS = 5_000;
const HURRIED_MS = 1_500;
const TURN_MS = 50;

export class Leaving {
  readonly #options: FarewellOptions;
  #deadline = Number.POSITIVE_INFINITY;

  constructor(options: FarewellOptions) {
    this.#options = options;
  }

  /** A person is impatient. */
  hurry(): void {
    this.#deadline = Math.min(this.#deadline, performance.now() + HURRIED_MS);
  }

  /** Asks again and again: an order of a lost connection, or of a brain before us, may turn up between two questions. */
  async leave(): Promise<Farewell> {
    this.#deadline = Math.min(this.#deadline, performance.now() + PATIENCE_MS);
    for (;;) {
      const problem = await this.#look();
      if (problem === null)
        return { done: true, sentence: `Its quotes are gone by the gateway's word; fills are read up to ${this.#options.fillSeq()}` };
      if (performance.now() >= this.#deadline)
        return { done: false, sentence: `NOT proved that its quotes are gone (${problem}): the gateway cancels them when the lease ends` };
      await sleep(TURN_MS);
    }
  }

  /** What is not as it should be; null when all is. */
  async #look(): Promise<string | null> {
    const { link, fillSeq, readFills } = this.#options;
    if (!link.connected) return 'no gateway answers';
    if ((await link.request({ type: 'cancelAll' }))?.type !== 'taken') return 'the gateway does not take the cancel';
    const orders = OrdersAnswer.safeParse(dataOf(await link.request({ type: 'query', what: 'orders', open: true, limit: 200 })));
    if (!orders.success) return 'the gateway does not tell the orders';
    const left = orders.data.orders.filter(({ role }) => isSteered(role));
    if (left.length > 0) return `${left.length} are open: ${left.map(({ clientId, status }) => `${clientId} ${status}`).join(', ')}`;
    const positions = PositionsAnswer.safeParse(dataOf(await link.request({ type: 'query', what: 'positions' })));
    if (!positions.success) return 'the gateway does not tell the fills';
    const upTo = positions.data.fillSeq;
    if (!reaches(fillSeq(), upTo)) await readFills(upTo);
    return reaches(fillSeq(), upTo) ? null : `fills are read up to ${fillSeq()}, there are ${upTo}`;
  }
}

const reaches = (fillSeq: number | null, upTo: number): boolean => fillSeq !== null && fillSeq >= upTo;
const dataOf = (answer: Answer | null): unknown => (answer?.type === 'data' ? answer.data : null);
