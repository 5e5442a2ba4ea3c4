/** One socket, opened to see whether it speaks: an open stream, and an acknowledged subscription, prove nothing. */
import type { RouteFact } from '../../../doctor/facts.ts';
import { openSocket } from '../../../io/websocket.ts';

export type Waiting = {
  /** Real ms, from the opening on. */
  readonly patienceMs: number;
  /** Sent once it is open; then any text counts. */
  readonly ask?: string;
  /** A stream that owes no data is given up once it answers a ping. */
  readonly pongIsEnough?: boolean;
};

export function waitForData(url: string, { patienceMs, ask, pongIsEnough = false }: Waiting): Promise<RouteFact> {
  const from = performance.now();
  let opened = false;
  return new Promise((resolve) => {
    const end = (fact: RouteFact): void => {
      clearTimeout(timer);
      resolve(fact);
      socket.destroy();
    };
    const late = (): void =>
      end({
        state: opened ? 'silent' : 'failed',
        sentence: opened ? `it opens, and nothing came within ${patienceMs / 1_000} s` : `it does not open within ${patienceMs / 1_000} s`,
      });
    const timer = setTimeout(late, patienceMs);
    const socket = openSocket(url, {
      onOpen: () => {
        opened = true;
        if (ask !== undefined) socket.send(ask);
        if (pongIsEnough) socket.ping();
      },
      onText: (text) => {
        if (ask !== undefined || /"e"\s*:/.test(text)) end({ state: 'data', afterMs: performance.now() - from });
      },
      onPong: () => {
        if (pongIsEnough) end({ state: 'silent', sentence: 'it opens and answers pings' });
      },
      onClosed: (sentence) => end({ state: 'failed', sentence }),
    });
  });
}
