/**
 * A Unix socket of newline-delimited JSON. Every message gets one answer; a client that is malformed is told, one that is oversized,
 * floods or does not read is cut off. None of them delays another or grows memory.
 */
import { chmodSync, existsSync, lstatSync, unlinkSync } from 'node:fs';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import type { Clock } from '../../shared/clock.ts';
import { type Answer, Command, type Refused } from '../../shared/command.ts';
import { frame, type Framed, LineSplitter, MESSAGE_BYTES_MAX } from '../../shared/framing.ts';
import type { Log } from '../../shared/log.ts';
import { plainCheck } from '../../shared/plain-check.ts';
import { err, ok, type Result } from '../../shared/result.ts';
import { SCHEMA_VERSION } from '../../shared/snapshot.ts';
import type { MonoMs } from '../../shared/units.ts';
import type { Client, Received } from '../orders/desk.ts';
import { refuse } from '../orders/refuse.ts';
import type { StallGuard } from '../orders/stall-guard.ts';
import type { Push } from '../publish/push-line.ts';
import { Backlog } from './backlog.ts';
import { Outbox } from './outbox.ts';

export type CommandServerOptions = {
  readonly path: string;
  readonly socket: Client['socket'];
  readonly clock: Clock;
  readonly log: Log;
  readonly stall: StallGuard;
  readonly handle: (command: Command, received: Received) => Answer;
  readonly onClosed: (client: Client) => void;
};
export type ListenFault = { readonly kind: 'in-use' | 'unusable'; readonly sentence: string };

const CLIENTS_MAX = 64;
/** Messages in one real second. */
const FLOOD = 2_000;
/** Of all clients together in one real second; above it those who speak wait for the next, and the kernel holds what they send. */
const FLOOD_ALL = 4_000;
/** New connections in one real second; more are closed unheard. */
const ACCEPTED = 50;
/** Lines are worked off for so long; then timers and other sockets have their turn, ms. */
const SLICE_MS = 5;

type Connection = {
  readonly client: Client;
  readonly socket: Socket;
  readonly outbox: Outbox;
  subscribed: boolean;
  readonly count: SecondCount;
  readonly isFirst: () => boolean;
  heldUntil: number;
};
/** `at`: when it was read. */
type Line = { readonly framed: Framed; readonly at: MonoMs };

let clientIds = 0;

/** How many in the present second. */
class SecondCount {
  #since = 0;
  #count = 0;

  add(now: number): number {
    if (now - this.#since >= 1_000) [this.#since, this.#count] = [now, 0];
    return ++this.#count;
  }

  leftMs(now: number): number {
    return Math.max(1, 1_000 - (now - this.#since));
  }
}

export async function openCommandServer(options: CommandServerOptions): Promise<Result<CommandServer, ListenFault>> {
  const cleared = await clearStale(options.path);
  if (!cleared.ok) return cleared;
  const server = new CommandServer(options);
  return server.listen();
}

/**
 * A socket file nobody answers on is left over from a dead process. One that answers is a live gateway's, and so is one whose queue is full:
 * its owner stands still.
 */
async function clearStale(path: string): Promise<Result<null, ListenFault>> {
  if (!existsSync(path)) return ok(null);
  if (!lstatSync(path).isSocket())
    return err({ kind: 'unusable', sentence: `Cannot listen at ${path}: a file that is no socket is in the way` });
  const live = await new Promise<boolean>((resolve) => {
    const probe = createConnection(path);
    probe.once('connect', () => {
      probe.destroy();
      resolve(true);
    });
    probe.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code !== 'ECONNREFUSED' && code !== 'ENOENT'));
  });
  if (live) return err({ kind: 'in-use', sentence: `Cannot listen at ${path}: a live gateway answers there` });
  unlinkSync(path);
  return ok(null);
}

export class CommandServer implements AsyncDisposable {
  readonly #options: CommandServerOptions;
  readonly #server: Server;
  readonly #connections = new Set<Connection>();
  readonly #all = new SecondCount();
  readonly #accepted = new SecondCount();
  readonly #backlog = new Backlog<Connection, Line>();
  /** The backlog is gone on with in a while. */
  #pumping = false;
  /** Looks at the lines that are held, when they may be taken. */
  #later: NodeJS.Timeout | undefined;
  /** Clients cut off, by reason. */
  readonly cut = { 'too-large': 0, flood: 0, slow: 0 };

  constructor(options: CommandServerOptions) {
    this.#options = options;
    this.#server = createServer((socket) => this.#accept(socket));
    this.#server.maxConnections = CLIENTS_MAX;
  }

