/**
 * One history of kills: a whole run at real speed, quoting under faults, whose gateway, brain and Redis are killed and frozen again and again.
 * After each: no order of ours that the ledger does not know, the same position in brain, ledger and exchange, a stop for it, and quotes.
 */
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Random } from '../../shared/random.ts';
import { KEYS, TestRun } from '../../test/kit/run.ts';
import { simAccountDir, simStateFile } from '../start/effective.ts';
import type { Start } from '../start/child.ts';
import type { Summary } from '../start/summary.ts';
import { healing, LOSES_FREELY, type Step } from './acts.ts';
import { auditFiles, auditOrders, readAccount, readQuotes, type Truth } from './audit.ts';
import type { KillRow } from './kill-figures.ts';
import { causesOf, type Happened, withoutCause, wrongLines } from './log-lines.ts';
import { drawStrike, drawTrouble, handActs, type Strike, type Victim } from './strikes.ts';

export type KillHistoryOptions = {
  readonly seed: number;
  readonly strikes: number;
  /** Mean of real milliseconds between two faults of the exchange. */
  readonly everyMs: number;
  readonly config?: object;
  /** Where a history that finds something, or in which a start was slow, leaves its log, ledger and exchange; null: nowhere. */
  readonly keepIn: string | null;
  readonly stop?: AbortSignal;
};
export type KillRecord = {
  readonly seed: number;
  readonly onStart: string;
  readonly strikes: number;
  readonly kills: readonly KillRow[];
  readonly freezes: number;
  readonly redisKills: number;
  readonly troubles: number;
  readonly byHand: number;
  readonly violations: readonly string[];
  readonly orders: number;
  readonly fills: number;
  readonly corrections: number;
  readonly checks: number;
};

const AUDIT_MS = 300;
/** A restart that has not come back to quoting by then has failed, however slow the machine is. */
const RECOVERY_MS = 40_000;
const AGREE_MS = 15_000;
/** Between two looks of ours: what is timed here has to share the machine with who looks. */
const LOOK_MS = 100;
/** A fault may still speak in the log for so long. */
const SPEAKS_MS = 20_000;
/** Slower starts are looked at: why is in the log. */
const SLOW_MS = 4_000;
/** Faults this long before a spawn may still be at work in it. */
const BEFORE_MS = 3_000;
const VIOLATIONS_MAX = 50;

type Struck = {
  readonly victim: Victim;
  readonly how: Strike['how'];
  readonly alone: boolean;
  readonly atMs: number;
  interrupted: boolean;
};
/** Lives and quotes at one moment. */
type Marks = {
  readonly pids: Readonly<Record<Victim, number>>;
  readonly epoch: number;
  readonly brainEpoch: number;
  readonly quotes: ReadonlySet<string>;
};
type Stretch = { readonly fromMs: number; toMs: number };

export async function runKillHistory(options: KillHistoryOptions): Promise<KillRecord> {
  const onStart = options.seed % 2 === 0 ? 'cancel' : 'adopt';
  const config = { ...options.config, ...LOSES_FREELY, gateway: { onStart } };
  await using run = await TestRun.start({ args: ['--seed', String(options.seed)], config });
  return await new KillHistory(run, options, onStart).live(); // awaited here: the run is disposed of afterwards
}

class KillHistory {
  readonly #run: TestRun;
  readonly #options: KillHistoryOptions;
  readonly #onStart: string;
  readonly #random: Random;
  readonly #happened: Happened[] = [];
  readonly #violations = new Set<string>();
  readonly #killed: Struck[] = [];
  /** When an order of a person rested. */
  readonly #foreign: Stretch[] = [];
  readonly #counts = { strikes: 0, freezes: 0, redisKills: 0, troubles: 0, byHand: 0, checks: 0 };
  #truth: Truth = { simUrl: '', ledgerFile: '', limit: 0, symbols: [] };
  #symbol = '';
  #over = false;

  constructor(run: TestRun, options: KillHistoryOptions, onStart: string) {
    this.#run = run;
    this.#options = options;
    this.#onStart = onStart;
    this.#random = new Random(options.seed).fork('kills');
  }

