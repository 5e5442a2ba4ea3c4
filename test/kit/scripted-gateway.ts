/** A gateway's socket that says what a test tells it to: it stands for the other process, not for any module of it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Command,
  Command as CommandSchema,
  type FillsAnswer,
  type OrdersAnswer,
  type PositionsAnswer,
  type Pushed,
  type Refusal,
} from '../../shared/command.ts';
import { frame, LineSplitter } from '../../shared/framing.ts';
import { type OrderDoc, SCHEMA_VERSION } from '../../shared/snapshot.ts';

export type Script = (command: Command) => object | string | null | undefined;

export class ScriptedGateway implements AsyncDisposable {
  readonly #dir = mkdtempSync(join(tmpdir(), 'mmbot-uds-'));
  readonly path = join(this.#dir, 'gateway.sock');
  /** In order of arrival; what came in a batch is told one by one, in its order. */
  readonly commands: Command[] = [];
  /** Refuse every batch with this code, unread. */
  refuseBatches: Refusal | null = null;
  /** How many commands came in each batch. */
  readonly batches: number[] = [];
  /** Says something else than usual: an answer without its id, a raw line, null for silence, undefined for the usual. */
  script: Script = () => undefined;
  /** Epoch granted next. */
  lease = 1;
  epoch = 3;
  seq = 1;
  leaseMs = 2_000;
  identity = { environment: 'sim', accountHash: 'aaaaaaaaaaaa', configHash: 'cccccccccccc' };
  positions: PositionsAnswer = { fillSeq: 0, positions: [{ symbol: 'BTCUSDT', baseline: '0', position: '0' }] };
  fills: FillsAnswer['fills'] = [];
  /** What the ledger holds, for those who ask for one order. */
  readonly ledger = new Map<string, OrderDoc>();
  /** Open ones. */
  orders: OrdersAnswer['orders'] = [];
  #server: Server | null = null;
  readonly #sockets = new Set<Socket>();

  async listen(): Promise<this> {
    const server = createServer((socket) => this.#greet(socket));
    this.#server = server;
    await new Promise<void>((resolve) => server.listen(this.path, resolve));
    return this;
  }

  /** As after a kill: connections are cut, nobody listens. */
  async down(): Promise<void> {
    const closed = new Promise<void>((resolve) => (this.#server ? this.#server.close(() => resolve()) : resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
    this.#server = null;
  }

  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** A whole one. */
  push(docs: Pushed['docs'], entries?: Pushed['entries']): void {
    this.pushed({ type: 'snapshot', at: 0, docs, ...(entries ? { entries } : {}) });
  }

  pushed(pushed: Pushed): void {
    for (const socket of this.#sockets) socket.write(frame(pushed));
  }

  of<T extends Command['type']>(type: T): Extract<Command, { type: T }>[] {
    return this.commands.filter((command): command is Extract<Command, { type: T }> => command.type === type);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.down();
    rmSync(this.#dir, { recursive: true, force: true });
  }

  #greet(socket: Socket): void {
    const splitter = new LineSplitter();
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => undefined); // the client cut the line
    socket.on('data', (chunk: Buffer) => {
      for (const framed of splitter.push(chunk))
        if (framed.kind === 'line') this.#answer(socket, CommandSchema.parse(JSON.parse(framed.text)));
    });
  }

  #answer(socket: Socket, command: Command): void {
    const told = command.type === 'batch' ? this.#batch(command) : this.#told(command);
    if (told === null) return;
    if (typeof told === 'string') socket.write(`${told}\n`);
    else socket.write(frame({ id: command.id, ...told }));
  }

  #told(command: Command): object | string | null {
    this.commands.push(command);
    const told = this.script(command);
    return told === undefined ? this.#usual(command) : told;
  }

  /** Silence about one of them is silence about all. */
  #batch({ commands }: Extract<Command, { type: 'batch' }>): object | null {
    if (this.refuseBatches !== null) return { type: 'refused', code: this.refuseBatches, sentence: 'Cannot take a batch' };
    this.batches.push(commands.length);
    const answers = commands.map((command) => {
      const told = this.#told(command);
      return told === null || typeof told === 'string' ? null : { id: command.id, ...told };
    });
    return answers.includes(null) ? null : { type: 'batch', answers };
  }

  #usual(command: Command): object {
    if (command.type === 'hello') return { type: 'taken', seq: this.seq, welcome: this.#welcome() };
    if (command.type === 'query' && command.what === 'positions') return { type: 'data', data: this.positions };
    if (command.type === 'query' && command.what === 'orders') return { type: 'data', data: { orders: this.orders } };
    if (command.type === 'query' && command.what === 'fills')
      return { type: 'data', data: { fills: this.fills.filter(({ n }) => n > (command.after ?? 0)).slice(0, command.limit) } };
    if (command.type === 'query' && command.what === 'order') return { type: 'data', data: { order: this.#order(command.clientId ?? '') } };
    return { type: 'taken', seq: this.seq + 1 };
  }

  #order(clientId: string): object | null {
    const order = this.ledger.get(clientId);
    return order ? { symbol: 'BTCUSDT', venueId: '7', ...order } : null;
  }

  #welcome() {
    return { schema: SCHEMA_VERSION, ...this.identity, epoch: this.epoch, brainEpoch: this.lease++, leaseMs: this.leaseMs };
  }
}

/** Asks until it is so; fails after `limitMs`. */
export async function until(what: string, look: () => boolean | Promise<boolean>, limitMs = 10_000): Promise<void> {
  const end = performance.now() + limitMs;
  while (!(await look())) {
    if (performance.now() > end) throw new Error(`Not seen within ${limitMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