  listen(): Promise<Result<CommandServer, ListenFault>> {
    const { path } = this.#options;
    return new Promise((resolve) => {
      this.#server.once('error', (error: NodeJS.ErrnoException) =>
        resolve(
          err({
            kind: error.code === 'EADDRINUSE' ? 'in-use' : 'unusable',
            sentence: `Cannot listen at ${path}: ${error.code ?? error.message}`,
          }),
        ),
      );
      this.#server.listen(path, () => {
        chmodSync(path, 0o600);
        resolve(ok(this));
      });
    });
  }

  get hasSubscribers(): boolean {
    for (const connection of this.#connections) if (connection.subscribed) return true;
    return false;
  }

  push(push: Push): void {
    for (const { subscribed, outbox } of this.#connections) if (subscribed) outbox.push(push);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#later);
    for (const { socket, outbox } of this.#connections) {
      outbox.flush();
      socket.destroy();
    }
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #accept(socket: Socket): void {
    if (this.#accepted.add(performance.now()) > ACCEPTED) {
      this.cut.flood++;
      socket.destroy();
      return;
    }
    const client: Client = { id: ++clientIds, socket: this.#options.socket, role: null, epoch: 0 };
    const isFirst = (): boolean => client.role === 'brain';
    const outbox = new Outbox({ socket, onSlow: () => this.#drop(connection, 'slow') });
    const connection: Connection = { client, socket, outbox, subscribed: false, count: new SecondCount(), isFirst, heldUntil: 0 };
    const splitter = new LineSplitter();
    this.#connections.add(connection);
    socket.on('data', (chunk: Buffer) => this.#read(connection, { splitter, chunk }));
    socket.on('error', (error) => this.#options.log.debug({ client: client.id, error: error.message }, 'Client connection error'));
    socket.on('close', () => {
      this.#connections.delete(connection);
      this.#backlog.drop(connection);
      this.#options.onClosed(client);
    });
  }

  #read(connection: Connection, { splitter, chunk }: { readonly splitter: LineSplitter; readonly chunk: Buffer }): void {
    const at = this.#options.clock.monoMs();
    const lines = splitter.push(chunk);
    const [only] = lines;
    if (only && lines.length === 1 && this.#backlog.isEmpty && connection.heldUntil <= performance.now()) {
      this.#take(connection, { framed: only, at }); // nobody else waits: it is its turn
      this.#resume(connection);
      return;
    }
    this.#backlog.add(
      connection,
      lines.map((framed) => ({ framed, at })),
    );
    if (!this.#pumping) this.#pump();
    if (this.#backlog.has(connection)) connection.socket.pause(); // the kernel holds what it sends until its lines are worked off
  }

  #pump(): void {
    const end = performance.now() + SLICE_MS;
    clearTimeout(this.#later);
    this.#pumping = false;
    for (let now = end - SLICE_MS; now < end; now = performance.now()) {
      const next = this.#backlog.next(now);
      if (next === null) break;
      this.#take(next.owner, next.line);
      this.#resume(next.owner);
    }
    const waitMs = this.#backlog.waitMs(performance.now());
    if (waitMs === null) return;
    this.#pumping = waitMs === 0; // lines that are held wait for the clock, and nobody else waits with them
    if (waitMs === 0) setImmediate(() => this.#pump());
    else this.#later = setTimeout(() => this.#pump(), waitMs + 1);
  }

  #take(connection: Connection, { framed, at }: Line): void {
    const { socket, client } = connection;
    if (!socket.writable) return;
    if (framed.kind === 'too-large') this.#cut(connection, 'too-large', `a message is at most ${MESSAGE_BYTES_MAX} bytes`);
    else if (this.#floods(connection)) this.#cut(connection, 'flood', `more than ${FLOOD} messages in a second`);
    else this.#answer(connection, { text: framed.text, received: { client, at, stalled: this.#options.stall.isStalled() } });
  }

  #answer(connection: Connection, { text, received }: { readonly text: string; readonly received: Received }): void {
    const parsed = parse(text);
    const answer = parsed.ok ? this.#options.handle(parsed.value, received) : parsed.error;
    connection.outbox.answer(frame(answer));
    if (parsed.ok && parsed.value.type === 'subscribe' && answer.type === 'taken') connection.subscribed = true;
  }

  /** The brain that holds the lease does not wait for others. */
  #floods(connection: Connection): boolean {
    const now = performance.now();
    if (this.#all.add(now) > FLOOD_ALL && connection.client.role !== 'brain') {
      connection.heldUntil = now + this.#all.leftMs(now);
      connection.socket.pause();
    }
    return connection.count.add(now) > FLOOD;
  }

  #resume(connection: Connection): void {
    if (this.#backlog.has(connection)) return;
    const leftMs = connection.heldUntil - performance.now();
    if (leftMs > 0)
      setTimeout(() => this.#resume(connection), leftMs + 1); // a timer may be early: asked again then
    else connection.socket.resume();
  }

  #cut(connection: Connection, code: 'too-large' | 'flood', why: string): void {
    this.cut[code]++;
    this.#options.log.warn({ client: connection.client.id, role: connection.client.role, code }, 'Client cut off');
    connection.outbox.flush();
    connection.socket.end(frame(refuse({ id: null }, code, `Cannot read on: ${why}`)));
    connection.socket.destroySoon();
  }

  #drop(connection: Connection, code: 'slow'): void {
    this.cut[code]++;
    this.#options.log.warn({ client: connection.client.id, role: connection.client.role, code }, 'Client cut off');
    connection.socket.destroy();
  }
}

const isCommand = plainCheck(Command);

/** One line to a command, or the refusal to answer with. */
function parse(text: string): Result<Command, Refused> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return err(refuse({ id: null }, 'bad-message', 'Cannot read message: it is not JSON'));
  }
  if (isCommand(value)) return ok(value as Command);
  const parsed = Command.safeParse(value);
  if (parsed.success) return ok(parsed.data);
  const { id, type, schema } = fieldsOf(value);
  if (type === 'hello' && schema !== undefined && schema !== SCHEMA_VERSION)
    return err(
      refuse({ id }, 'wrong-schema', `Cannot greet a client of schema ${JSON.stringify(schema)}: this gateway speaks ${SCHEMA_VERSION}`),
    );
  const issue = parsed.error.issues[0];
  const where = issue && issue.path.length > 0 ? issue.path.join('.') : 'message';
  return err(refuse({ id }, 'bad-message', `Cannot read message: ${where}: ${issue?.message ?? 'malformed'}`));
}

function fieldsOf(value: unknown): { readonly id: number | null; readonly type: unknown; readonly schema: unknown } {
  if (typeof value !== 'object' || value === null) return { id: null, type: undefined, schema: undefined };
  const { id, type, schema } = value as { id?: unknown; type?: unknown; schema?: unknown };
  return { id: typeof id === 'number' && Number.isSafeInteger(id) && id >= 0 ? id : null, type, schema };
}
