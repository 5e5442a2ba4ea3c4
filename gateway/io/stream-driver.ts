/** Drives one sans-I/O stream session over a WebSocket: performs its actions in order, ticks it, reopens for ever. Decides nothing. */
import type { Clock, Timer } from '../../shared/clock.ts';
import type { StreamAction, StreamInput, StreamSession } from '../market/session.ts';
import type { HttpAnswer } from '../venues/transport.ts';
import { type OpenSocket, openSocket, type Socket } from './websocket.ts';

export type StreamOptions = {
  readonly session: StreamSession;
  readonly clock: Clock;
  readonly tickMs: number;
  /** Where to connect, asked anew for each opening; null when that cannot be told now, which counts as a failed opening. */
  readonly url: () => Promise<string | null>;
  readonly onFrame: (text: string, bytes?: Uint8Array) => void;
  readonly onLive: () => void;
  readonly onLost: (reason: string) => void;
  /** Every end of a socket, with the system's words; for the log. */
  readonly onClosed: (sentence: string) => void;
  /** An opening that the venue answered with a status of HTTP instead: it may be a ban. */
  readonly onRefused?: (answer: HttpAnswer) => void;
  /** Another way to connect than over the network. */
  readonly openSocket?: OpenSocket | undefined;
};
export type StreamDriver = Disposable & { readonly perform: (actions: readonly StreamAction[]) => void };

export function driveStream(options: StreamOptions): StreamDriver {
  const { session, clock } = options;
  let socket: Socket | null = null;
  let reopen: Timer | null = null;
  let disposed = false;
  let generation = 0;

  const feed = (input: StreamInput): void => {
    if (!disposed) perform(session.handle(input, clock.monoMs()));
  };
  const perform = (actions: readonly StreamAction[]): void => {
    for (const action of actions) performOne(action);
  };
  const performOne = (action: StreamAction): void => {
    switch (action.kind) {
      case 'frame':
        options.onFrame(action.text, action.bytes);
        break;
      case 'live':
        options.onLive();
        break;
      case 'lost':
        options.onLost(action.reason);
        break;
      case 'ping':
        socket?.ping();
        break;
      case 'close':
        drop('given up');
        break;
      case 'open-after':
        reopen?.cancel();
        reopen = clock.after(action.delayMs, () => void open());
        break;
    }
  };
  /** Ends the present opening, whether its socket exists yet or not; the session hears `closed` exactly once for it. */
  const drop = (sentence: string): void => {
    generation++;
    const old = socket;
    socket = null;
    old?.destroy();
    if (disposed) return;
    options.onClosed(sentence);
    feed({ kind: 'closed' });
  };
  const open = async (): Promise<void> => {
    const mine = ++generation;
    const current = (): boolean => !disposed && mine === generation;
    feed({ kind: 'opening' });
    const url = await options.url();
    if (!current()) return;
    if (url === null) return drop('no address');
    socket = (options.openSocket ?? openSocket)(url, {
      onOpen: () => current() && feed({ kind: 'opened' }),
      onText: (text, bytes) => current() && feed(bytes ? { kind: 'frame', text, bytes } : { kind: 'frame', text }),
      onPong: () => current() && feed({ kind: 'pong' }),
      onClosed: (sentence) => current() && drop(sentence),
      onRefused: options.onRefused,
    });
  };
  const ticker = clock.every(options.tickMs, () => feed({ kind: 'tick' }));
  void open();
  return {
    perform,
    [Symbol.dispose]: () => {
      disposed = true;
      ticker.cancel();
      reopen?.cancel();
      socket?.destroy();
    },
  };
}
