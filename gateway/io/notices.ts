/** What the order side has to say: logged, counted, and its errors kept for whoever asks. */
import type { Log } from '../../shared/log.ts';
import type { Metrics } from '../../shared/metrics.ts';
import type { Notice } from '../account/keeper.ts';

export class Notices {
  readonly #errors = new Map<string, number>();
  readonly tell: Notice;

  constructor({ log, metrics }: { readonly log: Log; readonly metrics: Metrics }) {
    const counter = metrics.counter('notices_total', 'Facts told by the order side', ['level']);
    const orders = log.child({ room: 'orders' });
    this.tell = ({ level, message, fields }) => {
      counter.inc({ level });
      if (level === 'error') this.#errors.set(message, (this.#errors.get(message) ?? 0) + 1);
      orders[level](fields, message);
    };
  }

  /** Distinct messages with their counts, most frequent first; `fault` of the ledger before them. */
  problems(fault: string | null): readonly string[] {
    const counted = [...this.#errors].sort((a, b) => b[1] - a[1]).map(([message, count]) => `${message} (${count})`);
    return fault === null ? counted : [`Ledger unavailable: ${fault}`, ...counted];
  }
}
