/**
 * A brain that has lost its mind, or was taken over. The real one is stopped; several connections say what a seed makes them say, one of
 * them with the lease. The exchange judges: no position, no resting order and no order ever beyond a limit; and the gateway neither dies
 * nor slows its snapshots.
 */
import { readFileSync } from 'node:fs';
import { createConnection, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Welcome } from '../../shared/command.ts';
import { Random } from '../../shared/random.ts';
import type { Header } from '../../shared/snapshot.ts';
import { KEYS, TestRun } from '../../test/kit/run.ts';
import { simAccountDir, simStateFile } from '../start/effective.ts';
import { auditFiles, readAccount } from './audit.ts';
import { hostileLine, type Moment } from './hostile-words.ts';
import { beyondLimit } from './invariants.ts';

export type HostileOptions = { readonly seed: number; readonly messages: number; readonly connections?: number };
export type HostileRecord = {
  readonly seed: number;
  /** Lines sent; a client that is cut off has sent some that nobody read. */
  readonly messages: number;
  /** Lines answered: each was read, judged, and taken or refused. */
  readonly judged: number;
  readonly answers: Readonly<Record<string, number>>;
  readonly cutOff: number;
  readonly orders: number;
  readonly looks: number;
  /** Milliseconds from one snapshot to the next, before and during; `late`: how many took more than twice the period. */
  readonly snapshots: SnapshotFigures;
  readonly seconds: number;
  readonly violations: readonly string[];
};

export type SnapshotFigures = {
  readonly quietP99: number;
  readonly hostileP99: number;
  readonly hostileMax: number;
  readonly late: number;
  readonly count: number;
  /**
   * Time the gateway's thread was ready to run and had no processor, percent, during: how busy the machine was with others. Null where
   * the system does not tell.
   */
  readonly waitedPercent: number | null;
};

const SYMBOL = 'BTCUSDT';
const LIMITS = { maxPosition: '0.100', maxOrderNotional: '5000', maxOpenOrders: 20, collarPercent: 2 };
const QUIET_MS = 3_000;
const LEASE_MS = 3_000;
/** Lines a connection sends before it lets others speak; few enough that the one with the lease is not cut off for flooding. */
const BURST = 25;
const REST_MS = 20;
const PERIOD_MS = 100;
/** Above it snapshots are late for want of a processor, and say nothing of the gateway. */
const WAITED_PERCENT_MAX = 10;

export async function runHostile({ seed, messages, connections = 5 }: HostileOptions): Promise<HostileRecord> {
  const config = { limits: { default: LIMITS, symbols: { [SYMBOL]: LIMITS }, equity: { maxOrderPercent: 100, maxPositionPercent: 100 } } };
  await using run = await TestRun.start({ args: ['--seed', String(seed)], config });
  return await new Hostility(run, { seed, messages, connections }).live(); // awaited here: the run is disposed of afterwards
}

class Hostility {
  readonly #run: TestRun;
  readonly #options: Required<HostileOptions>;
  readonly #violations = new Set<string>();
  readonly #answers: Record<string, number> = {};
  readonly #gaps = { quiet: [] as number[], hostile: [] as number[] };
  #phase: 'quiet' | 'hostile' = 'quiet';
  #moment: Moment | null = null;
  #header: Header | null = null;
  #looks = 0;
  #sent = 0;
  #cut = 0;
  #counter = 0;
  #epoch = 0;
  #over = false;

  constructor(run: TestRun, options: Required<HostileOptions>) {
    this.#run = run;
    this.#options = options;
  }

