/**
 * Runs the shadows that the configuration names beside a brain: after each turn of the brain, when its commands have left. Whatever goes
 * wrong here ends the shadow, with a reason that is told, and nothing else. It is given snapshots and what was decided, and no way to send.
 */
import type { Clock } from '../../shared/clock.ts';
import type { Config } from '../../shared/config.ts';
import { formatPrice, formatSize } from '../../shared/instrument.ts';
import type { Log } from '../../shared/log.ts';
import { plannedShadows, type ShadowPlan } from '../../shared/shadow.ts';
import type { ShadowDoc } from '../../shared/brain-doc.ts';
import type { FillDoc } from '../../shared/snapshot.ts';
import { type Atoms, atoms, formatAtoms, parseAtoms, ZERO_ATOMS } from '../../shared/units.ts';
import { entryPriceOf, NOTHING } from '../portfolio/holding.ts';
import { holdingOf } from '../portfolio/sub-ledger.ts';
import { makeRun, type Run } from '../runs.ts';
import { settingsOf } from '../settings.ts';
import { feesOf, netOf, NO_MONEY } from '../shadow/shadow-money.ts';
import { intentsOf, type Moment, ShadowWorld } from '../shadow/shadow-world.ts';
import type { BrainState, SymbolStep } from '../step.ts';
import { faultText } from '../strategy/fault.ts';
import type { Maker } from '../strategy/registry.ts';
import { type Documents, instrumentIn } from '../view.ts';
import { type Account, type FillRow, type IntentRow, ShadowStore } from './shadow-store.ts';

export type ShadowsOptions = {
  readonly config: Config;
  readonly customs: ReadonlyMap<string, Maker>;
  readonly clock: Clock;
  readonly log: Log;
  /** File of the records. */
  readonly path: string;
};
/** A turn that the brain has taken. */
export type Lived = Moment & { readonly state: BrainState; readonly symbols: readonly SymbolStep[]; readonly fills: readonly FillDoc[] };
type Life = { readonly sinceMs: number; readonly base: string | null };
type Shadow = {
  readonly plan: ShadowPlan;
  world: ShadowWorld | null;
  failure: string | null;
  readonly lives: Map<string, Life>;
  slow: number;
};

const WRITE_MS = 1_000;
/** A shadow whose turns take more than this share of a snapshot's period, so many times in a row, costs the brain too much. */
const SHARE_MAX = 0.5;
const SLOW_MAX = 50;

export class Shadows implements Disposable {
  readonly #options: ShadowsOptions;
  readonly #shadows: readonly Shadow[];
  #store: ShadowStore | null = null;
  #intents: IntentRow[] = [];
  #fills: FillRow[] = [];
  #writtenAt: number;
  #last: Lived | null = null;

  constructor(options: ShadowsOptions) {
    const { config, clock } = options;
    this.#options = options;
    this.#writtenAt = clock.monoMs();
    this.#shadows = plannedShadows(config).map((plan) => ({ plan, world: null, failure: null, lives: new Map(), slow: 0 }));
    this.#guard(this.#shadows, () => {
      if (this.#shadows.length > 0) this.#store = new ShadowStore(options.path);
    });
    for (const shadow of this.#store ? this.#shadows : []) this.#guard([shadow], () => this.#open(shadow));
  }

  /** What they read has to be fetched. */
  get runs(): readonly Run[] {
    return this.#shadows.flatMap(({ world }) => (world ? [world.run] : []));
  }

