/** Takes commands to the gateway: what leaves together is one message. Every command gets its one answer; null is silence. */
import type { Clock, Timer } from '../../shared/clock.ts';
import type { Answer, Refused, Taken } from '../../shared/command.ts';
import type { Request } from '../../shared/io/gateway-client.ts';
import { emptyWindow, type Leaving, offer } from '../oms/window.ts';
import type { OrderRequest } from '../oms/request.ts';
import type { OrderCommand, Pending } from '../oms/working.ts';

export type Outgoing = { readonly command: OrderCommand; readonly pending: Pending; readonly request: OrderRequest };
export type SenderOptions = {
  readonly clock: Clock;
  /** Of this clock, ms. */
  readonly windowMs: number;
  readonly request: (request: Request) => Promise<Answer | null>;
  readonly onAnswer: (pending: Pending, answer: Taken | Refused | null) => void;
  /** It never left, and will not. */
  readonly onDropped: (pending: Pending) => void;
};

/** Commands of one message; the contract allows no more. */
const BATCH_MAX = 40;

export class CommandSender {
  readonly #options: SenderOptions;
  #window = emptyWindow<Outgoing>();
  #timer: Timer | null = null;

  constructor(options: SenderOptions) {
    this.#options = options;
  }

  send(commands: readonly Outgoing[]): void {
    const { clock, windowMs } = this.#options;
    this.#timer?.cancel();
    this.#perform(offer(this.#window, { commands, now: clock.monoMs(), windowMs }));
  }

  /** Nothing that waits will leave. */
  dropAll(): void {
    const { waiting, opensAt } = this.#window;
    this.#timer?.cancel();
    this.#window = { waiting: [], opensAt };
    for (const { pending } of waiting) this.#options.onDropped(pending);
  }

  #perform({ window, leave, dropped, wakeAt }: Leaving<Outgoing>): void {
    const { clock, onDropped } = this.#options;
    this.#window = window;
    this.#timer = wakeAt === null ? null : clock.after(wakeAt - clock.monoMs(), () => this.send([]));
    for (const { pending } of dropped) onDropped(pending);
    for (let i = 0; i < leave.length; i += BATCH_MAX) void this.#write(leave.slice(i, i + BATCH_MAX));
  }

  async #write(message: readonly Outgoing[]): Promise<void> {
    const { request, onAnswer } = this.#options;
    const [only] = message;
    if (message.length === 1 && only) {
      onAnswer(only.pending, singleOf(await request(only.request)));
      return;
    }
    const commands = message.map((one, id) => ({ id, ...one.request }));
    const answer = await request({ type: 'batch', commands });
    for (const [id, { pending }] of message.entries()) onAnswer(pending, answerOf(answer, id));
  }
}

const singleOf = (answer: Answer | null): Taken | Refused | null =>
  answer?.type === 'taken' || answer?.type === 'refused' ? answer : null;

/** A message refused whole refuses each command in it. */
function answerOf(answer: Answer | null, id: number): Taken | Refused | null {
  if (answer?.type !== 'batch') return answer?.type === 'refused' ? answer : null;
  return answer.answers.find((one) => one.id === id) ?? null;
}
