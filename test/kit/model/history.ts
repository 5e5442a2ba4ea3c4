/** Lives one script through: gateway after gateway on one exchange and one ledger, and tells whatever broke an invariant on the way. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { VirtualClock } from '../../../shared/clock.ts';
import { type Config, checkConfig } from '../../../shared/config.ts';
import { ok } from '../../../shared/result.ts';
import { EpochSource, epochsAtVenue, readEpoch } from '../../../gateway/io/epoch-source.ts';
import { CONFIG, settle } from '../order-side.ts';
import { VirtualGateway } from '../virtual-gateway.ts';
import { type BrainStep, ModelBrain } from './brain.ts';
import { Effects, ModelStore } from './effects.ts';
import { ModelExchange, START_MS } from './exchange.ts';
import { Line, type LineFaults } from './line.ts';
import { Oracle } from './oracle.ts';
import type { Script, Step } from './script.ts';

const SLICE_MS = 20;
const TICK_MS = 50;
const CALM_SLICE_MS = 250;
const CALM_MS_MAX = 150_000;
/** Who has lost rows is away for longer than any request may travel: nothing of it is still on its way when it comes back. */
const BOOT_MS = 6_000;
const FIRST_MS = 400;
const ABSENT_MS = 400;
const FOREIGN_MS = 150;

export const MODEL_CONFIG: Config = (() => {
  const limits = { maxPosition: '0.060', maxOrderNotional: '20000', maxOpenOrders: 8, collarPercent: 2 };
  const checked = checkConfig({
    ...CONFIG,
    gateway: { ...CONFIG.gateway, recvWindowMs: 1_000, requestTimeoutMs: 1_500 },
    limits: { ...CONFIG.limits, default: limits },
  });
  if ('problems' in checked) throw new Error(JSON.stringify(checked.problems));
  return checked.config;
})();

export type Told = {
  readonly violations: readonly string[];
  readonly orders: number;
  readonly fills: number;
  readonly kills: number;
  readonly calmMs: number;
  /** Of the exchange's position, lots: in the end, and the extremes ever seen. */
  readonly position: number;
  readonly lowest: number;
  readonly highest: number;
};

/** `dir` holds the ledger files; it is empty again in the end. */
export async function liveHistory(script: Script, dir: string): Promise<Told> {
  const history = new History(dir);
  try {
    return await history.live(script);
  } finally {
    history[Symbol.dispose]();
  }
}

type Life = { readonly gateway: VirtualGateway; readonly effects: Effects; readonly store: ModelStore; readonly line: Line };

class History implements Disposable {
  readonly #clock = new VirtualClock(START_MS);
  readonly #exchange = new ModelExchange(this.#clock);
  readonly #faults: LineFaults = { calls: [], events: [] };
  readonly #oracle = new Oracle(this.#exchange, MODEL_CONFIG);
  readonly #brain = new ModelBrain(this.#exchange, this.#clock);
  readonly #dir: string;
  #lives = 0;
  #life: Life | null = null;
  #lowest = 0;
  #highest = 0;
  #onStart: Config['gateway']['onStart'] = 'cancel';
  #crash: Extract<Step, { does: 'kill' }> | null = null;

  constructor(dir: string) {
    this.#dir = dir;
    void this.#open();
  }

