/** One order command over the gateway's socket, parsed, guarded and answered; beside a bare echo of the same bytes in a process of its own. */
import { spawn } from 'node:child_process';
import { createConnection, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeClientId } from '../../shared/client-id.ts';
import { frame } from '../../shared/framing.ts';
import { SCHEMA_VERSION } from '../../shared/snapshot.ts';
import { type Figure, median, sideBySide } from './measure.ts';

/** Paced, because the gateway cuts off a client that floods it. */
const TRIPS = 400;
const PACE_MS = 1;
const GOAL = 2.5;

/** Far outside the collar, so that every one is refused after all checks before it: no order leaves, no budget is spent. */
const place = (id: number): string =>
  frame({
    ...{
      id,
      type: 'place',
      clientId: makeClientId({ role: 'operator', epoch: 999_999, counter: id }),
      symbol: 'BTCUSDT',
      side: 'buy',
      kind: 'limit',
    },
    ...{ timeInForce: 'post-only', price: '62000.00', size: '0.010', reduceOnly: false, basedOn: { epoch: 1, seq: 1 }, ttlMs: 500 },
  });

export async function benchSocket({ operatorPath, dir }: { readonly operatorPath: string; readonly dir: string }): Promise<Figure> {
  const echoPath = join(dir, 'echo.sock');
  const echo = spawn(process.execPath, [import.meta.filename, echoPath], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  await new Promise((resolve) => echo.once('message', resolve));
  const [ours, floor] = [await LineSocket.open(operatorPath), await LineSocket.open(echoPath)];
  await ours.trip(frame({ id: 0, type: 'hello', role: 'operator', schema: SCHEMA_VERSION, environment: 'sim', name: 'bench' }));
  let id = 1;
  const usPerTrip = async (socket: LineSocket): Promise<number> => {
    const us: number[] = [];
    for (let i = 0; i < TRIPS; i++) {
      await sleep(PACE_MS);
      const from = performance.now();
      await socket.trip(place(id++));
      us.push((performance.now() - from) * 1_000);
    }
    return median(us);
  };
  const { ratio, ours: mine, floor: bare, conclusive } = await sideBySide({ ours: () => usPerTrip(ours), floor: () => usPerTrip(floor) });
  ours.close();
  floor.close();
  echo.kill();
  const beside = `${mine.toFixed(0)} µs against a bare echo ${bare.toFixed(0)} µs`;
  return { name: 'socket: place parsed, guarded, answered', value: ratio, unit: '×', goal: GOAL, beside, conclusive };
}

class LineSocket {
  readonly #socket: Socket;
  #wake: () => void = () => undefined;
  #fail: (error: Error) => void = () => undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.once('close', () => this.#fail(new Error('The gateway cut the connection')));
    socket.on('data', (chunk: Buffer) => {
      if (chunk.at(-1) === 0x0a) this.#wake();
    });
  }

  static open(path: string): Promise<LineSocket> {
    return new Promise((resolve, reject) => {
      const socket = createConnection(path);
      socket.once('error', reject);
      socket.once('connect', () => resolve(new LineSocket(socket)));
    });
  }

  trip(line: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#wake = resolve;
      this.#fail = reject;
      this.#socket.write(line);
    });
  }

  close(): void {
    this.#socket.destroy();
  }
}

if (process.argv[1] === import.meta.filename) {
  createServer((socket) => {
    socket.on('data', (chunk) => socket.write(chunk));
  }).listen(process.argv[2], () => process.send?.({ kind: 'ready' }));
  process.once('disconnect', () => process.exit());
}
