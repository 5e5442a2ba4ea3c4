/** What leaves for the gateway, and what comes back of it: orders, hard exits, questions about orders that vanished. Decides nothing. */
import type { Clock } from '../../shared/clock.ts';
import { type Answer, OrderAnswer, type Refused, type Taken } from '../../shared/command.ts';
import type { Request } from '../../shared/io/gateway-client.ts';
import type { Log } from '../../shared/log.ts';
import { requestOf } from '../oms/request.ts';
import type { Pending, WorkingOrder } from '../oms/working.ts';
import type { ExitReason } from '../risk/exits.ts';
import { type Documents, instrumentIn, workingOf } from '../view.ts';
import { CommandSender, type Outgoing } from './command-sender.ts';

export type SenderOptions = {
  readonly clock: Clock;
  readonly request: (request: Request) => Promise<Answer | null>;
  readonly ttlMs: number;
  /** Commands of turns nearer together than this leave as one message, ms. */
  readonly windowMs: number;
  readonly log: Log;
  /** `answer` null: none came. `sent` false: it never left, and will not. */
  readonly onSettled: (pending: Pending, answer: Taken | Refused | null, sent: boolean) => void;
  /** The ledger's word about an order that snapshots show no more; null: it has never heard of it. */
  readonly onTold: (told: { readonly symbol: string; readonly clientId: string; readonly order: WorkingOrder | null }) => void;
};

/** In place of an answer: it never left the brain. */
const NEVER_SENT: Refused = { id: null, type: 'refused', code: 'unknown-order', sentence: 'Not sent: overtaken by a cancel' };

export class Sender {
  readonly #options: SenderOptions;
  readonly #commands: CommandSender;

  constructor(options: SenderOptions) {
    const { clock, request, windowMs, onSettled } = options;
    this.#options = options;
    this.#commands = new CommandSender({
      ...{ clock, request, windowMs },
      onDropped: (pending) => onSettled(pending, NEVER_SENT, false),
      onAnswer: (pending, answer) => this.#answered(pending, answer),
    });
  }

  /** One that cannot be written stays pending, as if unanswered. */
  send(pending: readonly Pending[], documents: Documents): void {
    const { epoch, seq } = documents.header;
    const leaving = pending.flatMap((one): Outgoing[] => {
      const { command } = one;
      const instrument = instrumentIn(documents, command.symbol);
      const request = requestOf(command, { instrument, basedOn: { epoch, seq }, ttlMs: this.#options.ttlMs });
      return request ? [{ command, pending: one, request }] : [];
    });
    this.#commands.send(leaving);
  }

  /** Nothing that waits will leave. */
  dropAll(): void {
    this.#commands.dropAll();
  }

  async close(symbol: string, reason: ExitReason): Promise<void> {
    const { request, log } = this.#options;
    const answer = await request({ type: 'closePosition', symbol, reason, ladder: reason === 'take-profit' ? 'maker-first' : 'taker' });
    const sentence = answer?.type === 'refused' ? answer.sentence : answer === null ? 'no answer' : undefined;
    log[sentence === undefined ? 'warn' : 'error'](
      { symbol, reason, sentence },
      sentence === undefined ? 'Hard exit' : 'Hard exit not taken: asking again',
    );
  }

  /** What became of an order that snapshots show no more; no answer: the next turn asks again. */
  async ask(symbol: string, { clientId, documents }: { readonly clientId: string; readonly documents: () => Documents }): Promise<void> {
    const { request, log, onTold } = this.#options;
    const answer = await request({ type: 'query', what: 'order', clientId });
    const told = OrderAnswer.safeParse(answer?.type === 'data' ? answer.data : null);
    const instrument = instrumentIn(documents(), symbol);
    if (!told.success || !instrument) return;
    const order = told.data.order && workingOf(instrument, told.data.order);
    if (told.data.order && !order) return; // of another tick: it can be told when it is shown
    log.info({ symbol, clientId, status: order?.status ?? 'never-was' }, 'Order not shown any more: asked for');
    onTold({ symbol, clientId, order });
  }

  #answered(pending: Pending, answer: Taken | Refused | null): void {
    const { symbol, clientId, kind } = pending.command;
    if (answer?.type === 'refused')
      this.#options.log.info({ symbol, clientId, kind, code: answer.code, sentence: answer.sentence }, 'Command refused');
    this.#options.onSettled(pending, answer, true);
  }
}
