/**
 * Profit since midnight UTC, open positions included: what the ledger has earned now less what it had at the day's first look. Transfers
 * do not count, because it is made of profit, fees, funding and unrealized profit alone. Where the day began is remembered over restarts;
 * a gateway that was down at midnight counts from its first look of the day. Pure; text out, to persist.
 */
import { type Atoms, atoms, formatAtoms, parseAtoms, type WallMs } from '../../shared/units.ts';

const DAY_MS = 86_400_000;

/** `from`: what had been earned when the day began, by margin asset. `lost`: assets in which the day's loss went too far. */
type Day = { readonly startMs: number; readonly from: Readonly<Record<string, string>>; readonly lost: readonly string[] };

export class DayPnl {
  readonly #save: (text: string) => boolean;
  #day: Day;
  #unsaved = false;

  /** `saved`: what `save` was last given, null at the first start. */
  constructor({ saved, save }: { readonly saved: string | null; readonly save: (text: string) => boolean }) {
    this.#save = save;
    this.#day = saved === null ? { startMs: 0, from: {}, lost: [] } : (JSON.parse(saved) as Day);
  }

  /** Profit of the day so far, from all that the ledger has earned in an asset (`earned`: realized + unrealized + funding - fees). */
  look({ asset, earned, nowMs }: { readonly asset: string; readonly earned: Atoms; readonly nowMs: WallMs }): Atoms {
    const startMs = Math.floor(nowMs / DAY_MS) * DAY_MS;
    if (startMs > this.#day.startMs) this.#put({ startMs, from: {}, lost: [] });
    const from = this.#day.from[asset];
    if (from === undefined) this.#put({ ...this.#day, from: { ...this.#day.from, [asset]: formatAtoms(earned) } });
    return atoms(earned - (from === undefined ? earned : (parseAtoms(from) ?? earned)));
  }

  /** Booked only now and of an earlier day: it was earned before this one began. */
  bookedLate({ asset, amount, atMs }: { readonly asset: string; readonly amount: Atoms; readonly atMs: number }): void {
    const from = parseAtoms(this.#day.from[asset] ?? '');
    if (from === null || atMs >= this.#day.startMs) return;
    this.#put({ ...this.#day, from: { ...this.#day.from, [asset]: formatAtoms(atoms(from + amount)) } });
  }

  /** The loss went too far: so it stays until midnight, or until a person resumes. True when it is news. */
  lose(asset: string): boolean {
    if (this.#day.lost.includes(asset)) return false;
    this.#put({ ...this.#day, lost: [...this.#day.lost, asset] });
    return true;
  }

  hasLost(asset: string): boolean {
    return this.#day.lost.includes(asset);
  }

  get lost(): readonly string[] {
    return this.#day.lost;
  }

  /** A person has looked: the day's loss counts from here. */
  forgive(): void {
    if (this.#day.lost.length > 0) this.#put({ ...this.#day, from: {}, lost: [] });
  }

  /** Writes what the disk has not taken yet. Called often. */
  retry(): void {
    if (this.#unsaved && this.#save(JSON.stringify(this.#day))) this.#unsaved = false;
  }

  #put(day: Day): void {
    this.#day = day;
    this.#unsaved = true;
    this.retry();
  }
}
