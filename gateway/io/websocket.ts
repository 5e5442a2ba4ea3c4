/** One client WebSocket (ws). Text frames only; a socket that is given up is destroyed, because on a half-open one no close ever comes. */
import { WebSocket } from 'ws';
import type { HttpAnswer } from '../venues/transport.ts';

/** Far above the largest message of a venue's stream. */
const FRAME_BYTES_MAX = 4 * 1_024 * 1_024;
/** More than this waiting to be written means that the peer has stopped reading. */
const WAITING_BYTES_MAX = 16 * 1_024;

export type SocketHandlers = {
  readonly onOpen: () => void;
  /** `bytes`: the same as it came, for whoever reads it without a text; not there where no network is between. */
  readonly onText: (text: string, bytes?: Uint8Array) => void;
  readonly onPong: () => void;
  /** Once, after an opening that failed as well; `sentence` never carries the URL, which may hold a stream's key. */
  readonly onClosed: (sentence: string) => void;
  /** The venue answered the opening with something else than a socket; `onClosed` follows. Its body is not read. */
  readonly onRefused?: ((answer: HttpAnswer) => void) | undefined;
};
export type Socket = {
  readonly ping: () => void;
  readonly destroy: () => void;
  /** Whether a text sent now would go out now: open, and nothing piled up before it. */
  readonly canSend: () => boolean;
  readonly send: (text: string) => void;
};

export type OpenSocket = (url: string, handlers: SocketHandlers) => Socket;

export function openSocket(url: string, handlers: SocketHandlers): Socket {
  const socket = new WebSocket(url, { perMessageDeflate: false, maxPayload: FRAME_BYTES_MAX, skipUTF8Validation: false });
  let closed = false;
  let reason = '';
  const close = (sentence: string): void => {
    if (closed) return;
    closed = true;
    handlers.onClosed(sentence);
  };
  socket.on('open', () => {
    if (!closed) handlers.onOpen();
  });
  socket.on('message', (data, isBinary) => {
    if (!closed && !isBinary) handlers.onText(data.toString(), data instanceof Uint8Array ? data : undefined);
  });
  socket.on('pong', () => {
    if (!closed) handlers.onPong();
  });
  socket.on('unexpected-response', (_request, { statusCode = 0, headers }) => {
    if (closed) return;
    const told = Object.entries(headers).map(([name, value]) => [name, String(value)] as const);
    handlers.onRefused?.({ kind: 'answer', status: statusCode, headers: new Map(told), text: '' });
    close(`refused with HTTP ${statusCode}`);
    socket.terminate();
  });
  socket.on('error', (error: NodeJS.ErrnoException) => {
    reason = error.code ?? error.message;
  });
  socket.on('close', (code) => close(reason === '' ? `closed with code ${code}` : reason));
  return {
    ping: () => {
      if (socket.readyState === WebSocket.OPEN) socket.ping();
    },
    canSend: () => !closed && socket.readyState === WebSocket.OPEN && socket.bufferedAmount < WAITING_BYTES_MAX,
    send: (text) => socket.send(text),
    destroy: () => {
      socket.terminate();
      close('given up');
    },
  };
}
