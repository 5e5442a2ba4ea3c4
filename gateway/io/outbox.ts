/**
 * What one client is sent: every answer in its order, and of what is pushed the newest. Answers leave at the end of the turn: by then the bytes
 * of the orders that they are about are with the kernel, and waking the client up does not stand before them. Several leave as one write.
 */
import type { Socket } from 'node:net';
import type { Push } from '../publish/push-line.ts';

/** Text a client has not read yet, UTF-16 units; more, and it is not waited for any longer. */
const UNREAD_MAX = 1_048_576;

export type OutboxOptions = { readonly socket: Socket; readonly onSlow: () => void };

export class Outbox {
  readonly #options: OutboxOptions;
  #answers = '';
  #soon: NodeJS.Immediate | null = null;
  /** Number of the push that was written last; null: the next one has to be whole. */
  #told: number | null = null;
  /** A whole push. */
  #waiting: Push | null = null;

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  answer(text: string): void {
    this.#answers += text;
    this.#soon ??= setImmediate(() => this.flush());
  }

  /**
   * Newest wins: a reader that is behind gets the newest whole one when it has caught up, and nothing in between. One that only adds to a push
   * is for those who have got that. No answer is overtaken.
   */
  push(push: Push): void {
    if (push.base !== null && push.base !== this.#told) return;
    this.flush();
    if (this.#options.socket.writableLength === 0) this.#tell(push);
    else [this.#told, this.#waiting] = [null, push.base === null ? push : this.#waiting];
  }

  /** Every answer so far is handed to the socket. */
  flush(): void {
    const { socket, onSlow } = this.#options;
    if (this.#soon) clearImmediate(this.#soon);
    this.#soon = null;
    const answers = this.#answers;
    this.#answers = '';
    if (answers === '' || !socket.writable) return;
    socket.write(answers, this.#caughtUp);
    if (socket.writableLength > UNREAD_MAX) onSlow();
  }

  readonly #caughtUp = (): void => {
    const { socket } = this.#options;
    if (this.#waiting === null || socket.destroyed || socket.writableLength > 0) return;
    this.#tell(this.#waiting);
  };

  #tell({ line, seq }: Push): void {
    [this.#told, this.#waiting] = [seq, null];
    this.#options.socket.write(line, this.#caughtUp);
  }
}
