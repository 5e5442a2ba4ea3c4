/** Faults of the venue as a whole: bans, a clock that is wrong, maintenance. */
import * as z from 'zod';
import type { RateLimits } from '../../../shared/sim/binance/limits.ts';
import type { Armed, FaultBoard } from './board.ts';
import { VENUE_ERRORS, type VenueError } from './venue-errors.ts';

const ms = z.number().positive();

export const VENUE_FAULTS = [
  /** An address is answered 418 to everything, new sockets included. */
  z.strictObject({ kind: z.literal('ban'), ms, address: z.string().default('127.0.0.1') }),
  /** The venue's clock is `ms` ahead (below zero: behind): server time, time windows and the `E` of stream messages. */
  z.strictObject({ kind: z.literal('clock-skew'), ms: z.int() }),
  /** The venue's clock jumps by `ms` from where it is. */
  z.strictObject({ kind: z.literal('clock-jump'), ms: z.int() }),
  /** Every call is answered -1016, every socket is dropped and none admitted. */
  z.strictObject({ kind: z.literal('maintenance'), ms }),
] as const;
const VenueFault = z.discriminatedUnion('kind', [...VENUE_FAULTS]);
export type VenueFault = z.infer<typeof VenueFault>;

export type VenueFaultsOptions = {
  readonly board: FaultBoard;
  readonly nowMs: () => number;
  readonly limits: () => RateLimits;
  readonly dropSockets: () => void;
};

const EVENT_TIME = /"E":(\d+)/;

export class VenueFaults {
  readonly #options: VenueFaultsOptions;
  #skewMs = 0;
  #maintenance: Armed<VenueFault>[] = [];

  constructor(options: VenueFaultsOptions) {
    this.#options = options;
  }

  start(fault: VenueFault): void {
    const { board, nowMs, limits, dropSockets } = this.#options;
    switch (fault.kind) {
      case 'ban':
        board.happen(fault);
        limits().ban(fault.address, nowMs() + fault.ms);
        break;
      case 'clock-skew':
        board.happen(fault);
        this.#skewMs = fault.ms;
        break;
      case 'clock-jump':
        board.happen(fault);
        this.#skewMs += fault.ms;
        break;
      case 'maintenance':
        this.#maintenance.push(board.arm(fault, { count: null, forMs: fault.ms }));
        dropSockets();
        break;
      default:
        throw new Error(`Cannot make fault: ${JSON.stringify(fault satisfies never)}`);
    }
  }

  /** How far the venue's clock is ahead. */
  skewMs(): number {
    return this.#skewMs;
  }

  /** A stream message as the venue's clock dates it. */
  date(text: string): string {
    return this.#skewMs === 0 ? text : text.replace(EVENT_TIME, (_, ms: string) => `"E":${Number(ms) + this.#skewMs}`);
  }

  /** What everything is answered while the venue is closed; null: it is open. */
  closed(): VenueError | null {
    if (this.#maintenance.length === 0) return null;
    this.#maintenance = this.#maintenance.filter((entry) => entry.isLive());
    this.#maintenance[0]?.fire();
    return this.#maintenance.length > 0 ? VENUE_ERRORS['shutting-down'] : null;
  }
}
