/** The way of a call to the engine and of its answer back, through latency and faults, the same for REST and the WebSocket API. */
import type { RestRequest, RestResponse } from '../../shared/sim/binance/rest.ts';
import { type CallFault, type CallFaults, executes, type Told, tell } from './faults/call-faults.ts';
import type { ExchangeFaults } from './faults/exchange-faults.ts';
import type { VenueFaults } from './faults/venue-faults.ts';
import type { Outbox } from './outbox.ts';
import type { Later, Way } from './ways.ts';

export type CallPathOptions = {
  readonly callFaults: CallFaults;
  readonly exchangeFaults: ExchangeFaults;
  readonly venue: VenueFaults;
  readonly outbox: Outbox;
  readonly nowMs: () => number;
  readonly later: Later;
};

/** Both directions of one connection. */
export type CallLine = { readonly there: Way; readonly back: Way };

export type PathCall = {
  /** Null: no fault has a name for it. */
  readonly request: RestRequest | null;
  /** Carries it out at the engine, `heldMs` after it came in at the door. */
  readonly run: (heldMs: number) => RestResponse;
};

type Made = RestResponse & { readonly holdMs: number };

export class CallPath {
  readonly #options: CallPathOptions;

  constructor(options: CallPathOptions) {
    this.#options = options;
  }

  /** `leave` brings the answer away, at the end of a step; never when the call is to hang. */
  pass(call: PathCall, { there, back }: CallLine, leave: (told: Told) => void): void {
    const { callFaults, venue, outbox, nowMs } = this.#options;
    const closed = venue.closed();
    if (closed) {
      outbox.put(() => leave({ ...closed, headers: {}, resetAt: null }));
      return;
    }
    const fault = call.request && callFaults.take(call.request);
    const cameMs = nowMs();
    const arrive = (): void => {
      const made = executes(fault) ? this.#execute(call, nowMs() - cameMs) : null;
      const told = tell(fault, made);
      if (!told) return;
      this.#after((made?.holdMs ?? 0) + slowness(fault, 'answer'), () => back.carry(() => outbox.put(() => leave(told))));
    };
    this.#after(slowness(fault, 'request'), () => there.carry(arrive));
  }

  /** One call that is held up holds up no other, though nothing overtakes on the line itself. */
  #after(ms: number, run: () => void): void {
    const { nowMs, later } = this.#options;
    if (ms > 0) later(nowMs() + ms, run);
    else run();
  }

  #execute({ request, run }: PathCall, heldMs: number): Made {
    const response = run(heldMs);
    return request ? this.#options.exchangeFaults.answer(request, response) : { ...response, holdMs: 0 };
  }
}

const slowness = (fault: CallFault | null, leg: 'request' | 'answer'): number =>
  fault?.kind === 'slow' && fault.leg === leg ? fault.byMs : 0;
