/** One history: a whole run on the simulator, faults from a seed all the while, invariants looked at throughout, agreement at the end. */
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Random } from '../../shared/random.ts';
import { KEYS, TestRun } from '../../test/kit/run.ts';
import { simAccountDir, simStateFile } from '../start/effective.ts';
import type { Summary } from '../start/summary.ts';
import { type Act, drawAct, type FaultInput, healing, LOSES_FREELY } from './acts.ts';
import { auditBook, auditFiles, auditOrders, auditTop, lookOf, readAccount, type Truth } from './audit.ts';
import { type Look, sentBlind } from './invariants.ts';
import { causesOf, type Happened, withoutCause, wrongLines } from './log-lines.ts';
import { type Growth, growth, residentMb, type Sample } from './memory.ts';
import { Person } from './person.ts';

export type HistoryOptions = {
  readonly seed: number;
  readonly speed: number;
  /** Simulated seconds in which faults come. */
  readonly seconds: number;
  /** Mean of simulated milliseconds between two. */
  readonly everyMs: number;
  readonly kinds: readonly string[];
  readonly config?: object;
  /** Where a history that finds something leaves its log, ledger and exchange; null: nowhere. */
  readonly keepIn: string | null;
  /** Ends it early, in order. */
  readonly stop?: AbortSignal;
};
export type HistoryRecord = {
  readonly seed: number;
  readonly simulatedSeconds: number;
  readonly faults: Readonly<Record<string, number>>;
  readonly violations: readonly string[];
  readonly orders: number;
  readonly fills: number;
  readonly corrections: number;
  readonly restarts: Readonly<Record<string, number>>;
  /** How often each was really compared. */
  readonly checks: { readonly orders: number; readonly books: number; readonly looks: number };
  readonly memory: Readonly<Record<string, Growth | null>>;
};

const LOOK_MS = 20;
const AUDIT_MS = 400;
const WARM_UP_MS = 60_000;
/** A fault may still speak in the log for so long: simulated, and at least this much real time. */
const SPEAKS_MS = { simulated: 30_000, real: 15_000 };
const HEAL_MS = 90_000;
/** So long a person takes, simulated. */
const RESUME_MS = 3_000;
const VIOLATIONS_MAX = 50;

export async function runHistory(options: HistoryOptions): Promise<HistoryRecord> {
  const { seed, speed } = options;
  const config = { ...options.config, ...LOSES_FREELY };
  await using run = await TestRun.start({ args: ['--speed', String(speed), '--seed', String(seed)], config });
  return await new History(run, options).live(); // awaited here: the run is disposed of afterwards
}

class History {
  readonly #run: TestRun;
  readonly #options: HistoryOptions;
  readonly #random: Random;
  readonly #happened: Happened[] = [];
  readonly #violations = new Set<string>();
  readonly #looks: Look[] = [];
  readonly #samples = { gateway: [] as Sample[], brain: [] as Sample[] };
  readonly #checks = { orders: 0, books: 0 };
  readonly #frozen = new Set<number>();
  readonly #person: Person;
  #symbols: readonly string[] = [];
  #truth: Truth = { simUrl: '', ledgerFile: '', limit: 0, symbols: [] };
  /** Simulated time minus speed times real time; one clock for all processes of the run. */
  #originMs = 0;
  #over = false;

  constructor(run: TestRun, options: HistoryOptions) {
    this.#run = run;
    this.#options = options;
    this.#person = new Person(join(run.dir, 'run'));
    this.#random = new Random(options.seed).fork('acts');
  }

