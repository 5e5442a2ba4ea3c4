/** Waits for the orders of an account that the simulated venue has cancelled, on a private stream of its own. */
import { once } from 'node:events';

const OPEN_MS = 5_000;

export class Ended implements Disposable {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<string, () => void>();

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener('message', ({ data }) => this.#read(String(data)));
  }

  static async open({ port, apiKey }: { readonly port: number; readonly apiKey: string }): Promise<Ended> {
    const asked = await fetch(`http://127.0.0.1:${port}/fapi/v1/listenKey`, { method: 'POST', headers: { 'X-MBX-APIKEY': apiKey } });
    const { listenKey } = (await asked.json()) as { readonly listenKey: string };
    const socket = new WebSocket(`ws://127.0.0.1:${port}/private/ws/${listenKey}`);
    await once(socket, 'open', { signal: AbortSignal.timeout(OPEN_MS) });
    return new Ended(socket);
  }

  /** Asked before the cancel leaves. */
  async of(clientId: string): Promise<void> {
    await new Promise<void>((resolve) => this.#waiting.set(clientId, resolve));
    this.#waiting.delete(clientId);
  }

  [Symbol.dispose](): void {
    this.#socket.close();
  }

  #read(text: string): void {
    const { o: order } = JSON.parse(text) as { readonly o?: { readonly c: string; readonly X: string } };
    if (order?.X === 'CANCELED') this.#waiting.get(order.c)?.();
  }
}
