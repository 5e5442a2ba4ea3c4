/**
 * One path: the simulated exchange, the gateway's order side and the brain in one process on virtual time. Price jumps, feeds are lost,
 * closes are refused, both processes die, as the seed says; the judge looks at the exchange's own truth all the while.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { openBinance } from '../../../gateway/venues/binance/io/venue.ts';
import type { Http } from '../../../gateway/io/http.ts';
import { readFault } from '../../../scripts/sim/faults/fault.ts';
import { STEPPED_START_MS } from '../../../scripts/sim/stepper.ts';
import { API_KEY, type FaultInput, healing } from '../../../scripts/soak/acts.ts';
import { parseClientId } from '../../../shared/client-id.ts';
import type { VirtualClock } from '../../../shared/clock.ts';
import { type Config, checkConfig } from '../../../shared/config.ts';
import { unwatched } from '../../../shared/risk.ts';
import { formatSize, priceNumber } from '../../../shared/instrument.ts';
import { rootLog } from '../../../shared/log.ts';
import { makeMetrics } from '../../../shared/metrics.ts';
import { Random } from '../../../shared/random.ts';
import { type Latency, NO_LATENCY, parseLatency } from '../../../shared/sim/latency.ts';
import { formatAtoms, parseAtoms, ZERO_ATOMS } from '../../../shared/units.ts';
import { inMemory } from '../in-memory.ts';
import { openTestSim, SECRET, type SimClient } from '../sim-client.ts';
import { VirtualBrain } from '../virtual-brain.ts';
import { VirtualGateway } from '../virtual-gateway.ts';
import { type Judgement, ExitJudge, type Truth } from './judge.ts';
import { average } from './mirror.ts';
import { openerRun } from './opener.ts';
import { type Act, type ExitPlan, planOf, type Planned, SYMBOL, WHALE_KEY } from './plan.ts';

export const SLICE_MS = 25;
const LAST_MS = 40_000;
const WARM_UP_SLICE_MS = 250;
const HEAL_MS = 10_000;
/** A close that began at the very end is seen to its own. */
const CLOSE_MS = 15_000;
const SEEN_LEVELS = 20;
/** After a ban or a maintenance the line is tried again this late at most. */
const UNBLOCK_MS = 1_000;
/** HTTP: the venue's own backend was silent; too many requests or orders, and how long to send none. */
const TIMED_OUT = 408;
const TOO_MANY = 429;
const FUNDS = parseAtoms('100000') ?? ZERO_ATOMS;
const WHALE_FUNDS = parseAtoms('900000000') ?? ZERO_ATOMS;

export type PathRecord = { readonly seed: number; readonly faults: readonly string[] } & Judgement;

export async function runExitPath(seed: number): Promise<PathRecord> {
  const plan = planOf({ seed, startMs: STEPPED_START_MS, lastMs: LAST_MS });
  const dir = mkdtempSync(join(tmpdir(), 'mmbot-exits-'));
  writeFileSync(join(dir, 'klines.csv'), plan.klines);
  const accounts = [
    { apiKey: API_KEY, secret: SECRET, balances: { USDT: FUNDS } },
    { apiKey: WHALE_KEY, secret: SECRET, balances: { USDT: WHALE_FUNDS } },
  ];
  const market = { klines: join(dir, 'klines.csv'), klinesFromMs: STEPPED_START_MS, profile: plan.profile, ...latenciesOf(plan) };
  const sim = await openTestSim({ seed, steppedFromMs: STEPPED_START_MS, accounts, ...market });
  const path = new ExitPath(sim, { plan, dir });
  try {
    return { seed, ...(await path.live()) };
  } finally {
    await path[Symbol.asyncDispose]();
    await sim.close();
    rmSync(dir, { recursive: true, force: true });
  }
}

class ExitPath implements AsyncDisposable {
  readonly #sim: SimClient;
  readonly #plan: ExitPlan;
  readonly #dir: string;
  readonly #config: Config;
  readonly #clock: VirtualClock;
  readonly #random: Random;
  readonly #judge: ExitJudge;
  readonly #log = new PassThrough();
  readonly #happened: string[] = [];
  #gateway: VirtualGateway | null = null;
  #brain: VirtualBrain | null = null;
  #exited = false;
  #over = false;
  #blockedUntilMs = 0;

  constructor(sim: SimClient, { plan, dir }: { readonly plan: ExitPlan; readonly dir: string }) {
    this.#sim = sim;
    this.#plan = plan;
    this.#dir = dir;
    this.#config = configOf(plan);
    this.#clock = sim.simulator.inside.clock as VirtualClock;
    this.#random = new Random(plan.seed).fork('exit path');
    this.#judge = new ExitJudge({ symbol: SYMBOL, config: this.#config, sliceMs: SLICE_MS });
    this.#log.resume();
  }

