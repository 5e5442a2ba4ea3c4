/** Conditional orders of a venue in memory: answers as told, else does as asked. Stands for the world. */
import type { StopReport } from '../../shared/events.ts';
import { err, ok } from '../../shared/result.ts';
import type { WallMs } from '../../shared/units.ts';
import type { StopEntry, StopRequest, VenueFault, VenueResult } from '../../gateway/venues/venue.ts';

type Named = { readonly symbol: string; readonly clientId: string };

export class ScriptedStops implements StopEntry {
  /** Everything ever placed, by client id, as it is now. */
  readonly all = new Map<string, StopReport>();
  readonly calls: string[] = [];
  /** Answers to the next calls of a kind; one whose outcome is unknown may be carried out all the same. */
  readonly answers: { place: VenueFault[]; cancel: VenueFault[]; query: VenueFault[]; list: VenueFault[] } = {
    place: [],
    cancel: [],
    query: [],
    list: [],
  };
  reachesAnyway = false;
  readonly #nowMs: () => WallMs;
  #ids = 0;

  constructor(nowMs: () => WallMs) {
    this.#nowMs = nowMs;
  }

  recentStopIds(symbol: string): Promise<VenueResult<readonly string[]>> {
    const all = [...this.all.values()].filter((stop) => stop.symbol === symbol);
    return Promise.resolve(ok(all.map(({ clientId }) => clientId)));
  }

  waiting(): readonly StopReport[] {
    return [...this.all.values()].filter(({ state }) => state === 'waiting');
  }

  /** Changes one as the venue would. */
  become(clientId: string, over: Partial<StopReport>): StopReport {
    const before = this.all.get(clientId);
    if (!before) throw new Error(`${clientId} was never placed`);
    const next = { ...before, ...over, atMs: this.#nowMs() };
    this.all.set(clientId, next);
    return next;
  }

  add(stop: Omit<StopReport, 'kind' | 'atMs' | 'venueId' | 'childId' | 'reason' | 'state'>): StopReport {
    const report: StopReport = {
      ...stop,
      kind: 'stop',
      state: 'waiting',
      venueId: `a${++this.#ids}`,
      childId: '',
      reason: '',
      atMs: this.#nowMs(),
    };
    this.all.set(stop.clientId, report);
    return report;
  }

  #isCarriedOut({ kind }: VenueFault): boolean {
    return this.reachesAnyway && kind === 'unknown';
  }

  async placeStop(request: StopRequest): Promise<VenueResult<StopReport>> {
    this.calls.push('place');
    const refused = this.answers.place.shift();
    if (refused && !this.#isCarriedOut(refused)) return err(refused);
    const { symbol, clientId, side, trigger, size } = request;
    if (this.all.has(clientId)) throw new Error(`${clientId} was placed twice`);
    const report = this.add({ symbol, clientId, side, trigger, size, reduceOnly: true });
    return refused ? err(refused) : ok(report);
  }

  async cancelStop({ clientId }: Named): Promise<VenueResult<null>> {
    this.calls.push('cancel');
    const refused = this.answers.cancel.shift();
    if (refused && !this.#isCarriedOut(refused)) return err(refused);
    if (this.all.get(clientId)?.state !== 'waiting') return err({ kind: 'gone', reason: 'not-found', sentence: 'gone' });
    this.become(clientId, { state: 'canceled' });
    return refused ? err(refused) : ok(null);
  }

  async queryStop({ clientId }: Named): Promise<VenueResult<StopReport>> {
    this.calls.push('query');
    const [refused, found] = [this.answers.query.shift(), this.all.get(clientId)];
    if (refused) return err(refused);
    return found ? ok(found) : err({ kind: 'gone', reason: 'not-found', sentence: 'gone' });
  }

  async openStops(): Promise<VenueResult<readonly StopReport[]>> {
    this.calls.push('list');
    const refused = this.answers.list.shift();
    return refused ? err(refused) : ok(this.waiting());
  }
}