  take(lived: Lived): void {
    if (this.#shadows.length === 0) return;
    this.#last = lived;
    this.#guard(this.#shadows, () => this.#recordLive(lived));
    for (const shadow of this.#shadows) this.#guard([shadow], () => this.#turn(shadow, lived));
    if (this.#options.clock.monoMs() - this.#writtenAt >= WRITE_MS) this.#guard(this.#shadows, () => this.#write());
  }

  /** One row for each shadow on each symbol. */
  docs(): readonly ShadowDoc[] {
    const lived = this.#last;
    const rows: ShadowDoc[] = [];
    for (const shadow of lived === null ? [] : this.#shadows)
      this.#guard([shadow], () => {
        if (lived) rows.push(...shadow.plan.symbols.map((symbol) => this.#doc(shadow, { symbol, lived })));
      });
    return rows;
  }

  [Symbol.dispose](): void {
    this.#guard(this.#shadows, () => this.#write());
    this.#store?.[Symbol.dispose]();
    this.#store = null;
  }

  #guard(shadows: readonly Shadow[], run: () => void): void {
    try {
      run();
    } catch (error) {
      for (const shadow of shadows) this.#fail(shadow, faultText(error));
    }
  }

  #fail(shadow: Shadow, failure: string): void {
    if (shadow.failure === null)
      this.#options.log.warn({ shadow: shadow.plan.id, failure }, 'Shadow ended; nothing that is traded is touched');
    shadow.failure ??= failure;
    shadow.world = null;
  }

  #open(shadow: Shadow): void {
    const { config, customs } = this.#options;
    const { plan } = shadow;
    const run = makeRun(config, { plan, customs });
    const accounts = plan.symbols.map(
      (symbol) => [symbol, this.#store?.account(plan.id, { symbol, fingerprint: run.fingerprint }) ?? null] as const,
    );
    for (const [symbol, account] of accounts) if (account) shadow.lives.set(symbol, account);
    shadow.world = new ShadowWorld({
      run,
      settings: { ...settingsOf(config, [run]), symbols: plan.symbols },
      queueModel: config.paper.queueModel,
      money: Object.fromEntries(accounts.map(([symbol, account]) => [symbol, account?.money ?? NO_MONEY])),
    });
  }

  #turn(shadow: Shadow, lived: Lived): void {
    const { world, plan } = shadow;
    if (!world) return;
    const { clock, config } = this.#options;
    const began = clock.monoMs();
    const { intents, fills, stop } = world.take(lived);
    shadow.slow = clock.monoMs() - began > SHARE_MAX * config.snapshot.intervalMs ? shadow.slow + 1 : 0;
    if (shadow.slow >= SLOW_MAX) this.#fail(shadow, 'too-slow');
    const { seq, wallMs: atMs } = lived.documents.header;
    this.#intents.push(...intents.map((one) => ({ ...one, who: plan.id, seq, atMs })));
    this.#fills.push(...fills.map((fill) => ({ ...fill, who: plan.id })));
    for (const symbol of plan.symbols)
      if (!shadow.lives.has(symbol)) shadow.lives.set(symbol, { sinceMs: atMs, base: text(liveNet(lived, { symbol, run: plan.run })) });
    if (stop === null) return;
    this.#write(); // what it has lost is known after a restart
    this.#fail(shadow, `emergency: ${stop}`);
  }

  /** In the same words, of the runs that shadows are compared with. */
  #recordLive({ documents, symbols, fills }: Lived): void {
    const { seq, wallMs: atMs } = documents.header;
    const runs = new Set(this.#shadows.flatMap(({ plan, world }) => (world ? [plan.run] : [])));
    for (const { commands, ...one } of symbols) {
      const of = (run: string) => commands.filter((command) => command.kind !== 'cancel' && command.strategy === run);
      for (const who of runs)
        this.#intents.push(
          ...intentsOf({ ...one, commands: of(who), close: null }, documents).map((intent) => ({ ...intent, who, seq, atMs })),
        );
    }
    this.#fills.push(
      ...fills.flatMap((fill) => (fill.strategy !== undefined && runs.has(fill.strategy) ? [{ ...fill, who: fill.strategy }] : [])),
    );
  }

  #write(): void {
    this.#writtenAt = this.#options.clock.monoMs();
    const [intents, fills] = [this.#intents, this.#fills];
    [this.#intents, this.#fills] = [[], []];
    this.#store?.write({ intents, fills, accounts: this.#shadows.flatMap((shadow) => this.#accounts(shadow)) });
  }

  #accounts({ plan, world, lives }: Shadow) {
    return [...lives].flatMap(([symbol, { sinceMs, base }]) => {
      const money = world?.symbol(symbol)?.money;
      if (!world || !money) return [];
      const account: Account = { money, sinceMs, base };
      return [{ shadow: plan.id, symbol, fingerprint: world.run.fingerprint, account }];
    });
  }

  #doc({ plan, world, failure, lives }: Shadow, { symbol, lived }: { readonly symbol: string; readonly lived: Lived }): ShadowDoc {
    const instrument = instrumentIn(lived.documents, symbol);
    const markPrice = lived.documents.symbols[symbol]?.position?.markPrice ?? null;
    const [one, outcome, life] = [world?.symbol(symbol), world?.stepOf(symbol)?.outcomes[0], lives.get(symbol)];
    const { holding, fills } = one?.money ?? NO_MONEY;
    const quotes =
      instrument === null
        ? []
        : (outcome?.quotes ?? []).map(({ side, price, size }) => ({
            side,
            price: formatPrice(instrument, price),
            size: formatSize(instrument, size),
          }));
    const base = life?.base === null || life === undefined ? null : parseAtoms(life.base);
    const live = liveNet(lived, { symbol, run: plan.run });
    return {
      ...{ shadow: plan.id, run: plan.run, symbol, failure, missed: one?.missed ?? 0, quotes, fills },
      reason: failure === null ? (outcome?.reason ?? 'starting') : 'shadow-failed',
      ...{ detail: failure === null ? { ...outcome?.detail } : {}, signals: { ...outcome?.signals }, sinceMs: life?.sinceMs ?? 0 },
      ...{ position: formatAtoms(holding.size), entryPrice: entryPriceOf(holding), realizedPnl: formatAtoms(holding.realized) },
      ...{ fees: formatAtoms(instrument ? feesOf(holding, instrument) : ZERO_ATOMS), funding: formatAtoms(holding.funding) },
      net: instrument && one ? text(netOf(holding, { quoteAsset: instrument.quoteAsset, markPrice })) : null,
      liveNet: live === null || base === null ? null : formatAtoms(atoms(live - base)),
    };
  }
}

const text = (money: Atoms | null): string | null => (money === null ? null : formatAtoms(money));

function liveNet(
  { documents, state }: { readonly documents: Documents; readonly state: BrainState },
  { symbol, run }: { readonly symbol: string; readonly run: string },
) {
  const [ledger, instrument] = [state.portfolio.ledgers[symbol], instrumentIn(documents, symbol)];
  if (!instrument) return null;
  const markPrice = documents.symbols[symbol]?.position?.markPrice ?? null;
  return netOf(ledger ? holdingOf(ledger, run) : NOTHING, { quoteAsset: instrument.quoteAsset, markPrice });
}