  async live(): Promise<Omit<PathRecord, 'seed'>> {
    const { adopted, size, timed, beginMs } = this.#plan;
    for (let passed = 0; passed < beginMs; passed += WARM_UP_SLICE_MS) {
      this.#clock.advance(WARM_UP_SLICE_MS);
      await nextTurn();
    }
    if (adopted !== null) this.#fault({ kind: 'manual-order', apiKey: API_KEY, symbol: SYMBOL, side: adopted, quantity: size });
    this.#startGateway();
    this.#startBrain();
    this.#schedule(timed);
    await this.#run(LAST_MS);
    this.#over = true;
    for (const fault of healing([SYMBOL])) this.#fault(fault);
    await this.#run(HEAL_MS);
    for (let waited = 0; this.#judge.isClosing && waited < CLOSE_MS; waited += SLICE_MS) await this.#run(SLICE_MS);
    return { faults: this.#happened, ...this.#judge.end(this.#truth()) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#brain?.[Symbol.dispose]();
    this.#brain = null;
    await this.#gateway?.[Symbol.asyncDispose]();
    this.#gateway = null;
  }

  async #run(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += SLICE_MS) {
      this.#clock.advance(SLICE_MS);
      await nextTurn();
      const [gatewayUp, brainUp] = [this.#gateway !== null, this.#brain !== null];
      this.#judge.look(this.#truth(), { gatewayUp, brainUp, blocked: this.#clock.monoMs() < this.#blockedUntilMs });
    }
  }

  /** As the exchange itself has it. */
  #truth(): Truth {
    const { exchange } = this.#sim.simulator;
    const { instrument } = exchange.market(SYMBOL);
    const { account, orders } = exchange.trader(API_KEY);
    const { size: lots, cost } = account.position(SYMBOL);
    const size = Number(formatSize(instrument, lots));
    const { bids, asks } = exchange.market(SYMBOL).depth(SEEN_LEVELS);
    const rows = (size > 0 ? bids : asks).map(
      ([price, offered]) => [priceNumber(instrument, price), Number(formatSize(instrument, offered))] as const,
    );
    return {
      atMs: this.#clock.monoMs(),
      wallMs: this.#clock.wallMs(),
      size,
      entry: size === 0 ? null : Number(formatAtoms(cost)) / Math.abs(size),
      price: size === 0 ? null : average(rows, Math.abs(size)),
      resting: () => orders.open(SYMBOL).filter(({ clientId }) => parseClientId(clientId)?.role === 'trend').length,
      trades: () =>
        orders.trades(SYMBOL).map(({ id, order, price, size: traded, atMs }) => ({
          id: String(id),
          clientId: order.clientId,
          side: order.side === 'buy' ? 1 : -1,
          price: priceNumber(instrument, price),
          size: Number(formatSize(instrument, traded)),
          wallMs: atMs,
        })),
    };
  }

