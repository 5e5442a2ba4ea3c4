/** The way of a call through the faults of the exchange and back to who called, the same for REST and the WebSocket API. */
import type { Clock } from '../../shared/clock.ts';
import type { RestRequest, RestResponse } from '../../shared/sim/binance/rest.ts';
import type { CallFaults } from './faults/call-faults.ts';
import type { ExchangeFaults } from './faults/exchange-faults.ts';
import type { Outbox } from './outbox.ts';

export type CallPathOptions = {
  readonly callFaults: CallFaults;
  readonly exchangeFaults: ExchangeFaults;
  readonly outbox: Outbox;
  readonly clock: Clock;
};

export type PathCall = {
  /** Null: no fault has a name for it. */
  readonly request: RestRequest | null;
  readonly run: () => RestResponse;
};

export class CallPath {
  readonly #options: CallPathOptions;

  constructor(options: CallPathOptions) {
    this.#options = options;
  }

  /** `leave` brings the answer away, at the end of the step or later; never when the call is to hang. */
  pass({ request, run }: PathCall, leave: (response: RestResponse) => void): void {
    const { callFaults, exchangeFaults, outbox, clock } = this.#options;
    const handle = (): RestResponse & { readonly holdMs: number } =>
      request ? exchangeFaults.answer(request, run()) : { ...run(), holdMs: 0 };
    const fault = request && callFaults.take(request);
    if (fault?.execute) handle();
    if (fault?.kind === 'hang') return;
    const { holdMs, ...response } = fault ? { ...fault, holdMs: 0 } : handle();
    const go = (): void => outbox.put(() => leave(response));
    if (holdMs > 0) clock.after(holdMs, go);
    else go();
  }
}
