/** Open pages: each gets what is new for it after every look, and nothing while it has not read what it got before. */
import type { WebSocket } from 'ws';
import type { Store } from './store.ts';

type Viewer = { readonly socket: WebSocket; readonly symbol: string; rev: number; readSince: number };

const VIEWERS_MAX = 16;
/** Bytes that may wait for a viewer before it is left out. */
const WAITING_MAX = 65_536;
/** One that reads nothing for so long is cut off, ms. */
const STUCK_MS = 20_000;

export class Viewers {
  readonly #store: Store;
  readonly #all = new Set<Viewer>();
  readonly #onNew: () => void;

  /** `onNew`: somebody has begun to look. */
  constructor(store: Store, onNew: () => void) {
    this.#store = store;
    this.#onNew = onNew;
  }

  get count(): number {
    return this.#all.size;
  }

  get isFull(): boolean {
    return this.#all.size >= VIEWERS_MAX;
  }

  get symbols(): readonly string[] {
    return [...new Set([...this.#all].map(({ symbol }) => symbol))];
  }

  add(socket: WebSocket, symbol: string): void {
    const viewer = { socket, symbol, rev: 0, readSince: performance.now() };
    socket.once('close', () => this.#all.delete(viewer));
    socket.on('error', () => socket.terminate());
    this.#all.add(viewer);
    this.#onNew();
  }

  send(): void {
    const now = performance.now();
    for (const viewer of this.#all) {
      if (viewer.socket.bufferedAmount <= WAITING_MAX) this.#sendTo(viewer, now);
      else if (now - viewer.readSince > STUCK_MS) viewer.socket.terminate();
    }
  }

  closeAll(): void {
    for (const { socket } of this.#all) socket.terminate();
  }

  #sendTo(viewer: Viewer, now: number): void {
    const text = this.#store.since(viewer.rev, viewer.symbol);
    viewer.readSince = now;
    if (text === null) return;
    viewer.rev = this.#store.rev;
    viewer.socket.send(text);
  }
}
