/** What is counted as it happens, in plain fields: answers to commands, ends of orders, how late fills are told. */
import { Buckets } from '../../../shared/buckets.ts';
import type { Answer, Command, Refusal } from '../../../shared/command.ts';
import { hasEnded, type OrderStatus } from '../../../shared/order.ts';
import type { WallMs } from '../../../shared/units.ts';
import type { AccountEvent } from '../../../shared/events.ts';
import type { LedgerOrder } from '../../account/rows.ts';

export type AnswerCount = { readonly type: Command['type']; readonly answer: 'taken' | Refusal; count: number };

export class Counters {
  /** By `type answer`; both are closed sets. */
  readonly answers = new Map<string, AnswerCount>();
  readonly ended = new Map<OrderStatus, number>();
  /** From the venue's time of a fill to ours when the private stream told it, seconds. */
  readonly fillDelay = new Buckets();
  /** Own orders that have not ended, so that each end counts once. */
  readonly #open = new Set<string>();

  /** Hands the answer on. */
  answered(answer: Answer, command: Command): Answer {
    if (answer.type === 'batch' && command.type === 'batch')
      for (const [i, one] of answer.answers.entries()) this.#count(command.commands[i]?.type ?? 'batch', one);
    else this.#count(command.type, answer);
    return answer;
  }

  onAccount(event: AccountEvent, nowMs: WallMs): void {
    if (event.kind === 'fill') this.fillDelay.add((nowMs - event.atMs) / 1_000);
  }

  onOrders(orders: readonly LedgerOrder[]): void {
    for (const { clientId, role, order } of orders) {
      if (role === 'foreign') continue;
      if (!hasEnded(order.status)) this.#open.add(clientId);
      else if (this.#open.delete(clientId)) this.ended.set(order.status, (this.ended.get(order.status) ?? 0) + 1);
    }
  }

  #count(type: Command['type'], answer: Answer): void {
    const what = answer.type === 'refused' ? answer.code : 'taken';
    const key = `${type} ${what}`;
    const known = this.answers.get(key);
    if (known) known.count++;
    else this.answers.set(key, { type, answer: what, count: 1 });
  }
}