  async live(): Promise<KillRecord> {
    await this.#run.untilQuoting();
    this.#learn();
    const beside = [this.#trouble(), this.#audit()];
    for (let n = 0; n < this.#options.strikes && !this.#options.stop?.aborted && this.#run.exitCode === null; n++) await this.#strike();
    this.#over = true;
    await Promise.all(beside);
    await this.#heal();
    this.#run.signal('SIGTERM');
    const { code, summary } = await this.#run.summary();
    const files = auditFiles({ exchangeFile: simStateFile(join(this.#run.dir, 'run')), ledgerFile: this.#truth.ledgerFile });
    this.#judge(summary, code, files.violations);
    const kills = this.#rows(summary);
    if (this.#violations.size > 0 || kills.some(isSlow)) this.#keep(summary, kills);
    return {
      seed: this.#options.seed,
      onStart: this.#onStart,
      ...this.#counts,
      kills,
      violations: [...this.#violations],
      orders: files.orders.length,
      fills: files.fills,
      corrections: files.corrections,
    };
  }

  #learn(): void {
    const runDir = join(this.#run.dir, 'run');
    const config = JSON.parse(readFileSync(join(runDir, 'start/config.json'), 'utf8'));
    this.#symbol = config.symbols[0];
    this.#truth = {
      simUrl: `http://127.0.0.1:${config.sim.port}`,
      ledgerFile: join(simAccountDir(runDir), 'ledger.sqlite'),
      limit: Number(config.limits.default.maxPosition),
      symbols: config.symbols,
    };
  }

  async #strike(): Promise<void> {
    const strike = drawStrike(this.#random.fork(`strike ${this.#counts.strikes}`));
    await this.#untilQuoting('before a strike');
    await sleep(strike.afterMs);
    const hands = this.#byHand(strike);
    const marks = await this.#marks();
    await this.#hit(strike);
    this.#counts.strikes++;
    if (strike.how !== 'freeze') {
      await this.#untilSucceeded(strike, marks);
      if (strike.againMs !== null) await this.#hitAgain(strike, strike.againMs);
    }
    await this.#untilQuoting(`after ${strike.how} of ${strike.victims.join(' and ')}`, strike, marks);
    await this.#agree();
    await hands;
  }

  async #untilSucceeded({ victims }: Strike, marks: Marks): Promise<void> {
    const successor = (): boolean => victims.every((victim) => this.#run.pid(victim) !== marks.pids[victim]);
    await this.#run.until('a successor of each', successor, RECOVERY_MS).catch(this.#blameOf('restart'));
  }

  async #hitAgain(strike: Strike, againMs: number): Promise<void> {
    const started = { ...strike, how: 'kill' } as const;
    const marks = await this.#marks();
    await sleep(againMs);
    for (const struck of this.#killed.slice(-strike.victims.filter((victim) => victim !== 'redis').length)) struck.interrupted = true;
    await this.#hit(started);
    await this.#untilSucceeded(started, marks);
  }

  async #hit({ victims, how, frozenMs }: Strike): Promise<void> {
    const pids = victims.map((victim) => ({ victim, pid: this.#run.pid(victim) }));
    if (how !== 'kill') {
      for (const { victim, pid } of pids) if (this.#signal(pid, 'SIGSTOP')) this.#note(`stall-${victim}`);
      await sleep(frozenMs);
    }
    if (how === 'freeze') {
      this.#counts.freezes++;
      for (const { victim, pid } of pids) if (this.#signal(pid, 'SIGCONT')) this.#note(`stall-${victim}`); // what it says of it comes after it woke
      return;
    }
    for (const { victim, pid } of pids) {
      if (!this.#signal(pid, 'SIGKILL')) continue;
      this.#note(`kill-${victim}`);
      if (victim === 'redis') this.#counts.redisKills++;
      else this.#killed.push({ victim, how, alone: victims.length === 1, atMs: Date.now(), interrupted: false });
    }
  }

  /** A person's order forbids quoting while it rests: when it did is kept for the figures. */
  async #byHand(strike: Strike): Promise<void> {
    const steps = handActs(this.#random.fork(`hand ${this.#counts.strikes}`), { person: strike.person, symbol: this.#symbol });
    if (steps.length === 0) return;
    this.#counts.byHand++;
    const foreign = strike.person === 'foreign-order' ? { fromMs: Date.now(), toMs: Number.POSITIVE_INFINITY } : null;
    if (foreign) this.#foreign.push(foreign);
    await this.#perform(strike.person, steps);
    if (foreign) foreign.toMs = Date.now();
  }

  /** Faults of the exchange all the while, restarts included. */
  async #trouble(): Promise<void> {
    const random = this.#random.fork('trouble');
    while (!this.#over && this.#run.exitCode === null) {
      await sleep(random.exponential(this.#options.everyMs));
      const { kind, steps } = drawTrouble(random, this.#symbol);
      if (!this.#over && (await this.#perform(kind, steps))) this.#counts.troubles++;
    }
  }

  async #perform(kind: string, steps: readonly Step[]): Promise<boolean> {
    let done = false;
    for (const { afterMs, fault } of steps) {
      await sleep(afterMs);
      const init = { method: 'POST', body: JSON.stringify(fault), signal: AbortSignal.timeout(5_000) };
      const answer = await fetch(`${this.#truth.simUrl}/sim/fault`, init).catch(() => null);
      if (answer?.ok) this.#note(kind);
      done ||= answer?.ok === true;
    }
    return done;
  }

  /** Holds at every moment, whoever has just died. */
  async #audit(): Promise<void> {
    while (!this.#over && this.#run.exitCode === null) {
      const found = await auditOrders(this.#truth);
      if (found) this.#counts.checks++;
      this.#blame(found ?? []);
      await sleep(AUDIT_MS);
    }
  }

  /** Ids of our quotes that rest, by the exchange's own word. */
  async #quotes(): Promise<ReadonlySet<string>> {
    const open = (await readAccount(this.#truth.simUrl))?.openOrders ?? [];
    return new Set(open.filter(({ clientOrderId }) => /^4710/.test(clientOrderId)).map(({ clientOrderId }) => clientOrderId));
  }

  /** Which life of each process it is now. */
  async #marks(): Promise<Marks> {
    const header = await Promise.race([this.#run.header().catch(() => null), sleep(1_000, null)]);
    const pids = { gateway: this.#run.pid('gateway'), brain: this.#run.pid('brain'), redis: this.#run.pid('redis') };
    return { pids, epoch: header?.epoch ?? 0, brainEpoch: header?.brainEpoch ?? 0, quotes: await this.#quotes() };
  }

  /** By the exchange's own word, and under the lives that came after the strike. */
  async #untilQuoting(when: string, strike?: Strike, marks?: Marks): Promise<void> {
    const killed = strike && strike.how !== 'freeze' ? strike.victims : [];
    const quoting = async (): Promise<boolean> => {
      const ids = await this.#quotes();
      const header = await Promise.race([this.#run.header().catch(() => null), sleep(1_000, null)]);
      if (header?.mode !== 'normal' || header.brainEpoch === 0) return false;
      if (killed.includes('gateway') && header.epoch === marks?.epoch) return false;
      if (killed.includes('brain') && header.brainEpoch === marks?.brainEpoch) return false;
      const anew = this.#onStart === 'cancel' && killed.some((victim) => victim !== 'redis');
      return [...ids].some((id) => !anew || !marks?.quotes.has(id));
    };
    await this.#until(`quotes ${when}`, quoting, RECOVERY_MS).catch(this.#blameOf(when));
  }

  /** Brain, ledger and exchange say the same, and the position has its stop; they are told one after the other, so it may take a look or two. */
  async #agree(): Promise<void> {
    let seen = '';
    const same = async (): Promise<boolean> => {
      const [account, brain, ledger] = await Promise.all([
        readAccount(this.#truth.simUrl),
        Promise.race([this.#run.read(KEYS.brain).catch(() => null), sleep(1_000, null)]),
        Promise.race([this.#run.read(KEYS.position(this.#symbol)).catch(() => null), sleep(1_000, null)]),
      ]);
      const theirs = account?.positions.find(({ symbol }) => symbol === this.#symbol)?.positionAmt ?? '0';
      const [e, b, l] = [account && theirs, brain?.symbols?.[this.#symbol]?.position, ledger?.known ? ledger.size : undefined].map(Number);
      const closing = (account?.stops ?? []).filter(({ side }) => side === ((e ?? 0) > 0 ? 'SELL' : 'BUY'));
      const stops = closing.reduce((sum, { quantity }) => sum + Number(quantity), 0);
      seen = `exchange ${e}, brain ${b}, ledger ${l}, stops for ${stops}`;
      return e === b && b === l && stops + 1e-9 >= Math.abs(e ?? Number.NaN);
    };
    await this.#until('the same position everywhere, and a stop for it', same, AGREE_MS).catch(() =>
      this.#blame([`positions or stop: ${seen}`]),
    );
  }

  #until(what: string, look: () => Promise<boolean>, limitMs: number): Promise<boolean> {
    const paced = async (): Promise<boolean> => (await look()) || (await sleep(LOOK_MS, false));
    return this.#run.until(what, paced, limitMs);
  }

  async #heal(): Promise<void> {
    const healed = async (): Promise<boolean> => {
      for (const fault of healing([this.#symbol])) if (!(await this.#perform('heal', [{ afterMs: 0, fault }]))) return false;
      return true;
    };
    await this.#run.until('the exchange healed', healed, RECOVERY_MS).catch(this.#blameOf('heal'));
    await this.#untilQuoting('at the end');
  }

  /** Each kill with the start that followed it. */
  #rows(summary: Summary): readonly KillRow[] {
    const quotes = readQuotes(simStateFile(join(this.#run.dir, 'run')));
    return this.#killed.flatMap((struck): KillRow[] => {
      const { victim, how, alone, interrupted, atMs } = struck;
      const start = summary.starts[victim]?.find((one) => one.after === 'SIGKILL' && one.atMs >= atMs - 50);
      return victim === 'redis' || !start ? [] : [this.#row({ victim, how, alone, interrupted, start, quotes })];
    });
  }

  #row({
    victim,
    how,
    alone,
    interrupted,
    start,
    quotes,
  }: Pick<KillRow, 'victim' | 'how' | 'alone' | 'interrupted'> & {
    readonly start: Start;
    readonly quotes: ReturnType<typeof readQuotes>;
  }): KillRow {
    const { protected: protectedMs, quoting: quotingMs } = start.ms;
    const endMs = start.atMs + (quotingMs ?? RECOVERY_MS);
    const first = quotes.find(({ createdMs }) => createdMs >= start.atMs);
    const held = this.#foreign.filter(({ fromMs, toMs }) => fromMs < endMs && toMs > start.atMs).map(({ toMs }) => toMs);
    const troubles = this.#happened.filter(
      ({ kind, atMs }) => !/^(kill|stall)-/.test(kind) && atMs > start.atMs - BEFORE_MS && atMs < endMs,
    );
    return {
      ...{ victim, how, alone, interrupted, protectedMs, quotingMs },
      atExchangeMs: this.#onStart === 'adopt' || !first ? null : Math.round(first.createdMs - start.atMs),
      heldUpMs: held.length === 0 ? null : Math.round(Math.max(...held) - start.atMs),
      troubles: troubles.map(({ kind, atMs }) => `${kind} at ${Math.round(atMs - start.atMs)}`),
    };
  }

  #judge(summary: Summary, code: number | null, found: readonly string[]): void {
    this.#blame(found);
    const errors = summary.errors.filter((error) => !this.#happened.some(({ kind }) => causesOf(error).includes(kind)));
    if (code === null || !(summary.ok || (errors.length === 0 && summary.errors.length > 0)))
      this.#blame([`the run ended with code ${code} and ok ${summary.ok}: ${errors.join('; ')}`]);
    const left = withoutCause(wrongLines(this.#run.stderr), { happened: this.#happened, withinMs: SPEAKS_MS });
    this.#blame(left.map(({ from, message, text }) => `no cause: ${from}: ${message}: ${text.slice(0, 300)}`));
  }

  #keep(summary: Summary, kills: readonly KillRow[]): void {
    const { keepIn, seed } = this.#options;
    if (keepIn === null) return;
    const dir = join(keepIn, `kills-${seed}`);
    mkdirSync(dir, { recursive: true });
    writeFileSync(
      join(dir, 'history.json'),
      JSON.stringify({ options: this.#options, happened: this.#happened, violations: [...this.#violations], kills, summary }, null, 2),
    );
    writeFileSync(join(dir, 'stderr.log'), this.#run.stderr);
    const account = simAccountDir(join(this.#run.dir, 'run'));
    if (existsSync(account)) cpSync(account, join(dir, 'account'), { recursive: true, filter: (file) => !file.endsWith('.sock') });
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

  /** With what header and brain said then. */
  readonly #blameOf =
    (when: string) =>
    async (problem: unknown): Promise<void> => {
      const first = problem instanceof Error ? problem.message.split('\n')[0] : String(problem);
      const header = await Promise.race([this.#run.header().catch(() => null), sleep(1_000, null)]);
      const brain = await Promise.race([this.#run.read(KEYS.brain).catch(() => null), sleep(1_000, null)]);
      const says = `header ${JSON.stringify(header)}; brain ${JSON.stringify(brain)}`;
      this.#blame([`strike ${this.#counts.strikes}, ${when}: ${first}; ${says}`]);
    };

  #blame(sentences: readonly string[]): void {
    for (const sentence of sentences) if (this.#violations.size < VIOLATIONS_MAX) this.#violations.add(sentence);
  }
}

const isSlow = ({ interrupted, heldUpMs, quotingMs }: KillRow): boolean =>
  !interrupted && heldUpMs === null && (quotingMs ?? Number.POSITIVE_INFINITY) > SLOW_MS;
