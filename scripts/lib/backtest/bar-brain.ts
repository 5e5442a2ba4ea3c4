/**
 * The brain in a backtest on K-lines: its seats, its takers, its own limits, its ration, in the order in which `step` has them. It is asked
 * at moments of the backtest's choosing; as long as no run wants anything else than what is there, nothing but the strategy is asked.
 */
import { type Acted, act } from '../../../brain/act.ts';
import type { Decision } from '../../../brain/decide.ts';
import { EMPTY_OMS } from '../../../brain/oms/notes.ts';
import type { PlaceCommand } from '../../../brain/oms/working.ts';
import { NO_DEEDS } from '../../../brain/risk/account-pulse.ts';
import type { Run } from '../../../brain/runs.ts';
import type { Settings } from '../../../brain/step.ts';
import { faultText } from '../../../brain/strategy/fault.ts';
import type { Seat } from '../../../brain/strategy/seat.ts';
import type { SymbolView, Wish } from '../../../brain/strategy/strategy.ts';
import { wishProblem } from '../../../brain/strategy/wish-check.ts';
import type { HeldView } from '../../../brain/view.ts';
import { ClientIds } from '../../../brain/oms/ids.ts';
import type { PositionDoc } from '../../../shared/snapshot.ts';
import { monoMs, wallMs } from '../../../shared/units.ts';
import type { BarSymbol } from './bar-symbol.ts';
import { type BarAccount, documentsOf, positionDocOf } from './bar-documents.ts';
import type { Shares } from './shares.ts';

export type Sent = { readonly symbol: string; readonly commands: readonly PlaceCommand[] };
export type BarBrainOptions = {
  readonly settings: Settings;
  readonly symbols: ReadonlyMap<string, BarSymbol>;
  readonly shares: Shares;
  readonly account: BarAccount;
  readonly onReason: (run: string, reason: string) => void;
};
type Place = { readonly run: Run; readonly symbols: readonly string[]; seat: Seat; failure: string | null };

/** A strategy wants something that a bar cannot show. */
export class NotOnBars extends Error {}

const LEASE = 1;
const NOTHING: readonly Sent[] = [];
const NO_WISHES: ReadonlyMap<string, Wish> = new Map();

export class BarBrain {
  /** At the last look some run wanted another position than it has. */
  underWay = false;
  readonly #options: BarBrainOptions;
  readonly #places: readonly Place[];
  #ids = new ClientIds(LEASE);
  #epoch = LEASE;

