/**
 * Loaded before a process of the bench `order-bytes` (`--import`, its file in the query): takes the time from the moment at which a socket hands
 * out a command to the moment at which the bytes of its order are handed to a socket, and to the one at which the kernel has them. The second
 * has in it whatever the machine does with a process that wakes another one up; of a peer that insists on TLS it has the encryption, too.
 * An order over the WebSocket API is known by its text, before it is masked; the first bytes that a socket is given after it are its own. A process
 * that is to send over one of the two ways and sends over the other writes down no time. Changes no byte; lines are written down in a pause.
 */
import { appendFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { WebSocket } from 'ws';

const { searchParams: asked } = new URL(import.meta.url);
const file = asked.get('file') ?? '';
const isWebSocket = asked.get('name') === 'websocket';
const COMMAND = Buffer.from('"type":"place"');
/** In the query, or in a body that follows in the same turn: the first bytes count. */
const ORDER = 'POST /fapi/v1/order';
const TEXT = '"method":"order.place"';
const PAUSE_MS = 200;
let since = 0;
const seen: (readonly [handedUs: number, writtenUs: number])[] = [];
let isWaiting = false;

const emit = Socket.prototype.emit as (this: Socket, name: string | symbol, ...rest: readonly unknown[]) => boolean;
const write = Duplex.prototype.write as (this: Socket, ...rest: readonly unknown[]) => boolean;

Object.assign(Socket.prototype, {
  emit(this: Socket, name: string | symbol, ...rest: readonly unknown[]): boolean {
    if (name === 'data' && Buffer.isBuffer(rest[0]) && rest[0].includes(COMMAND)) since = performance.now();
    return emit.call(this, name, ...rest);
  },
  write(this: Socket, ...rest: readonly unknown[]): boolean {
    const handedAt = since > 0 && !isWebSocket && startsOrder(rest[0]) ? performance.now() : null;
    if (firstAt === null) firstAt = performance.now();
    const isRoom = write.call(this, ...rest);
    if (handedAt !== null) note(handedAt, performance.now());
    return isRoom;
  },
});

/** When the first bytes after a text were handed to a socket; undefined where nobody asks. */
let firstAt: number | null | undefined;
const send = WebSocket.prototype.send as (this: WebSocket, ...rest: readonly unknown[]) => void;

if (isWebSocket)
  Object.assign(WebSocket.prototype, {
    send(this: WebSocket, ...rest: readonly unknown[]): void {
      const isOrder = since > 0 && typeof rest[0] === 'string' && rest[0].includes(TEXT);
      if (isOrder) firstAt = null;
      send.call(this, ...rest);
      if (isOrder && typeof firstAt === 'number') note(firstAt, performance.now());
      firstAt = undefined;
    },
  });

function startsOrder(bytes: unknown): boolean {
  if (typeof bytes === 'string') return bytes.startsWith(ORDER);
  return Buffer.isBuffer(bytes) && bytes.toString('latin1', 0, ORDER.length) === ORDER;
}

function note(handedAt: number, writtenAt: number): void {
  seen.push([(handedAt - since) * 1_000, (writtenAt - since) * 1_000]);
  since = 0;
  if (!isWaiting) setTimeout(writeDown, PAUSE_MS);
  isWaiting = true;
}

function writeDown(): void {
  isWaiting = false;
  const lines = seen.splice(0).map(([handed, written]) => `${handed.toFixed(2)} ${written.toFixed(2)}\n`);
  appendFileSync(file, lines.join(''));
}
