/** The emergency stop joined to what lies outside the order side: the file that asks for it, the ledger that keeps it, the word of our life beside both. */
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LIFE_FILE, type Life } from '../../shared/life-file.ts';
import type { Log } from '../../shared/log.ts';
import type { Header } from '../../shared/snapshot.ts';
import type { Reconciler } from '../account/reconciler.ts';
import type { LedgerOrder } from '../account/rows.ts';
import type { Closer } from '../orders/closer.ts';
import type { Core } from '../orders/core.ts';
import { Emergency } from '../orders/emergency.ts';
import type { Stops } from '../orders/stop.ts';
import { UnknownOrders } from '../orders/unknown-orders.ts';
import type { LedgerStore } from './ledger-store.ts';
import { PanicFile } from './panic-file.ts';
import type { RunDir } from './run-dir.ts';

export type SafetyOptions = {
  readonly core: Core;
  readonly closer: Closer;
  readonly stops: Stops;
  readonly reconciler: Reconciler;
  readonly store: LedgerStore;
  readonly runDir: Pick<RunDir, 'path'>;
  readonly log: Log;
  readonly dropWaiting: () => void;
};

export class Safety {
  readonly emergency: Emergency;
  readonly #options: SafetyOptions;
  readonly #file: PanicFile;
  readonly #unknown = new UnknownOrders();

  constructor(options: SafetyOptions) {
    const { core, closer, stops, reconciler, store, runDir, dropWaiting } = options;
    this.#options = options;
    this.#file = new PanicFile(runDir.path);
    this.emergency = new Emergency({
      ...{ core, closer, stops, dropWaiting },
      readTrades: (symbol) => reconciler.readTrades(symbol),
      saved: store.meta().emergency,
      save: (text) => store.setMeta('emergency', text),
      keepRequest: (order) => this.#file.keep(order),
      clearRequest: () => this.#file.clear(),
    });
  }

  /** At start, before anybody may quote. */
  takeUp(): void {
    this.#tellLife('running');
    this.emergency.takeUp();
    const taken = this.#options.core.modes.stopped === null ? this.#file.lookTaken() : null; // the ledger does not know of it
    if (taken !== null) this.emergency.trigger({ ...taken, source: 'file' });
    this.tick();
  }

  tick(): void {
    const asked = this.#file.look();
    if (asked !== null) this.emergency.trigger({ ...asked, source: 'file' });
    this.emergency.tick();
  }

  /** Nothing is being closed: what is under way is finished by whoever began it. */
  get isIdle(): boolean {
    return this.#options.closer.closing.length === 0 && (this.emergency.shown()?.phase ?? 'done') === 'done';
  }

  /** Nothing of ours was left open: whoever watches need not act. */
  ended(): void {
    this.#tellLife('ended');
  }

  onOrders(orders: readonly LedgerOrder[]): void {
    this.#unknown.onOrders(orders, this.#options.core.clock.monoMs());
  }

  header(): Pick<Header, 'emergency' | 'unknownOrders'> {
    const [emergency, unknownOrders] = [this.emergency.shown(), this.#unknown.view(this.#options.core.clock.monoMs())];
    return { ...(emergency ? { emergency } : {}), ...(unknownOrders ? { unknownOrders } : {}) };
  }

  /** A disk that fails does not keep us from trading; whoever watches then takes us for what we last said. */
  #tellLife(state: Life['state']): void {
    const { runDir, core, log } = this.#options;
    const file = join(runDir.path, LIFE_FILE);
    const life: Life = { state, epoch: core.identity.epoch, pid: process.pid, wallMs: core.clock.wallMs() };
    try {
      writeFileSync(`${file}.tmp`, `${JSON.stringify(life)}\n`, { mode: 0o600 });
      renameSync(`${file}.tmp`, file); // never half of it
    } catch (error) {
      log.warn({ file, problem: error instanceof Error ? error.message : String(error) }, 'Cannot say whether this gateway runs');
    }
  }
}