  constructor(options: BarBrainOptions) {
    this.#options = options;
    this.#places = options.settings.runs.flatMap((run) =>
      run.seats.map(({ symbols }): Place => ({ run, symbols, seat: run.strategy.begin(), failure: null })),
    );
  }

  /** `reasons`: symbols that may not be looked at, and why; of the others `symbols` are asked about. */
  decide(
    atMs: number,
    { symbols, reasons }: { readonly symbols: ReadonlySet<string>; readonly reasons: ReadonlyMap<string, string> },
  ): readonly Sent[] {
    const decisions: Decision[] = [];
    this.underWay = false;
    for (const place of this.#places) {
      if (!place.symbols.some((symbol) => symbols.has(symbol))) continue;
      const views = new Map<string, SymbolView | string>();
      for (const symbol of place.symbols) views.set(symbol, reasons.get(symbol) ?? this.#view(symbol, { place, atMs }));
      for (const decision of this.#ask(place, views)) decisions.push(decision);
    }
    return this.underWay ? this.#sendFor(decisions, atMs) : NOTHING;
  }

  #sendFor(decisions: readonly Decision[], atMs: number): readonly Sent[] {
    const bySymbol = Map.groupBy(decisions, ({ view }) => view?.symbol ?? '');
    return [...bySymbol].flatMap(([symbol, list]): Sent[] => {
      if (!list.some(({ view, wish }) => view !== null && wish !== null && isUnmet(wish, view))) return [];
      const commands = this.#act(symbol, { decisions: list, atMs });
      return commands.length > 0 ? [{ symbol, commands }] : [];
    });
  }

  #ask(place: Place, views: ReadonlyMap<string, SymbolView | string>): readonly Decision[] {
    const { run } = place;
    let wishes = NO_WISHES;
    if (place.failure === null) {
      try {
        const decided = place.seat.decide(views);
        place.seat = decided.next;
        wishes = decided.wishes;
      } catch (error) {
        place.failure = faultText(error);
      }
    }
    return [...views].map(([symbol, view]): Decision => {
      const seen = typeof view === 'string' ? null : view;
      const wish = seen === null || place.failure !== null ? undefined : wishes.get(symbol);
      const reason = place.failure !== null ? 'strategy-failed' : typeof view === 'string' ? view : wish ? wish.reason : 'no-wish';
      this.#options.onReason(run.id, reason);
      if (seen === null || wish === undefined) return { run, view: seen, wish: null, reason, problem: place.failure };
      return this.#checked({ run, view: seen, wish });
    });
  }

  #checked({ run, view, wish }: { readonly run: Run; readonly view: SymbolView; readonly wish: Wish }): Decision {
    if (wish.quotes.length > 0)
      throw new NotOnBars(
        `run ${run.id} (${run.strategy.name}) wants to rest quotes, which bars cannot fill honestly: backtest it on a recording of the book`,
      );
    if (!isUnmet(wish, view)) return { run, view, wish, reason: '', problem: null };
    this.underWay = true;
    const problem = wishProblem(wish, view.instrument);
    return problem === null ? { run, view, wish, reason: '', problem } : { run, view, wish: null, reason: 'bad-wish', problem };
  }

  #act(symbol: string, { decisions, atMs }: { readonly decisions: readonly Decision[]; readonly atMs: number }): readonly PlaceCommand[] {
    const { settings, account, shares } = this.#options;
    const one = this.#one(symbol);
    const view = decisions.find((decision) => decision.view !== null)?.view;
    if (!view) return [];
    const position = positionDocOf(one, account);
    const acted = act({
      turn: {
        documents: documentsOf(one, { account, position, atMs, lease: this.#epoch }),
        fills: [],
        fees: [],
        deeds: NO_DEEDS,
        now: monoMs(atMs),
        nowMs: wallMs(atMs),
        mayTrade: true,
        nextId: this.#idOf,
      },
      look: {
        symbol,
        working: [],
        market: view,
        reason: null,
        close: null,
        ask: [],
        state: { exits: one.exits, pending: [], refusals: one.refusals, oms: one.oms },
        held: heldOf(one, view, position),
      },
      decisions,
      limits: settings.limits(symbol),
      rules: settings.oms,
    });
    one.oms = { ...EMPTY_OMS, tokens: acted.oms.tokens }; // every order has ended before the next look
    for (const cross of acted.crosses) shares.cross(cross, { instrument: one.instrument, price: one.market.price });
    return placesOf(acted);
  }

  #view(symbol: string, { place, atMs }: { readonly place: Place; readonly atMs: number }): SymbolView {
    const { account, shares } = this.#options;
    const one = this.#one(symbol);
    const { instrument, market } = one;
    const [bestBid, bestAsk] = [market.touch('buy'), market.touch('sell')];
    const own = shares.of(instrument, place.run.id) ?? one;
    const interval = place.run.strategy.reads.bars;
    const window = interval === null ? undefined : one.windows.get(interval);
    return {
      symbol,
      instrument,
      bestBid,
      bestAsk,
      bids: [{ price: bestBid, size: instrument.maxLots }],
      asks: [{ price: bestAsk, size: instrument.maxLots }],
      atMs: wallMs(atMs),
      position: own.position,
      netPosition: one.position,
      entryPrice: own.entryPrice,
      bars: window?.bars ?? null,
      openBar: window?.open(one) ?? null,
      markTicks: market.price,
      funding: one.due === null ? null : { rate: Number(one.due.rate) / 1e8, nextMs: wallMs(one.due.atMs) },
      commission: account.commission(symbol),
      equity: account.equity(),
      orders: [],
      trades: null,
      fills: [],
    };
  }

  #one(symbol: string): BarSymbol {
    const one = this.#options.symbols.get(symbol);
    if (!one) throw new Error(`Cannot decide on ${symbol}: it has no bars`);
    return one;
  }

  readonly #idOf = (role: Role): string => this.#nextId(role);

  /** The ids of one lease are used up after a while: the next one goes on. */
  #nextId(role: Role): string {
    for (;;) {
      const id = this.#ids.next(role);
      if (id !== null) return id;
      this.#epoch += 1;
      this.#ids = new ClientIds(this.#epoch);
    }
  }
}

type Role = Parameters<ClientIds['next']>[0];

function heldOf({ instrument, position, entryPrice, opening }: BarSymbol, { bids, asks }: SymbolView, document: PositionDoc): HeldView {
  return { instrument, position, entryPrice, markPrice: null, markAgeMs: null, opening, bids, asks, orders: [], document };
}

const isUnmet = ({ quotes, target }: Wish, { position }: SymbolView): boolean =>
  quotes.length > 0 || (target !== null && target.position !== position);

const placesOf = ({ commands }: Acted): readonly PlaceCommand[] =>
  commands.flatMap((command) => (command.kind === 'place' ? [command] : []));
