/**
 * Brings positions, fills and money of the ledger and the venue together: what is missing is looked for in the list of trades; what still
 * differs after several reads is taken over from the venue, in the open, with its reason.
 */
import type { Clock } from '../../shared/clock.ts';
import type { MonoMs } from '../../shared/units.ts';
import type { Holdings } from '../venues/venue.ts';
import { orderCorrections, withCorrections } from './corrections.ts';
import type { Keeper } from './keeper.ts';
import { type Correction, reconcilePositions } from './reconcile.ts';
import type { LedgerOrder } from './rows.ts';
import type { TradeReader } from './trade-reader.ts';

export type SettlerOptions = {
  readonly keeper: Keeper;
  readonly clock: Clock;
  readonly symbols: readonly string[];
  readonly trades: TradeReader;
  /** Null: it could not be read. */
  readonly readHoldings: () => Promise<Pick<Holdings, 'positions'> | null>;
  /** Something was not as it should be, and no mere race. */
  readonly onCorrected: () => void;
};

/** Ledger and stream may disagree this long (they race). */
export const GRACE_MS = 1_500;
/** REST may lag behind the stream: a difference must be seen in this many reads, this far apart, before it is corrected. */
const READS_BEFORE_CORRECTION = 3;
const REREAD_MS = 1_000;
/** The list of trades is read so often for fills that an order lacks, before its order is believed without them. */
const LACKING_ROUNDS = 3;

export class Settler {
  readonly #options: SettlerOptions;
  /** Orders with fewer fills booked than the venue states, and in how many rounds they were looked for. */
  readonly #lacking = new Map<string, number>();

  constructor(options: SettlerOptions) {
    this.#options = options;
  }

  /** Something differs for longer than a race: what, as a reason to reconcile; null when nothing does. */
  due(now: MonoMs): string | null {
    const { keeper, symbols } = this.#options;
    const { positions } = keeper.ledger;
    for (const symbol of symbols) {
      const differs = positions.difference(symbol);
      if (differs && now - differs.since >= GRACE_MS) return `${differs.what === 'size' ? 'position' : differs.what}-differs`;
      if (keeper.ledger.fills.lacksFee(symbol, now)) return 'fee-missing';
    }
    return null;
  }

  /** False when the venue could not be read. */
  async settle(first: Pick<Holdings, 'positions'>, suspects: ReadonlySet<string>): Promise<boolean> {
    const now = this.#options.clock.monoMs();
    const { positions, fills } = this.#options.keeper.ledger;
    const isNew = this.#options.keeper.knownSince === null; // what an earlier run or a break has left
    const asked = this.#options.symbols.filter(
      (symbol) => isNew || fills.lacksFee(symbol, now) || positions.difference(symbol) !== null || this.#lackingOrders(symbol).length > 0,
    );
    const doubtful = new Set([...suspects, ...asked]);
    if (!(await this.#settleSizes(first, doubtful))) return false;
    for (const symbol of doubtful) if (!(await this.#seekFills(symbol))) return false;
    for (const symbol of this.#options.symbols) this.#settleMoney(symbol);
    return true;
  }

  async #settleSizes(first: Pick<Holdings, 'positions'>, suspects: ReadonlySet<string>): Promise<boolean> {
    const { keeper, symbols, clock, trades, readHoldings } = this.#options;
    let holdings = first;
    for (let reads = 1; ; reads++) {
      const asked = { ledger: keeper.ledger, positions: holdings.positions, symbols };
      const differing = reconcilePositions(asked, { tradesRead: false }).map((each) =>
        'symbol' in each ? each.symbol : each.report.symbol,
      );
      for (const symbol of new Set([...differing, ...(reads === 1 ? suspects : [])])) if (!(await trades.read(symbol))) return false;
      const left = reconcilePositions(asked, { tradesRead: true });
      if (left.length === 0) return true;
      if (reads >= READS_BEFORE_CORRECTION) {
        for (const correction of left) this.#correct(correction);
        return true;
      }
      await clock.sleep(REREAD_MS);
      const next = await readHoldings();
      if (next === null) return false;
      holdings = next;
    }
  }

  #correct(correction: Correction): void {
    if (correction.kind !== 'position') return;
    const { keeper, onCorrected } = this.#options;
    const { report, reason } = correction;
    const from = keeper.ledger.positions.row(report.symbol).size;
    keeper.commit(keeper.ledger.correct(report, { reason, now: keeper.now() }));
    const fields = { symbol: report.symbol, fromLots: from, toLots: report.size, reason };
    keeper.notice({ level: 'error', message: 'Position corrected to the venue', fields, alarm: 'position-corrected' });
    onCorrected();
  }

  /** Trades were read, and sizes agree; what our fills lead to in money is not what the venue says, and has not been for a while. */
  #settleMoney(symbol: string): void {
    const { keeper, onCorrected } = this.#options;
    const now = keeper.now();
    const differs = keeper.ledger.positions.difference(symbol);
    if (!differs || differs.what === 'size' || now.mono - differs.since < GRACE_MS) return;
    const change = keeper.ledger.correctMoney(symbol, { what: differs.what, now });
    keeper.commit(change);
    if (change.corrections.length === 0) return;
    const fields = { ...change.corrections[0] };
    keeper.notice({ level: 'error', message: 'Money corrected to the venue', fields, alarm: 'position-corrected' });
    onCorrected();
  }

  /** Fills that an order lacks may lie before the place that trades are read from; where the list knows none, the order's word is taken. */
  async #seekFills(symbol: string): Promise<boolean> {
    if (this.#lackingOrders(symbol).length > 0 && !(await this.#options.trades.readNewest(symbol))) return false;
    const left = this.#lackingOrders(symbol);
    for (const clientId of this.#lacking.keys()) if (!left.some((row) => row.clientId === clientId)) this.#lacking.delete(clientId);
    for (const row of left) this.#believe(row);
    return true;
  }

  #believe(row: LedgerOrder): void {
    const { keeper, onCorrected } = this.#options;
    const { symbol, clientId, statedFilled } = row;
    const rounds = (this.#lacking.get(clientId) ?? 0) + 1;
    this.#lacking.set(clientId, rounds);
    onCorrected();
    if (rounds < LACKING_ROUNDS) return;
    const now = keeper.now();
    const change = keeper.ledger.believeFilled(clientId, now);
    const rows = orderCorrections({ before: row, after: keeper.ledger.order(clientId) }, { reason: 'fills-not-found', now });
    keeper.commit(withCorrections(change, rows));
    const fields = { symbol, clientId, bookedLots: row.order.filled, statedLots: statedFilled };
    keeper.notice({ level: 'error', message: 'Fills of an order are in no list of the venue', fields });
  }

  /** The venue states more of an order than was booked, and the stream has had its time. */
  #lackingOrders(symbol: string): readonly LedgerOrder[] {
    const { ledger } = this.#options.keeper;
    return ledger.movingOrders(symbol).filter(({ order, statedFilled }) => statedFilled > order.filled);
  }
}