  async live(script: Script): Promise<Told> {
    await this.#pass(FIRST_MS);
    for (const step of script) {
      if (isOfBrain(step) && !this.#brain.isJoined) await this.#pass(ABSENT_MS); // rather than speak to nobody
      this.#perform(step);
      await this.#turn();
      await this.#pass(step.does === 'wait' ? step.ms : 1);
    }
    const calmMs = await this.#heal();
    const { orders, trades } = this.#exchange.all();
    return {
      ...{ violations: [...this.#oracle.violations], orders: orders.length, fills: trades.length, kills: this.#lives - 1, calmMs },
      ...{ position: this.#exchange.position().size, lowest: this.#lowest, highest: this.#highest },
    };
  }

  [Symbol.dispose](): void {
    rmSync(this.#epochFile, { force: true });
    if (!this.#life) return;
    this.#life.effects.dead = true;
    this.#life.store.remove();
  }

  get #epochFile(): string {
    return join(this.#dir, 'epoch');
  }

  get #path(): string {
    return join(this.#dir, `ledger-${this.#lives}.sqlite`);
  }

  async #open(): Promise<void> {
    const effects = new Effects();
    const store = new ModelStore({ path: this.#path, clock: this.#clock, effects });
    const { requestTimeoutMs: timeoutMs, recvWindowMs } = MODEL_CONFIG.gateway;
    const line = new Line({
      ...{ exchange: this.#exchange, clock: this.#clock, effects, faults: this.#faults, timeoutMs, recvWindowMs },
      transit: this.#oracle.transit,
      onSend: (sent) => this.#oracle.onSend(sent),
    });
    const gateway = new VirtualGateway({
      config: { ...MODEL_CONFIG, gateway: { ...MODEL_CONFIG.gateway, onStart: this.#onStart } },
      ...{ clock: this.#clock, venue: line, ledgerFile: this.#path, store, tickMs: TICK_MS },
      epochs: await this.#epochs(store, line),
      onError: (message) => this.#oracle.onError(message),
    });
    this.#lives++;
    this.#life = { gateway, effects, store, line };
    this.#oracle.gateway = gateway;
    await gateway.start();
    if (!effects.dead) this.#brain.join(gateway);
  }

  /** As the process does: the venue tells what was used where no file does. */
  async #epochs(store: ModelStore, line: Line): Promise<EpochSource> {
    const path = this.#epochFile;
    const isFresh = store.lastEpoch() === 0 && readEpoch(path) === 0;
    for (let used = isFresh ? await epochsAtVenue(line) : ok([]); ; used = await epochsAtVenue(line))
      if (used.ok) return new EpochSource({ store, path, clock: this.#clock, seen: used.value });
  }

  /** What is left of a dead life is what its disk holds. */
  #bury({ gateway, store }: Life): void {
    const { lost = 0, downMs = 0, wipes = 'nothing' } = this.#crash ?? {};
    const forgets = lost > 0 || wipes !== 'nothing' || store.waits;
    if (wipes === 'nothing') store.crashTo(this.#path, lost);
    else store.remove();
    if (wipes === 'folder') rmSync(this.#epochFile, { force: true });
    gateway.stopTimers();
    this.#oracle.died(forgets);
    this.#brain.leave();
    [this.#life, this.#crash] = [null, null];
    this.#clock.after(forgets ? Math.max(BOOT_MS, downMs) : downMs, () => void this.#open());
  }

  async #pass(ms: number, sliceMs = SLICE_MS): Promise<void> {
    for (let left = ms; left > 0; left -= sliceMs) {
      this.#clock.advance(Math.min(left, sliceMs));
      await this.#turn();
    }
  }

  /** What is under way in this moment comes to rest; then all is looked at. */
  async #turn(): Promise<void> {
    this.#exchange.step(() => undefined);
    const told = this.#exchange.take();
    if (told.length > 0) await this.#exchange.keepPicture();
    this.#life?.line.tell(told);
    this.#brain.beat();
    await settle();
    if (this.#life?.effects.dead) this.#bury(this.#life);
    this.#oracle.look();
    const { size } = this.#exchange.position();
    [this.#lowest, this.#highest] = [Math.min(this.#lowest, size), Math.max(this.#highest, size)];
  }

  /** Nothing goes wrong any more; how long it takes until both sides say the same, ms. */
  async #heal(): Promise<number> {
    this.#faults.calls.length = 0;
    this.#faults.events.length = 0;
    this.#brain.mutedUntil = 0;
    this.#exchange.shown = 'live';
    this.#life?.store.mend();
    await this.#pass(BOOT_MS + 1_500, CALM_SLICE_MS);
    this.#resume();
    let calmMs = 0;
    for (; calmMs < CALM_MS_MAX && this.#oracle.differences().length > 0; calmMs += CALM_SLICE_MS)
      await this.#pass(CALM_SLICE_MS, CALM_SLICE_MS);
    this.#oracle.judge();
    return calmMs;
  }

  #perform(step: Step): void {
    if (step.does === 'amend-all') this.#life?.line.crowdFor(step.crowdMs);
    if (isOfBrain(step)) this.#brain.perform(step);
    else if (isOfWorld(step)) this.#worldDoes(step);
    else this.#goWrong(step);
  }

  #resume(): void {
    const operator = this.#life?.gateway.hello('operator');
    if (operator) this.#life?.gateway.send(operator, { id: 1, type: 'resume' });
  }

  #worldDoes(step: WorldStep): void {
    const exchange = this.#exchange;
    if (step.does === 'fill') exchange.fill(step.n, step.size);
    if (step.does === 'move') exchange.move(step.ticks);
    if (step.does === 'manual') exchange.person({ ...step, rests: false });
    if (step.does === 'foreign') this.#foreignOrder(step.side);
    if (step.does === 'person-cancels') exchange.cancelByPerson(step.n, step.whose);
    if (step.does === 'resume') this.#resume();
    if (step.does === 'forced') exchange.forceOut(step.size);
  }

  #foreignOrder(side: 'buy' | 'sell'): void {
    this.#exchange.person({ side, size: 2, rests: true });
    this.#clock.after(FOREIGN_MS, () => this.#exchange.cancelByPerson(0, 'theirs'));
  }

  #goWrong(step: Trouble): void {
    const life = this.#life;
    if (step.does === 'call-fault') this.#faults.calls.push(step.fault);
    if (step.does === 'event-fault') this.#faults.events.push(...step.faults);
    if (step.does === 'break') life?.line.breakFor(step.ms, 'model');
    if (step.does === 'book') this.#staleBook(step.ms);
    if (step.does === 'disk') life?.store.breakFor(step.ms);
    if (step.does === 'crowd') life?.line.crowdFor(step.ms);
    if (step.does === 'adopt') this.#onStart = step.on ? 'adopt' : 'cancel';
    if (step.does === 'silent-brain') this.#brain.mutedUntil = this.#clock.monoMs() + step.ms;
    if (step.does !== 'kill' || !life) return;
    this.#crash = step;
    life.effects.killAfter(step);
  }

  #staleBook(ms: number): void {
    this.#exchange.shown = 'stale';
    this.#life?.line.tellBook(false);
    this.#clock.after(ms, () => {
      this.#exchange.shown = 'live';
      this.#life?.line.tellBook(true);
    });
  }
}

type WorldStep = Extract<Step, { does: 'fill' | 'move' | 'manual' | 'foreign' | 'person-cancels' | 'forced' | 'wait' | 'resume' }>;
type Trouble = Exclude<Step, BrainStep | WorldStep>;

const OF_BRAIN: ReadonlySet<string> = new Set(['place', 'batch', 'again', 'amend', 'amend-all', 'cancel', 'cancel-all', 'close', 'stop']);
const OF_WORLD: ReadonlySet<string> = new Set(['fill', 'move', 'manual', 'foreign', 'person-cancels', 'forced', 'wait', 'resume']);
const isOfBrain = (step: Step): step is BrainStep => OF_BRAIN.has(step.does);
const isOfWorld = (step: Step): step is WorldStep => OF_WORLD.has(step.does);
