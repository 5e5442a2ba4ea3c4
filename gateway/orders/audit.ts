/**
 * Notes what was asked, what was refused, and what left and came back, order by order: with the ledger's own transitions that is the life of
 * an order. It decides nothing and delays nothing; a note is a small object that the ledger writes later.
 */
import { parseClientId } from '../../shared/client-id.ts';
import type { Amend, Answer, Cancel, Command, Place, Refused } from '../../shared/command.ts';
import { closeKey, type RequestKind, type TakeNote } from '../account/audit-rows.ts';
import type { Stamps } from '../account/stamps.ts';
import type { VenueFault, VenueResult } from '../venues/venue.ts';
import type { Client, Received } from './desk.ts';
import type { LadderJob } from './ladder.ts';

/** Every command with its answer, as they went over the socket. */
export type Heard = (command: Command, answer: Answer, received: Received) => void;
export type AuditOptions = { readonly stamps: Stamps; readonly take: TakeNote; readonly heard?: Heard | undefined };
export type Asked = {
  readonly clientId: string;
  readonly symbol: string;
  readonly what: RequestKind;
  /** For people; made when it is written. */
  readonly detail: () => string;
};
type Single = Place | Amend | Cancel;

/** Said on every connection many times a second, or by those who have no say: no part of any order's life. */
const UNNOTED: ReadonlySet<Command['type']> = new Set(['hello', 'heartbeat', 'query', 'subscribe']);

export class Audit {
  readonly #options: AuditOptions;
  #lastCommandUs = 0;
  #jobs: readonly LadderJob[] = [];

  constructor(options: AuditOptions) {
    this.#options = options;
  }

  /** A command and its answer; the answer is handed back, to be sent. */
  noted(answer: Answer, { command, received }: { readonly command: Command; readonly received: Received }): Answer {
    this.#options.heard?.(command, answer, received);
    if (command.type === 'batch' && answer.type === 'batch') {
      for (const [i, each] of command.commands.entries()) {
        const one = answer.answers[i];
        if (one) this.#handled(each, { received, answer: one });
      }
    } else if (!UNNOTED.has(command.type)) this.#handled(command, { received, answer });
    return answer;
  }

  /** The ladders that run; one that is new is why the orders of its symbol will come. */
  closing(jobs: readonly LadderJob[]): void {
    for (const { symbol, reason, ladder } of jobs) {
      if (this.#jobs.some((job) => job.symbol === symbol && job.reason === reason)) continue;
      const detail = (): string => `close ${symbol}, ${ladder}: ${reason}`;
      this.#options.take({
        kind: 'command',
        clientId: closeKey(symbol),
        atUs: this.#options.stamps.next(),
        what: 'close',
        sender: 'gateway',
        detail,
      });
    }
    this.#jobs = jobs;
  }

  /** Sends a request about one of our orders and notes it, and its answer when that has come. */
  async asked<T>(asked: Asked, send: () => Promise<VenueResult<T>>): Promise<VenueResult<T>> {
    const answered = this.begin(asked);
    const result = await send();
    answered(result);
    return result;
  }

  /** The same in two steps, for one request about many orders. */
  begin(asked: Asked): (result: VenueResult<unknown> | undefined) => void {
    const { clientId } = asked;
    if (parseClientId(clientId) === null) return () => undefined; // of others: no row of the ledger would ever take it away
    const atUs = this.#options.stamps.next();
    this.#options.take({ kind: 'request', atUs, ...asked });
    return (result) => {
      const tookUs = this.#options.stamps.next() - atUs;
      const fault = result && !result.ok ? result.error : null;
      this.#options.take({ kind: 'answer', clientId, atUs, tookUs, code: codeOf(fault, result), sentence: fault?.sentence ?? '' });
      if (fault && fault.kind !== 'unknown') this.#refusedByVenue(asked, fault);
    };
  }

  #refusedByVenue({ clientId, symbol, what }: Asked, fault: VenueFault): void {
    const code = fault.reason || fault.kind;
    this.#options.take({
      ...{ kind: 'refusal', by: 'venue', clientId, atUs: this.#options.stamps.next(), symbol, what, code },
      sentence: fault.sentence,
    });
  }

  #handled(command: Command, { received, answer }: { readonly received: Received; readonly answer: Answer }): void {
    this.#lastCommandUs = Math.max(this.#lastCommandUs + 1, this.#options.stamps.at(received.at)); // before what it led to
    if (answer.type === 'refused') this.#refusedByGuard(command, answer);
    else if (isSingle(command)) this.#taken(command, received.client);
  }

  #refusedByGuard(command: Command, { code, sentence }: Refused): void {
    const clientId = isSingle(command) ? command.clientId : '';
    const symbol = 'symbol' in command ? (command.symbol ?? '') : '';
    this.#options.take({ kind: 'refusal', by: 'guard', clientId, atUs: this.#lastCommandUs, symbol, what: command.type, code, sentence });
  }

  #taken(command: Single, { role }: Client): void {
    const { clientId, type: what } = command;
    const detail = (): string => wordsOf(command);
    this.#options.take({ kind: 'command', clientId, atUs: this.#lastCommandUs, what, sender: role ?? 'nobody', detail });
  }
}

const isSingle = (command: Command): command is Single => command.type === 'place' || command.type === 'amend' || command.type === 'cancel';

function codeOf(fault: VenueFault | null, result: VenueResult<unknown> | undefined): string {
  if (!result) return 'unknown';
  if (!fault) return 'ok';
  return fault.reason === '' ? fault.kind : `${fault.kind}: ${fault.reason}`;
}

function wordsOf(command: Single): string {
  if (command.type === 'cancel') return '';
  const { price = 'market', size, basedOn } = command;
  const terms = `${size} at ${price}, on snapshot ${basedOn.epoch}:${basedOn.seq}`;
  if (command.type === 'amend') return terms;
  const { side, timeInForce, reduceOnly, reason } = command;
  return `${side} ${terms}, ${timeInForce}${reduceOnly ? ', reduce-only' : ''}${reason ? `: ${reason}` : ''}`;
}