  /** As the supervisor does: tried again until the exchange lets it in. */
  #startGateway(): void {
    void (async () => {
      while (!(await this.#openGateway())) await this.#clock.sleep(500);
    })();
  }

  async #openGateway(): Promise<boolean> {
    const { http, socket } = inMemory(this.#sim.simulator);
    const log = rootLog({ process: 'gateway', level: 'fatal', stream: this.#log });
    const venue = await openBinance({
      ...{
        config: this.#config,
        credentials: { apiKey: API_KEY, secret: SECRET },
        clock: this.#clock,
        random: this.#random.fork('venue'),
        log,
      },
      ...{ metrics: makeMetrics('gateway'), lines: { http: (options) => this.#watched(http(options)), socket } },
      endpoints: { rest: 'http://exchange', stream: 'ws://exchange' },
    });
    if (!venue.ok) return false;
    const gateway: VirtualGateway = new VirtualGateway({
      ...{ config: this.#config, clock: this.#clock, venue: venue.value, ledgerFile: join(this.#dir, 'ledger.sqlite') },
      onError: () => undefined,
      onSnapshot: (pushed) => this.#clock.after(this.#config.brain.pollMs, () => this.#gateway === gateway && this.#brain?.take(pushed)),
    });
    await gateway.start();
    this.#gateway = gateway;
    this.#brain?.connect(gateway);
    return true;
  }

  #watched(http: Http): Http {
    return {
      ...http,
      send: async (request) => {
        const target = `${request.method} ${request.path.split('?')[0]}`;
        const sentMs = this.#clock.monoMs();
        const outcome = await http.send(request);
        const failed = outcome.kind !== 'answer' || outcome.status >= 400;
        const lost = outcome.kind !== 'answer' || outcome.status >= 500 || outcome.status === TIMED_OUT;
        const endedMs = this.#clock.monoMs();
        if (outcome.kind === 'answer' && outcome.status === TOO_MANY)
          this.#blockedUntilMs = Math.max(this.#blockedUntilMs, endedMs + Number(outcome.headers.get('retry-after') ?? 0) * 1_000);
        this.#judge.onCall({ target, sentMs, endedMs, failed, lost });
        return outcome;
      },
    };
  }

  #startBrain(): void {
    this.#brain = new VirtualBrain({
      ...{ config: this.#config, symbol: SYMBOL, clock: this.#clock, storeFile: join(this.#dir, 'brain.sqlite') },
      runs: [openerRun({ size: this.#plan.size, idle: this.#plan.adopted !== null })],
      onTurn: (took) => {
        this.#judge.onTurn(took, { atMs: this.#clock.monoMs(), wallMs: this.#clock.wallMs() });
        if (took.stepped.close === null || this.#exited) return;
        this.#exited = true;
        this.#schedule(this.#plan.onExit);
      },
    });
    if (this.#gateway) this.#brain.connect(this.#gateway);
  }

  #schedule(planned: readonly Planned[]): void {
    for (const { afterMs, act } of planned) {
      if (afterMs === 0) this.#perform(act);
      else this.#clock.after(afterMs, () => this.#perform(act));
    }
  }

  #perform(act: Act): void {
    if (this.#over) return;
    this.#happened.push(act.kind);
    this.#judge.onAct(act.kind, lastsMs(act));
    if (act.does === 'kill') this.#kill(act);
    else if (act.does === 'sweep') this.#sweep(act.quantity);
    else for (const fault of act.faults) this.#fault(fault);
  }

  /** One that is dead already, or not yet alive, cannot die. */
  #kill({ kind, downMs }: Extract<Act, { does: 'kill' }>): void {
    if (kind === 'kill-brain' && this.#brain) {
      this.#brain[Symbol.dispose]();
      this.#brain = null;
      this.#clock.after(downMs, () => this.#startBrain());
    }
    const gateway = this.#gateway;
    if (kind !== 'kill-gateway' || !gateway) return;
    this.#gateway = null;
    this.#brain?.disconnect();
    const gone = gateway[Symbol.asyncDispose]();
    this.#clock.after(downMs, () => void gone.then(() => this.#startGateway()));
  }

  #sweep(quantity: string): void {
    const held = Math.sign(this.#sim.simulator.exchange.trader(API_KEY).account.position(SYMBOL).size);
    this.#fault({ kind: 'manual-order', apiKey: WHALE_KEY, symbol: SYMBOL, side: held < 0 ? 'BUY' : 'SELL', quantity });
  }

  #fault(fault: FaultInput): void {
    const read = readFault(fault);
    if (fault.kind === 'ban' || fault.kind === 'maintenance') this.#blockedUntilMs = this.#clock.monoMs() + fault.ms + UNBLOCK_MS;
    if (!read.ok) throw new Error(`Cannot make fault: ${read.error}`);
    const { outbox, network } = this.#sim.simulator.inside;
    outbox.step(() => network.faults.start(read.value));
  }
}

/** How long it goes on by itself. */
function lastsMs(act: Act): number {
  if (act.does === 'kill') return act.downMs;
  return act.does === 'faults' ? Math.max(0, ...act.faults.map((fault) => ('ms' in fault ? (fault.ms ?? 0) : 0))) : 0;
}

function latenciesOf({ latencies }: ExitPlan) {
  if (latencies === null) return {};
  const read = (text: string): Latency => parseLatency(text) ?? NO_LATENCY;
  return { latencies: { orders: read(latencies.orders), market: read(latencies.market), user: read(latencies.user) } };
}

function configOf({ exits, venuePercent }: ExitPlan): Config {
  const checked = checkConfig({
    risk: unwatched(),
    symbols: [SYMBOL],
    gateway: { metricsPort: 0, disasterStop: { percent: venuePercent } },
    account: { exclusive: true },
    strategy: {
      active: 'macd-trend',
      marketMaking: { spreadBps: 2, skewBps: 1, orderSize: '0.010', maxInventory: '0.05' },
      macdTrend: { orderSize: '0.010' },
    },
    exits,
    limits: {
      maxGrossNotional: '1000000',
      default: { maxPosition: '1', maxOrderNotional: '100000', maxOpenOrders: 20, collarPercent: 2 },
      equity: { maxOrderPercent: 100, maxPositionPercent: 2_000, maxDailyLossPercent: 100 },
    },
  });
  if ('problems' in checked) throw new Error(JSON.stringify(checked.problems));
  return checked.config;
}