  async live(): Promise<HistoryRecord> {
    await this.#run.untilQuoting();
    await this.#learn();
    const watching = [this.#watchBooks(), this.#audit(), this.#sampleMemory()];
    const seconds = await this.#inject();
    await this.#heal();
    this.#over = true;
    await Promise.all(watching);
    this.#run.signal('SIGTERM');
    const { code, summary } = await this.#run.summary();
    const files = auditFiles({ exchangeFile: simStateFile(join(this.#run.dir, 'run')), ledgerFile: this.#truth.ledgerFile });
    this.#judge(summary, code, files);
    if (this.#violations.size > 0) this.#keep(summary);
    return {
      seed: this.#options.seed,
      simulatedSeconds: seconds,
      faults: countBy(this.#happened.map(({ kind }) => kind)),
      violations: [...this.#violations],
      orders: files.orders.length,
      fills: files.fills,
      corrections: files.corrections,
      restarts: summary.restarts,
      checks: { ...this.#checks, looks: this.#looks.length },
      memory: { gateway: growth(this.#samples.gateway, WARM_UP_MS), brain: growth(this.#samples.brain, WARM_UP_MS) },
    };
  }

  async #learn(): Promise<void> {
    const runDir = join(this.#run.dir, 'run');
    const config = JSON.parse(readFileSync(join(runDir, 'start/config.json'), 'utf8'));
    this.#symbols = config.symbols;
    this.#truth = {
      simUrl: `http://127.0.0.1:${config.sim.port}`,
      ledgerFile: join(simAccountDir(runDir), 'ledger.sqlite'),
      limit: Number(config.limits.default.maxPosition),
      symbols: config.symbols,
    };
    const before = performance.now();
    const state = (await (await fetch(`${this.#truth.simUrl}/sim/state`)).json()) as { readonly nowMs: number };
    this.#originMs = state.nowMs - this.#options.speed * ((before + performance.now()) / 2);
  }

  #nowMs(): number {
    return this.#originMs + this.#options.speed * performance.now();
  }

  async #inject(): Promise<number> {
    const { seconds, everyMs, kinds } = this.#options;
    const fromMs = this.#nowMs();
    while (this.#nowMs() - fromMs < seconds * 1_000 && !this.#runEnded() && !this.#options.stop?.aborted) {
      await this.#sleep(this.#random.exponential(everyMs));
      await this.#perform(drawAct(this.#random, { kinds, symbols: this.#symbols }));
    }
    return Math.round((this.#nowMs() - fromMs) / 1_000);
  }

  async #perform(act: Act): Promise<void> {
    switch (act.does) {
      case 'faults':
        for (const { afterMs, fault } of act.steps) {
          await this.#sleep(afterMs);
          if (await this.#fault(fault)) this.#note(act.kind);
        }
        if (act.resumes) await this.#sleep(RESUME_MS);
        if (act.resumes) await this.#person.resume();
        return;
      case 'cancel-own': {
        const open = (await readAccount(this.#truth.simUrl))?.openOrders.find(({ symbol }) => symbol === act.symbol);
        const fault = { kind: 'foreign-cancel', apiKey: 'mmbot-sim-key', symbol: act.symbol, clientId: open?.clientOrderId ?? '' } as const;
        if (open && (await this.#fault(fault))) this.#note(act.kind);
        return;
      }
      case 'kill':
        if (this.#signal(this.#run.pid(act.process), 'SIGKILL')) this.#note(act.kind);
        return;
      case 'stall': {
        const pid = this.#run.pid(act.process);
        if (!this.#signal(pid, 'SIGSTOP')) return;
        this.#frozen.add(pid);
        this.#note(act.kind);
        await this.#sleep(act.forMs);
        this.#signal(pid, 'SIGCONT');
        this.#frozen.delete(pid);
        this.#note(act.kind); // what it says of it comes after it woke
        return;
      }
      default:
        throw new Error(`Cannot perform act: ${JSON.stringify(act satisfies never)}`);
    }
  }

  /** Whether the exchange made it happen; a dead or stalled one does not, and some cannot be just now. */
  async #fault(fault: FaultInput): Promise<boolean> {
    const init = { method: 'POST', body: JSON.stringify(fault), signal: AbortSignal.timeout(5_000) };
    const answer = await fetch(`${this.#truth.simUrl}/sim/fault`, init).catch(() => null);
    return answer?.ok === true;
  }

  /** False when it has just died and its successor is not there yet. */
  #signal(pid: number, signal: NodeJS.Signals): boolean {
    try {
      return process.kill(pid, signal);
    } catch {
      return false;
    }
  }

  #note(kind: string): void {
    this.#happened.push({ kind, atMs: Date.now() });
  }

  #blame(sentences: readonly string[]): void {
    for (const sentence of sentences) if (this.#violations.size < VIOLATIONS_MAX) this.#violations.add(sentence);
  }

  #runEnded(): boolean {
    return this.#run.exitCode !== null;
  }

  async #watchBooks(): Promise<void> {
    while (!this.#over && !this.#runEnded()) {
      for (const symbol of this.#symbols) {
        const text = await Promise.race([this.#run.redis.get(KEYS.book(symbol)).catch(() => null), sleep(1_000, null)]); // it may be stalled
        const last = this.#looks.findLast((look) => look.symbol === symbol);
        const seen = text === null ? null : lookOf(text, this.#nowMs());
        if (!seen || (seen.look.seq === last?.seq && seen.look.epoch === last.epoch)) continue;
        this.#looks.push(seen.look);
        this.#blame(auditTop(seen.doc));
      }
      await sleep(LOOK_MS);
    }
  }

  async #audit(): Promise<void> {
    while (!this.#over && !this.#runEnded()) {
      const orders = await auditOrders(this.#truth);
      if (orders) this.#checks.orders++;
      this.#blame(orders ?? []);
      for (const symbol of this.#symbols) {
        const ours = await this.#person.book(symbol);
        const book = ours && (await auditBook(this.#truth.simUrl, ours));
        if (book) this.#checks.books++;
        this.#blame(book ?? []);
      }
      await sleep(AUDIT_MS);
    }
  }

  async #sampleMemory(): Promise<void> {
    while (!this.#over && !this.#runEnded()) {
      for (const name of ['gateway', 'brain'] as const) {
        const pid = this.#run.pid(name);
        const mb = residentMb(pid);
        if (mb !== null) this.#samples[name].push({ pid, atMs: Date.now(), mb });
      }
      await sleep(1_000);
    }
  }

  /** Everything that was broken is mended; then it must come back to quoting by itself. */
  async #heal(): Promise<void> {
    for (const pid of this.#frozen) this.#signal(pid, 'SIGCONT');
    const healed = async (): Promise<boolean> => {
      for (const fault of healing(this.#symbols)) if (!(await this.#fault(fault))) return false;
      return this.#person.resume();
    };
    const quoting = async (): Promise<boolean> => {
      const [header, account] = await Promise.all([this.#run.header(), readAccount(this.#truth.simUrl)]);
      const sides = new Set(account?.openOrders.filter(({ clientOrderId }) => /^4710/.test(clientOrderId)).map(({ side }) => side));
      return header?.mode === 'normal' && header.reasons.length === 0 && sides.size > 0;
    };
    try {
      await this.#run.until('the exchange healed', healed, HEAL_MS);
      await this.#run.until('normal mode and a quote', quoting, HEAL_MS);
    } catch (problem) {
      const header = await Promise.race([this.#run.header().catch(() => null), sleep(1_000, null)]);
      const brain = await Promise.race([this.#run.read(KEYS.brain).catch(() => null), sleep(1_000, null)]);
      const says = JSON.stringify(brain?.symbols ?? null);
      const first = problem instanceof Error ? problem.message.split('\n')[0] : String(problem);
      this.#blame([`does not recover: ${first}; header ${header?.mode} ${header?.reasons.join(' ')}; brain ${says}`]);
    }
  }

  #judge(summary: Summary, code: number | null, files: ReturnType<typeof auditFiles>): void {
    const { speed } = this.#options;
    this.#blame(files.violations);
    this.#blame(sentBlind(this.#looks, files.orders, { publishedEveryMs: 100 + LOOK_MS * speed }));
    const errors = summary.errors.filter((error) => !this.#happened.some(({ kind }) => causesOf(error).includes(kind)));
    const agreed = summary.ok || (errors.length === 0 && summary.errors.length > 0);
    if (!agreed || code === null) this.#blame([`the run ended with code ${code} and ok ${summary.ok}: ${errors.join('; ')}`]);
    const withinMs = Math.max(SPEAKS_MS.real, SPEAKS_MS.simulated / speed);
    const left = withoutCause(wrongLines(this.#run.stderr), { happened: this.#happened, withinMs });
    this.#blame(left.map(({ from, message, text }) => `no cause: ${from}: ${message}: ${text.slice(0, 300)}`));
  }

  #keep(summary: Summary): void {
    const { keepIn, seed } = this.#options;
    if (keepIn === null) return;
    const dir = join(keepIn, `history-${seed}`);
    mkdirSync(dir, { recursive: true });
    const about = { options: this.#options, happened: this.#happened, violations: [...this.#violations], summary };
    writeFileSync(join(dir, 'history.json'), JSON.stringify(about, null, 2));
    writeFileSync(join(dir, 'stderr.log'), this.#run.stderr);
    const account = simAccountDir(join(this.#run.dir, 'run'));
    if (existsSync(account)) cpSync(account, join(dir, 'account'), { recursive: true, filter: (file) => !file.endsWith('.sock') });
  }

  #sleep(simulatedMs: number): Promise<void> {
    return sleep(simulatedMs / this.#options.speed);
  }
}

export function countBy(names: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}
