/**
 * How long order calls take, by the way they leave: from the command to the bytes written, from there to the venue's answer, and from there to
 * the first word of the private stream about it (which may come before the answer). Batches are not timed. Real time, whatever the clock's speed.
 */
import type { Clock } from '../../shared/clock.ts';
import type { AccountEvent } from '../../shared/events.ts';
import type { MonoMs } from '../../shared/units.ts';
import type { OnWritten, OrderEntry, Transport, VenueOrder, VenueResult } from '../venues/venue.ts';
import { Latency, type Percentiles } from './latency.ts';

export const CALL_STEPS = ['written', 'acknowledged', 'told'] as const;
export type CallStep = (typeof CALL_STEPS)[number];
type Steps<T> = Readonly<Record<CallStep, T>>;

export type CallTimesOptions = {
  readonly clock: Clock;
  readonly speed: number;
  readonly observe: (step: CallStep, via: Transport, seconds: number) => void;
};
/** What a router sends with. */
export type Sender = Pick<OrderEntry, 'place' | 'amend' | 'cancel' | 'cancelMany' | 'placeMany' | 'amendMany' | 'budgets' | 'batch'>;
type Call = 'place' | 'amend' | 'cancel';
type Written = { readonly call: Call; readonly at: MonoMs; readonly via: Transport };

/** Calls whose event is waited for; beyond it the oldest are given up. */
const UNTOLD_MAX = 1_000;

export class CallTimes {
  readonly #options: CallTimesOptions;
  readonly #times: Readonly<Record<Transport, Steps<Latency>>>;
  readonly #untold = new Map<string, Written>();

  constructor(options: CallTimesOptions) {
    const steps = (): Steps<Latency> => ({
      written: new Latency(options.speed),
      acknowledged: new Latency(options.speed),
      told: new Latency(options.speed),
    });
    this.#options = options;
    this.#times = { rest: steps(), websocket: steps() };
  }

  /** The same, timed. */
  over(orders: Sender): Sender {
    return {
      place: (request, onWritten) =>
        this.#timed(request, { call: 'place', send: (written) => orders.place(request, written), ...(onWritten && { onWritten }) }),
      amend: (request, onWritten) =>
        this.#timed(request, { call: 'amend', send: (written) => orders.amend(request, written), ...(onWritten && { onWritten }) }),
      cancel: (order, onWritten) =>
        this.#timed(order, { call: 'cancel', send: (written) => orders.cancel(order, written), ...(onWritten && { onWritten }) }),
      cancelMany: (order) => orders.cancelMany(order),
      ...(orders.batch && { batch: orders.batch }),
      ...(orders.placeMany && { placeMany: (requests) => orders.placeMany?.(requests) ?? Promise.resolve([]) }),
      ...(orders.amendMany && { amendMany: (requests) => orders.amendMany?.(requests) ?? Promise.resolve([]) }),
      budgets: () => orders.budgets(),
    };
  }

  /** `ms` from the command received to its bytes written. */
  written(ms: number, via: Transport): void {
    this.#add('written', via, ms);
  }

  onAccount(event: AccountEvent): void {
    if (event.kind !== 'order' && event.kind !== 'fill') return;
    const waiting = this.#untold.get(event.clientId);
    if (!waiting || !tellsOf(event, waiting.call)) return;
    this.#untold.delete(event.clientId);
    this.#add('told', waiting.via, this.#options.clock.monoMs() - waiting.at);
  }

  percentiles(): Readonly<Record<Transport, Steps<Percentiles>>> {
    const of = ({ written, acknowledged, told }: Steps<Latency>): Steps<Percentiles> => ({
      written: written.percentiles(),
      acknowledged: acknowledged.percentiles(),
      told: told.percentiles(),
    });
    return { rest: of(this.#times.rest), websocket: of(this.#times.websocket) };
  }

  #timed(
    { clientId }: { readonly clientId: string },
    {
      call,
      send,
      onWritten,
    }: { readonly call: Call; readonly send: (written: OnWritten) => Promise<VenueResult<VenueOrder>>; readonly onWritten?: OnWritten },
  ): Promise<VenueResult<VenueOrder>> {
    let newest: Written | null = null; // a cancel may be written again
    const result = send((at, via = 'rest') => {
      newest = { call, at, via };
      this.#await(clientId, newest);
      onWritten?.(at, via);
    });
    void result.then((answer) => {
      if (newest && isAnswer(answer)) this.#add('acknowledged', newest.via, this.#options.clock.monoMs() - newest.at);
    });
    return result;
  }

  #await(clientId: string, written: Written): void {
    this.#untold.delete(clientId);
    this.#untold.set(clientId, written);
    const [oldest] = this.#untold.keys();
    if (this.#untold.size > UNTOLD_MAX && oldest !== undefined) this.#untold.delete(oldest);
  }

  #add(step: CallStep, via: Transport, ms: number): void {
    this.#times[via][step].add(ms);
    this.#options.observe(step, via, ms / 1_000 / this.#options.speed);
  }
}

/** A fill in between says nothing of an amend or a cancel. */
function tellsOf(event: Extract<AccountEvent, { kind: 'order' | 'fill' }>, call: Call): boolean {
  if (call === 'place') return true;
  if (event.kind === 'fill') return false;
  return event.state !== 'accepted' && event.state !== 'partially-filled' && (call === 'amend' || event.state !== 'amended');
}

const isAnswer = (result: VenueResult<VenueOrder>): boolean =>
  result.ok || result.error.kind === 'rejected' || result.error.kind === 'gone';
