/**
 * The command path under sustained load: 50 places, amends and cancels a second over 8 symbols, the venue's limits lifted, the ledger
 * durable. From the command written by a client to its request on the wire, seen by a relay in this process; beside a bare echo from
 * socket to wire in a process of its own, asked in turn with ours, so that both meet the same machine.
 */
import { spawn } from 'node:child_process';
import { createConnection, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'undici';
import { Stats } from '../../shared/command.ts';
import { frame, LineSplitter } from '../../shared/framing.ts';
import type { Request } from '../../shared/io/gateway-client.ts';
import { Demand } from './demand.ts';
import { type Figure, quantile } from './measure.ts';
import { lateness, OrderRun } from './order-run.ts';
import { openSink } from './sink.ts';
import type { Passed } from './tap.ts';

const SYMBOLS = ['BTCUSDT', 'ETHUSDT', 'SOLUSDT', 'XRPUSDT', 'BNBUSDT', 'DOGEUSDT', 'BTCUSDC', 'ETHUSDC'];
const PER_SECOND = 50;
const WARM_UP_MS = 5_000;
const GOAL_MS = 2;
/** A bare echo slower than this at its 99th percentile has met a machine too busy to judge. */
const CONTROL_MAX_MS = 2;
const NO_LIMITS = ['--no-limits', '--limit-weight', '1000000', '--limit-orders-10s', '1000000', '--limit-orders-1m', '1000000'];

export async function benchCommandPath(seconds = 40): Promise<readonly Figure[]> {
  const wire = new Wire();
  await using run = await OrderRun.open({ symbols: SYMBOLS, simArgs: NO_LIMITS, onPassed: (passed) => wire.saw(passed) });
  await using control = await Control.open(run.dir);
  const { client, redisUrl } = run;
  await using demand = new Demand({
    ...{ client, redisUrl, prefix: 'mm:binance', symbols: SYMBOLS, perSecond: PER_SECOND },
    onSend: (request) => {
      wire.sent(request);
      void control.trip();
    },
  });
  await demand.start();
  await sleep(WARM_UP_MS);
  wire.forget();
  control.forget();
  const lateMs = await lateness(seconds * 1_000);
  const answer = await client.request({ type: 'query', what: 'stats' });
  const stats = Stats.parse(answer?.type === 'data' ? answer.data : null);
  return figures({ tookMs: wire.tookMs, controlMs: control.tookMs, lateMs, inside: stats.latencyUs.command, asked: demand.asked });
}

type Measured = {
  readonly tookMs: readonly number[];
  readonly controlMs: readonly number[];
  readonly lateMs: readonly number[];
  readonly inside: Stats['latencyUs']['command'];
  readonly asked: object;
};

function figures({ tookMs, controlMs, lateMs, inside, asked }: Measured): readonly Figure[] {
  const spread = (ms: readonly number[]): string =>
    `p50 ${quantile(ms, 0.5).toFixed(2)}, p99 ${quantile(ms, 0.99).toFixed(2)}, max ${Math.max(...ms).toFixed(1)} ms`;
  const enough = tookMs.length >= 1_000;
  const conclusive = enough && quantile(controlMs, 0.99) <= CONTROL_MAX_MS;
  const control = `bare echo ${spread(controlMs)}; bare timer late by ${spread(lateMs)}`;
  const actions = `${tookMs.length} actions, ${PER_SECOND} a second: ${JSON.stringify(asked)}`;
  const value = enough ? quantile(tookMs, 0.99) : Math.max(0, ...tookMs);
  const what = enough ? 'p99' : 'longest';
  return [
    {
      ...{ name: `command written by a client -> request on the wire, ${what}`, value, unit: 'ms', goal: null, conclusive },
      beside: `${spread(tookMs)}; ${control}; ${actions}`,
    },
    {
      ...{
        name: 'the same inside the gateway: received -> written, p99',
        value: inside.p99 / 1_000,
        unit: 'ms',
        goal: GOAL_MS,
        conclusive,
      },
      beside: `p50 ${(inside.p50 / 1_000).toFixed(2)}, max ${((inside.max ?? 0) / 1_000).toFixed(1)} ms, n ${inside.n} (warm-up included)`,
    },
  ];
}

/** Commands by what they ask for, until their request passes. */
class Wire {
  tookMs: number[] = [];
  readonly #sent = new Map<string, number>();

  sent(request: Request): void {
    if (request.type === 'place' || request.type === 'amend' || request.type === 'cancel')
      this.#sent.set(`${METHODS[request.type]} ${request.clientId}`, performance.now());
  }

  saw({ method, query, atMs, tookMs }: Passed): void {
    const many = query.get('origClientOrderIdList');
    const ids = many === null ? [query.get('newClientOrderId') ?? query.get('origClientOrderId')] : (JSON.parse(many) as string[]);
    for (const clientId of ids) {
      const from = this.#sent.get(`${method} ${clientId}`);
      if (from === undefined) continue;
      this.#sent.delete(`${method} ${clientId}`);
      this.tookMs.push(atMs - tookMs - from);
    }
  }

  forget(): void {
    this.tookMs = [];
    this.#sent.clear();
  }
}

const METHODS = { place: 'POST', amend: 'PUT', cancel: 'DELETE' } as const;

/** The floor: a line from a socket, parsed, becomes an HTTP request to this process. */
class Control implements AsyncDisposable {
  tookMs: number[] = [];
  readonly #write: (line: string) => void;
  readonly #close: () => Promise<void>;
  readonly #sent = new Map<number, number>();
  #ids = 0;

  private constructor(write: (line: string) => void, close: () => Promise<void>) {
    this.#write = write;
    this.#close = close;
  }

  static async open(dir: string): Promise<Control> {
    const path = join(dir, 'control.sock');
    const arrived: { at: (id: number) => void } = { at: () => undefined };
    const sink = await openSink((id) => arrived.at(id));
    const child = spawn(process.execPath, [import.meta.filename, path, String(sink.port)], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    await new Promise((resolve) => child.once('message', resolve));
    const socket = createConnection(path);
    const control = new Control(
      (line) => void socket.write(line),
      async () => {
        socket.destroy();
        child.kill();
        await sink[Symbol.asyncDispose]();
      },
    );
    arrived.at = (id) => control.#arrived(id);
    return control;
  }

  trip(): void {
    this.#sent.set(++this.#ids, performance.now());
    this.#write(frame({ id: this.#ids, type: 'place', clientId: '4730000001000000000', price: '60000.00', size: '0.010' }));
  }

  forget(): void {
    this.tookMs = [];
    this.#sent.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
  }

  #arrived(id: number): void {
    const from = this.#sent.get(id);
    this.#sent.delete(id);
    if (from !== undefined) this.tookMs.push(performance.now() - from);
  }
}

if (process.argv[1] === import.meta.filename) {
  const [path, port] = process.argv.slice(2);
  const pool = new Pool(`http://127.0.0.1:${port}`, { connections: 8, pipelining: 1 });
  createServer((socket) => {
    const splitter = new LineSplitter();
    socket.on('data', (chunk: Buffer) => {
      for (const line of splitter.push(chunk)) {
        const { id } = JSON.parse(line.kind === 'line' ? line.text : '{}') as { id: number };
        void pool.request({ method: 'POST', path: `/?id=${id}` }).then(({ body }) => body.dump());
      }
    });
  }).listen(path, () => process.send?.({ kind: 'ready' }));
  process.once('disconnect', () => process.exit());
}
