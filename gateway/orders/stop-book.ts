/** Stops at the venue as we know them: ours by client id, each persisted at every change, and those of others, which are only shown. */
import { isOurs } from '../../shared/client-id.ts';
import type { StopReport } from '../../shared/events.ts';
import type { MonoMs, WallMs } from '../../shared/units.ts';
import type { Now } from '../account/rows.ts';
import type { StopRequest } from '../venues/venue.ts';
import type { PlannedStop, StopStatus } from './stop-plan.ts';

export type StopRow = PlannedStop & {
  readonly symbol: string;
  readonly venueId: string | null;
  /** Venue id of the order in the market after the trigger; '' before. */
  readonly childId: string;
  /** Why it ended; '' while it lives or when nobody says. */
  readonly reason: string;
  readonly sentAt: MonoMs;
  readonly sentWallMs: WallMs;
};
export type StopBookOptions = {
  /** Rows of an earlier run that had not ended. */
  readonly rows: readonly StopRow[];
  /** False when the disk failed; the row is kept in memory all the same. */
  readonly save: (row: StopRow) => boolean;
  readonly now: Now;
};

/** Replies and stream race with a list: a change younger than this is not contradicted by one. */
const YOUNG_MS = 1_000;
const ENDED_KEPT_MS = 60_000;

export class StopBook {
  readonly #save: StopBookOptions['save'];
  readonly #rows = new Map<string, StopRow>();
  #foreign = new Map<string, StopReport>();

  /** What an earlier run left is unknown until the venue tells; what it saw triggered stays so. */
  constructor({ rows, save, now }: StopBookOptions) {
    this.#save = save;
    for (const row of rows) {
      const status: StopStatus = row.status === 'triggered' ? 'triggered' : 'unknown';
      this.#rows.set(row.clientId, { ...row, status, changedAt: now.mono, sentAt: now.mono });
    }
  }

  row(clientId: string): StopRow | null {
    return this.#rows.get(clientId) ?? null;
  }

  /** Own ones that have not ended. */
  live(symbol?: string): readonly StopRow[] {
    return [...this.#rows.values()].filter((row) => row.status !== 'ended' && (symbol === undefined || row.symbol === symbol));
  }

  foreign(symbol: string): readonly StopReport[] {
    return [...this.#foreign.values()].filter((report) => report.symbol === symbol);
  }

  /** Takes in a stop before its bytes leave; false when it could not be put on disk. */
  take({ symbol, clientId, side, trigger, size }: StopRequest, now: Now): boolean {
    const base = { clientId, symbol, side, trigger, size, status: 'placing', changedAt: now.mono } as const;
    return this.#put({ ...base, venueId: null, childId: '', reason: '', sentAt: now.mono, sentWallMs: now.wall });
  }

  /** Something we did, or an answer without a statement of the stop. */
  move(clientId: string, { status, reason = '', now }: { readonly status: StopStatus; readonly reason?: string; readonly now: Now }): void {
    const row = this.#rows.get(clientId);
    if (row && row.status !== 'ended') this.#put({ ...row, status, reason: status === 'ended' ? reason : '', changedAt: now.mono });
  }

  /** A statement of the venue, by reply, stream, query or list. Told twice or late it changes nothing. */
  report(report: StopReport, now: Now): void {
    const row = this.#rows.get(report.clientId) ?? adopted(report, now);
    if (row === null) {
      if (report.state === 'waiting') this.#foreign.set(report.clientId, report);
      else this.#foreign.delete(report.clientId);
      return;
    }
    const status = nextStatus(row.status, report.state);
    const { size, venueId, childId, reason } = report;
    const trigger = report.trigger ?? row.trigger; // told anew in the ticks of a changed instrument
    const known =
      this.#rows.has(row.clientId) && row.venueId === venueId && row.childId === childId && row.size === size && row.trigger === trigger;
    if (known && status === row.status) return;
    const changedAt = status === row.status ? row.changedAt : now.mono;
    this.#put({
      ...row,
      size,
      trigger,
      venueId,
      childId: childId || row.childId,
      status,
      reason: status === 'ended' ? reason : '',
      changedAt,
    });
  }

  /** All that waits at the venue, as read from `readAt` on: ours that are not in it have to be asked for. */
  list(reports: readonly StopReport[], { readAt, now }: { readonly readAt: MonoMs; readonly now: Now }): void {
    const listed = new Set(reports.map(({ clientId }) => clientId));
    this.#foreign = new Map(reports.filter(({ clientId }) => !this.#isOwn(clientId)).map((report) => [report.clientId, report]));
    for (const report of reports) {
      if (!this.#isOwn(report.clientId)) continue;
      const row = this.#rows.get(report.clientId);
      const revived = row?.status === 'ended' && readAt - row.changedAt >= YOUNG_MS;
      if (revived) this.#put({ ...row, status: 'unknown', changedAt: now.mono }); // we thought it gone, and it waits
      this.report(report, now);
    }
    for (const row of this.live())
      if (!listed.has(row.clientId) && row.status !== 'triggered' && row.status !== 'unknown' && readAt - row.changedAt >= YOUNG_MS)
        this.move(row.clientId, { status: 'unknown', now });
  }

  /** Lets go of what ended long ago. */
  prune(now: MonoMs): void {
    for (const row of this.#rows.values())
      if (row.status === 'ended' && now - row.changedAt >= ENDED_KEPT_MS) this.#rows.delete(row.clientId);
  }

  #isOwn(clientId: string): boolean {
    return this.#rows.has(clientId) || isOurs(clientId);
  }

  #put(row: StopRow): boolean {
    this.#rows.set(row.clientId, row);
    return this.#save(row);
  }
}

/** One of our ids that no ledger held; null for one of others. Ours always have a trigger. */
function adopted(report: StopReport, now: Now): StopRow | null {
  const { symbol, clientId, side, trigger, size, venueId } = report;
  if (!isOurs(clientId) || trigger === null) return null;
  const base = { clientId, symbol, side, trigger, size, status: 'unknown', changedAt: now.mono } as const;
  return { ...base, venueId, childId: '', reason: '', sentAt: now.mono, sentWallMs: now.wall };
}

/** A late `waiting` takes back neither a cancel on its way nor an end; after the trigger only the order in the market counts. */
function nextStatus(status: StopStatus, state: StopReport['state']): StopStatus {
  if (status === 'ended') return 'ended';
  switch (state) {
    case 'waiting':
      return status === 'placing' || status === 'unknown' ? 'resting' : status;
    case 'triggering':
    case 'triggered':
    case 'finished':
      return 'triggered';
    case 'canceled':
    case 'expired':
    case 'rejected':
      return 'ended';
  }
}
