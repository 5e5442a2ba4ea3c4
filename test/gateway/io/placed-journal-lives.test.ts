import fc from 'fast-check';
import { existsSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Ledger } from '../../../gateway/account/ledger.ts';
import { LedgerStore } from '../../../gateway/io/ledger-store.ts';
import { JOURNAL_SUFFIX } from '../../../gateway/io/placed-journal.ts';
import { VirtualClock } from '../../../shared/clock.ts';
import { fastDir } from '../../kit/fast-dir.ts';
import { at, id, instrument, request } from '../../kit/orders.ts';

const INSTRUMENTS = new Map([['BTCUSDT', instrument()]]);
let dir = '';
let files = 0;
beforeEach(() => {
  dir = fastDir('placed-lives');
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** `half`: in the line of the newest order. `full`: after the commit of the batch, before the journal is emptied. */
type Kill = 'plain' | 'half' | 'full';
type Step = 'place' | 'end' | 'flush' | Kill;
type Known = Map<number, 'sent' | 'rejected'>;

/** One ledger over many lives, beside what has to be known of it. */
class Lives implements Disposable {
  readonly #path = join(dir, `${files++}.sqlite`);
  readonly #journal = `${this.#path}${JOURNAL_SUFFIX}`;
  readonly #clock = new VirtualClock(1_700_000_000_000);
  readonly #live: Known = new Map();
  readonly #tables: Known = new Map();
  #newest = 0;
  #store = this.#open();
  #ledger = this.#load();

  step(step: Step): void {
    if (step === 'place') this.#place();
    else if (step === 'end') this.#end();
    else if (step === 'flush') this.#flush();
    else this.#kill(step);
  }

  /** What the present life knows, and how often each was taken in. */
  get found(): readonly unknown[] {
    const ids = Array.from({ length: this.#newest }, (_, i) => id(i + 1));
    return ids.map((one) => {
      const sent = this.#store.life(one)?.transitions.filter(({ status }) => status === 'sent').length ?? 0;
      return [this.#store.findOrder(one)?.order.status ?? null, sent];
    });
  }

  get expected(): readonly unknown[] {
    const statuses = Array.from({ length: this.#newest }, (_, i) => this.#live.get(i + 1) ?? null);
    return statuses.map((status) => [status, status === null ? 0 : 1]);
  }

  [Symbol.dispose](): void {
    this.#store[Symbol.dispose]();
  }

  #place(): void {
    const n = ++this.#newest;
    expect(this.#store.write(this.#ledger.take(request({ clientId: id(n) }), at(n)), 'request')).toBe(true);
    this.#live.set(n, 'sent');
  }

  #end(): void {
    const [n] = [...this.#live].find(([, status]) => status === 'sent') ?? [];
    if (n === undefined) return;
    this.#store.write(this.#ledger.move(id(n), { kind: 'rejected', now: at(n) }), 'reply');
    this.#live.set(n, 'rejected');
  }

  #flush(): void {
    this.#store.flush();
    for (const [n, status] of this.#live) this.#tables.set(n, status);
  }

  #kill(kind: Kill): void {
    const lines = existsSync(this.#journal) ? readFileSync(this.#journal) : Buffer.alloc(0);
    if (kind === 'full') this.#flush();
    this.#store.abandon();
    if (kind === 'full') writeFileSync(this.#journal, lines);
    if (kind === 'half' && lines.length > 0) {
      truncateSync(this.#journal, lines.length - 3);
      this.#live.delete(this.#newest);
    }
    for (const n of this.#live.keys()) this.#live.set(n, this.#tables.get(n) ?? 'sent');
    this.#clock.advance(1_000);
    this.#store = this.#open();
    this.#ledger = this.#load();
    expect(this.found).toEqual(this.expected);
    this.#flush();
  }

  #open(): LedgerStore {
    return new LedgerStore({ path: this.#path, clock: this.#clock });
  }

  #load(): Ledger {
    return new Ledger({ instruments: INSTRUMENTS, archive: this.#store, state: this.#store.load(INSTRUMENTS) });
  }
}

const anySteps = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: fc.constant<Step>('place') },
    { weight: 2, arbitrary: fc.constantFrom<Step>('end', 'flush') },
    { weight: 2, arbitrary: fc.constantFrom<Step>('plain', 'half', 'full') },
  ),
  { minLength: 3, maxLength: 20 },
);

test('over any lives each order that may have left is known once, in a state no older than the tables had', () => {
  fc.assert(
    fc.property(anySteps, (steps) => {
      using lives = new Lives();
      for (const step of [...steps, 'plain' as const]) lives.step(step);
    }),
    { numRuns: 40 },
  );
});
