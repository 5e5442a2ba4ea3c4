/** 1,000 depth messages a second to each of 5 clients: what share of a core the simulator takes for the market, the texts and the sockets. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { SIM_INSTRUMENTS } from '../../shared/sim/instruments.ts';
import { type Figure, median } from './measure.ts';

const SIM = join(import.meta.dirname, '..', 'sim.ts');
const SYMBOLS = SIM_INSTRUMENTS.slice(0, 10).map(({ spec }) => spec.symbol);
/** Ten symbols at ten messages a second each, in tenfold time. */
const SPEED = 10;
const CLIENTS = 5;
const SETTLE_MS = 2_000;
const ROUND_MS = 2_000;
const ROUNDS = 5;
/** Kernel clock ticks a second in /proc/PID/stat. */
const TICKS = 100;
const GOAL_PERCENT = 50;
/** Depth messages a second and client below which the machine was too busy to judge. */
const RATE_MIN = 900;

export async function benchStreams(): Promise<Figure> {
  const sim = spawn(
    process.execPath,
    [SIM, '--port', '0', '--symbols', SYMBOLS.join(','), '--speed', String(SPEED), '--history-days', '1'],
    { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] },
  );
  const port = await portOf(sim);
  const clients = await Promise.all(Array.from({ length: CLIENTS }, () => Client.open(port)));
  try {
    await sleep(SETTLE_MS);
    const rounds: { readonly percent: number; readonly rate: number }[] = [];
    for (let i = 0; i < ROUNDS; i++) rounds.push(await round(sim.pid ?? 0, clients));
    const rate = median(rounds.map((one) => one.rate));
    return {
      name: `simulator CPU, ${CLIENTS} clients x 1000 depth messages a second`,
      value: median(rounds.map((one) => one.percent)),
      unit: '%',
      goal: GOAL_PERCENT,
      beside: `share of a core with the market itself; ${rate.toFixed(0)} messages a second seen by each client`,
      conclusive: rate >= RATE_MIN,
    };
  } finally {
    for (const client of clients) client.close();
    sim.kill();
  }
}

async function round(pid: number, clients: readonly Client[]): Promise<{ readonly percent: number; readonly rate: number }> {
  const seen = (): number => clients.reduce((sum, client) => sum + client.messages, 0);
  const [cpu, messages, from] = [cpuTicks(pid), seen(), performance.now()];
  await sleep(ROUND_MS);
  const seconds = (performance.now() - from) / 1_000;
  return { percent: ((cpuTicks(pid) - cpu) / TICKS / seconds) * 100, rate: (seen() - messages) / clients.length / seconds };
}

function cpuTicks(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

function portOf(sim: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    sim.once('exit', () => reject(new Error('The simulator did not start')));
    sim.once('message', (ready: { readonly port: number }) => resolve(ready.port));
  });
}

class Client {
  messages = 0;
  readonly #socket: WebSocket;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', () => {
      this.messages += 1;
    });
  }

  static open(port: number): Promise<Client> {
    const streams = SYMBOLS.map((symbol) => `${symbol.toLowerCase()}@depth@100ms`).join('/');
    const socket = new WebSocket(`ws://127.0.0.1:${port}/public/stream?streams=${streams}`);
    return new Promise((resolve, reject) => {
      socket.once('error', reject);
      socket.once('open', () => resolve(new Client(socket)));
    });
  }

  close(): void {
    this.#socket.terminate();
  }
}
