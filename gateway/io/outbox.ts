/**
 * What one client is sent: every answer in its order, and of what is pushed the newest. Answers leave at the end of the turn: by then the bytes
 * of the orders that they are about are with the kernel, and waking the client up does not stand before them. Several leave as one write.
 */
import type { Socket } from 'node:net';

/** Text a client has not read yet, UTF-16 units; more, and it is not waited for any longer. */
const UNREAD_MAX = 1_048_576;

export type OutboxOptions = { readonly socket: Socket; readonly onSlow: () => void };

export class Outbox {
  readonly #options: OutboxOptions;
  #answers = '';
  #soon: NodeJS.Immediate | null = null;
  #waiting: string | null = null;

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  answer(text: string): void {
    this.#answers += text;
    this.#soon ??= setImmediate(() => this.flush());
  }

  /** Newest wins: a reader that is behind gets this one when it has caught up, and nothing in between. No answer is overtaken. */
  push(text: string): void {
    const { socket } = this.#options;
    this.flush();
    if (socket.writableLength > 0) this.#waiting = text;
    else socket.write(text, this.#caughtUp);
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
    const waiting = this.#waiting;
    const { socket } = this.#options;
    if (waiting === null || socket.destroyed || socket.writableLength > 0) return;
    this.#waiting = null;
    socket.write(waiting, this.#caughtUp);
  };
}
