/** What the order side has to say: logged, counted, and the errors of this run kept for whoever asks what is wrong. */
import type { Log } from '../../shared/log.ts';
import type { Metrics } from '../../shared/metrics.ts';
import type { Notice } from '../account/keeper.ts';

export class Notices {
  readonly tell: Notice;
  readonly #errors = new Map<string, number>();

  constructor({ log, metrics }: { readonly log: Log; readonly metrics: Metrics }) {
    const counter = metrics.counter('notices_total', 'Facts told by the order side', ['level']);
    const orders = log.child({ room: 'orders' });
    this.tell = ({ level, message, fields }) => {
      counter.inc({ level });
      if (level === 'error') this.#errors.set(message, (this.#errors.get(message) ?? 0) + 1);
      orders[level](fields, message);
    };
  }

  /** Distinct errors with their counts, worst first, after what is wrong with the ledger itself. */
  problems(ledgerFault: string | null): readonly string[] {
    const counted = [...this.#errors].sort((a, b) => b[1] - a[1]).map(([message, count]) => `${message} (${count})`);
    return ledgerFault === null ? counted : [`Ledger: ${ledgerFault}`, ...counted];
  }
}
