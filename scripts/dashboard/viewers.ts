/** Open pages: each gets what is new for it after every look, and nothing while it has not read what it got before. */
import type { ServerResponse } from 'node:http';
import { HEADERS } from './gate.ts';
import type { Store } from './store.ts';

type Viewer = { readonly response: ServerResponse; readonly symbol: string; rev: number; readSince: number };

const VIEWERS_MAX = 16;
/** One that reads nothing for so long is cut off, ms. */
const STUCK_MS = 20_000;

export class Viewers {
  readonly #store: Store;
  readonly #all = new Set<Viewer>();
  readonly #onFirst: () => void;

  /** `onNew`: somebody has begun to look. */
  constructor(store: Store, onNew: () => void) {
    this.#store = store;
    this.#onFirst = onNew;
  }

  get count(): number {
    return this.#all.size;
  }

  get symbols(): readonly string[] {
    return [...new Set([...this.#all].map(({ symbol }) => symbol))];
  }

  /** False: there are too many. */
  add(response: ServerResponse, symbol: string): boolean {
    if (this.#all.size >= VIEWERS_MAX) return false;
    const viewer = { response, symbol, rev: 0, readSince: performance.now() };
    response.writeHead(200, { ...HEADERS, 'content-type': 'text/event-stream' });
    response.write('retry: 1000\n\n');
    response.once('close', () => this.#all.delete(viewer));
    response.on('error', () => this.#all.delete(viewer));
    this.#all.add(viewer);
    this.#onFirst();
    return true;
  }

  send(): void {
    const now = performance.now();
    for (const viewer of this.#all) {
      if (!viewer.response.writableNeedDrain) this.#sendTo(viewer, now);
      else if (now - viewer.readSince > STUCK_MS) viewer.response.destroy();
    }
  }

  #sendTo(viewer: Viewer, now: number): void {
    const text = this.#store.since(viewer.rev, viewer.symbol);
    viewer.readSince = now;
    if (text === null) return;
    viewer.rev = this.#store.rev;
    viewer.response.write(`data: ${text}\n\n`);
  }
}
