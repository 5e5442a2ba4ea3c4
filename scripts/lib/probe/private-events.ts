/** Whether the private stream tells of an order. The stream's key is asked for, which changes nothing for others, and never deleted. */
import * as z from 'zod';
import { openSocket } from '../../../gateway/io/websocket.ts';
import type { Bench } from './bench.ts';
import { accepted } from './wire.ts';

export type Heard =
  | { readonly kind: 'event'; readonly afterMs: number }
  | { readonly kind: 'silent' | 'not-asked'; readonly sentence: string };
const ListenKey = z.object({ listenKey: z.string().min(1) });

/** Places a far order with that id once the stream is open; the caller cancels it. */
export async function eventOf(bench: Bench, { id, waitMs }: { readonly id: string; readonly waitMs: number }): Promise<Heard> {
  const made = ListenKey.safeParse((await bench.wire.keyed('POST', '/fapi/v1/listenKey')).value);
  if (!made.success) return { kind: 'not-asked', sentence: 'the venue gave no listenKey' };
  const url = bench.wire.privateUrl(made.data.listenKey);
  return new Promise((resolve) => {
    let placedAt: number | null = null;
    const end = (heard: Heard): void => {
      clearTimeout(timer);
      resolve(heard);
      socket.destroy();
    };
    const late = (): void =>
      end(
        placedAt === null
          ? { kind: 'not-asked', sentence: 'no stream, or no order, in time' }
          : { kind: 'silent', sentence: `no event within ${waitMs} ms of the order` },
      );
    const timer = setTimeout(late, waitMs);
    const socket = openSocket(url, {
      onOpen: () => {
        placedAt = performance.now(); // the event may be faster than the answer
        void bench.place({ newClientOrderId: id }).then((placed) => {
          if (!accepted(placed)) end({ kind: 'not-asked', sentence: `the order was refused: ${placed.words}` });
        });
      },
      onText: (text) => {
        if (text.includes('"ORDER_TRADE_UPDATE"') && text.includes(`"${id}"`))
          end({ kind: 'event', afterMs: performance.now() - (placedAt ?? performance.now()) });
      },
      onPong: () => undefined,
      onClosed: (sentence) => end({ kind: 'not-asked', sentence: `the stream ${sentence}` }),
    });
  });
}
