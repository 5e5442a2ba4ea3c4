/** Where the order side's facts go: each to the log and a counter, errors to the list of problems, those that a person must hear to the alarms. */
import type { Clock } from '../../shared/clock.ts';
import type { Log } from '../../shared/log.ts';
import type { Metrics } from '../../shared/metrics.ts';
import type { Fact } from '../account/keeper.ts';
import type { Identity } from '../orders/core.ts';
import { Alarms } from '../publish/alarms.ts';

export type NoticesOptions = { readonly log: Log; readonly metrics: Metrics; readonly clock: Clock; readonly identity: Identity };

export class Notices {
  readonly alarms: Alarms;
  readonly #log: Log;
  readonly #count: (level: string) => void;
  readonly #errors = new Map<string, number>();

  constructor({ log, metrics, clock, identity }: NoticesOptions) {
    const counter = metrics.counter('notices_total', 'Facts told by the order side', ['level']);
    this.alarms = new Alarms({ clock, epoch: identity.epoch });
    this.#log = log.child({ room: 'orders' });
    this.#count = (level) => counter.inc({ level });
  }

  readonly tell = ({ level, message, fields, alarm }: Fact): void => {
    this.#count(level);
    if (level === 'error') this.#errors.set(message, (this.#errors.get(message) ?? 0) + 1);
    if (alarm !== undefined) this.alarms.raise({ code: alarm, symbol: symbolOf(fields), sentence: sentenceOf(message, fields) });
    this.#log[level](fields, message);
  };

  /** Distinct errors with counts, worst first; before them the ledger's, when it cannot be written. */
  problems(ledgerFault: string | null): readonly string[] {
    const counted = [...this.#errors].sort((a, b) => b[1] - a[1]).map(([message, count]) => `${message} (${count})`);
    return ledgerFault === null ? counted : [`Ledger: ${ledgerFault}`, ...counted];
  }
}

const symbolOf = ({ symbol }: Fact['fields']): string | undefined => (typeof symbol === 'string' ? symbol : undefined);

function sentenceOf(message: string, { symbol: _, ...fields }: Fact['fields']): string {
  const told = Object.entries(fields).map(([name, value]) => `${name} ${typeof value === 'string' ? value : JSON.stringify(value)}`);
  return told.length === 0 ? message : `${message}: ${told.join(', ')}`;
}