  async live(): Promise<HostileRecord> {
    await this.#run.untilQuoting();
    const gateway = this.#run.pid('gateway');
    const watching = [this.#watchSnapshots(), this.#watchExchange()];
    await sleep(QUIET_MS);
    process.kill(this.#run.pid('brain'), 'SIGSTOP');
    await sleep(LEASE_MS);
    this.#phase = 'hostile';
    const [from, waitedFrom] = [performance.now(), waitedMs(gateway)];
    await Promise.all(Array.from({ length: this.#options.connections }, (_, n) => this.#speak(n)));
    const seconds = Math.round((performance.now() - from) / 100) / 10;
    const [ms, waited] = [performance.now() - from, waitedMs(gateway)];
    const waitedPercent = waited === null || waitedFrom === null ? null : Math.round(((waited - waitedFrom) / ms) * 100);
    this.#over = true;
    await Promise.all(watching);
    if (this.#run.pid('gateway') !== gateway) this.#blame('the gateway died');
    process.kill(this.#run.pid('brain'), 'SIGCONT');
    this.#run.signal('SIGTERM');
    const { summary } = await this.#run.summary();
    if ((summary.restarts['gateway'] ?? 0) > 0) this.#blame('the gateway was started again');
    const runDir = join(this.#run.dir, 'run');
    const files = auditFiles({ exchangeFile: simStateFile(runDir), ledgerFile: join(simAccountDir(runDir), 'ledger.sqlite') });
    for (const violation of files.violations) this.#blame(violation);
    const snapshots = { ...this.#snapshots(), waitedPercent };
    if ((waitedPercent ?? 0) <= WAITED_PERCENT_MAX && snapshots.hostileP99 > 2 * Math.max(snapshots.quietP99, PERIOD_MS))
      this.#blame(`snapshots came every ${snapshots.hostileP99} ms instead of every ${snapshots.quietP99}`);
    return {
      seed: this.#options.seed,
      messages: this.#sent,
      judged: Object.values(this.#answers).reduce((sum, n) => sum + n, 0),
      answers: this.#answers,
      cutOff: this.#cut,
      orders: files.orders.length,
      looks: this.#looks,
      ...{ snapshots, seconds },
      violations: [...this.#violations],
    };
  }

  #snapshots(): Omit<SnapshotFigures, 'waitedPercent'> {
    const { quiet, hostile } = this.#gaps;
    return {
      ...{ quietP99: quantile(quiet, 0.99), hostileP99: quantile(hostile, 0.99), hostileMax: quantile(hostile, 1) },
      ...{ late: hostile.filter((gapMs) => gapMs > 2 * PERIOD_MS).length, count: hostile.length },
    };
  }

  /** The first one has the lease as long as it is not cut off; all speak until enough was said. */
  async #speak(n: number): Promise<void> {
    const random = new Random(this.#options.seed).fork(`client ${n}`);
    while (this.#sent < this.#options.messages) {
      const socket = await this.#connect();
      if (socket === null) {
        await sleep(REST_MS);
        continue;
      }
      if (n === 0 || random.chance(0.2)) socket.write(`${JSON.stringify(this.#hello())}\n`);
      await this.#talk(socket, { random, calm: n === 0 });
      this.#cut++;
    }
  }

  /** Until it is cut off, or enough was said. */
  async #talk(socket: Socket, { random, calm }: { readonly random: Random; readonly calm: boolean }): Promise<void> {
    while (!socket.destroyed && this.#sent < this.#options.messages) {
      const moment = this.#moment;
      if (moment === null) {
        await sleep(REST_MS);
        continue;
      }
      const lines = Array.from({ length: BURST }, () => hostileLine({ random, moment }));
      this.#sent += lines.length;
      socket.write(lines.map((line) => `${line}\n`).join(''));
      await sleep(calm ? REST_MS : REST_MS * random.float());
    }
    socket.destroy();
  }

  #hello(): object {
    const { environment, configHash, schema } = this.#header ?? {};
    return { id: 0, type: 'hello', role: 'brain', schema, environment, configHash };
  }

  #connect(): Promise<Socket | null> {
    return new Promise((resolve) => {
      const socket = createConnection(join(simAccountDir(join(this.#run.dir, 'run')), 'gateway.sock'));
      socket.once('connect', () => resolve(socket));
      socket.on('error', () => resolve(null)); // cut off: it connects again
      let text = '';
      socket.on('data', (chunk) => {
        const lines = (text + chunk.toString()).split('\n');
        text = lines.pop() ?? '';
        for (const line of lines) this.#hear(line);
      });
    });
  }

  #hear(line: string): void {
    const answer = JSON.parse(line) as { type: string; code?: string; welcome?: Welcome['welcome'] };
    const name = answer.code ?? answer.type;
    this.#answers[name] = (this.#answers[name] ?? 0) + 1;
    if (answer.welcome && answer.welcome.brainEpoch > 0) this.#epoch = answer.welcome.brainEpoch;
  }

  /** By the gateway's own times of writing: how late this process reads them does not count. */
  async #watchSnapshots(): Promise<void> {
    while (!this.#over) {
      const [header, book] = await Promise.all([this.#run.header(), this.#run.read(KEYS.book(SYMBOL))]);
      const before = this.#header;
      if (header && before && header.epoch === before.epoch && header.seq > before.seq)
        this.#gaps[this.#phase].push((header.wallMs - before.wallMs) / (header.seq - before.seq));
      this.#header = header ?? before;
      const best = Number(book?.bids?.[0]?.[0]);
      if (header && best > 0) {
        const stamp = { epoch: header.epoch, seq: header.seq };
        this.#moment = { symbol: SYMBOL, mid: best, epoch: this.#epoch, stamp, counter: () => ++this.#counter % 10_000_000 };
      }
      await sleep(10);
    }
  }

  async #watchExchange(): Promise<void> {
    const { sim } = JSON.parse(readFileSync(join(this.#run.dir, 'run/start/config.json'), 'utf8'));
    const limit = Number(LIMITS.maxPosition);
    while (!this.#over) {
      const account = await readAccount(`http://127.0.0.1:${sim.port}`);
      if (account) {
        this.#looks++;
        const open = account.openOrders.filter(({ symbol }) => symbol === SYMBOL);
        const position = Number(account.positions.find(({ symbol }) => symbol === SYMBOL)?.positionAmt ?? 0);
        for (const sentence of beyondLimit({ symbol: SYMBOL, position, open, limit })) this.#blame(sentence);
        const opening = open.filter(({ reduceOnly }) => !reduceOnly).length;
        if (opening > LIMITS.maxOpenOrders) this.#blame(`${opening} orders rest, the limit is ${LIMITS.maxOpenOrders}`);
        for (const { clientOrderId, price, origQty, reduceOnly } of open)
          if (!reduceOnly && Number(price) * Number(origQty) > Number(LIMITS.maxOrderNotional))
            this.#blame(`order ${clientOrderId} is worth ${price} x ${origQty}`);
      }
      await sleep(20);
    }
  }

  #blame(sentence: string): void {
    if (this.#violations.size < 50) this.#violations.add(sentence);
  }
}

/** Milliseconds a process' first thread has waited for a processor in its life; null where the system does not tell. */
function waitedMs(pid: number): number | null {
  try {
    return Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[1]) / 1e6;
  } catch {
    return null;
  }
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return Math.round((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0) * 10) / 10;
}
