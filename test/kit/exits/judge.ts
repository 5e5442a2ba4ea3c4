/**
 * Looks at one path from outside. By the exchange's own truth: how long a position was beyond its stop before anything fired, how long it
 * lived after that, and at what price it was closed. By the plain rules (mirror.ts): whether the right thing fired, and was remembered.
 */
import type { Exits } from '../../../brain/risk/exits.ts';
import { parseClientId } from '../../../shared/client-id.ts';
import type { Config } from '../../../shared/config.ts';
import { exitsOf, type ExitParameters } from '../../../shared/exit-parameters.ts';
import type { Took } from '../virtual-brain.ts';
import { allowanceMs, type Call, detectMs, ordersMax } from './deadline.ts';
import { type Expected, Mirror, stopBound } from './mirror.ts';

export type Trade = {
  readonly id: string;
  readonly clientId: string;
  readonly side: number;
  readonly price: number;
  readonly size: number;
  readonly wallMs: number;
};
/** The exchange's own word at one moment: base and quote units, `size` signed, `price` of closing it all now. */
export type Truth = {
  readonly atMs: number;
  readonly wallMs: number;
  readonly size: number;
  readonly entry: number | null;
  readonly price: number | null;
  readonly trades: () => readonly Trade[];
  /** Orders of the strategy that rest. */
  readonly resting: () => number;
};
export type Alive = {
  readonly gatewayUp: boolean;
  readonly brainUp: boolean /** Nothing gets through to the venue by its own will. */;
  readonly blocked: boolean;
};

/** One close, from the trigger until the exchange says flat. */
export type Closed = {
  readonly why: string;
  /** Executable price that fired, quote units; of a stop of the venue its trigger. */
  readonly trigger: number;
  readonly average: number;
  /** Of the trigger price; positive is worse. */
  readonly slippageBps: number;
  /** From the trigger until flat, and how long that may take with all that went wrong meanwhile. */
  readonly tookMs: number;
  readonly allowedMs: number;
  readonly orders: number;
  /** What happened between. */
  readonly faults: readonly string[];
};
export type Judgement = {
  readonly violations: readonly string[];
  readonly closed: readonly Closed[];
  /** Longest time beyond the stop-loss without a trigger while prices were there to be seen, ms. */
  readonly unseenMs: number;
  /** Time with a position and without a trigger in which size or price was not seen as it was; how long what went wrong explains. */
  readonly blind: { readonly ms: number; readonly allowedMs: number };
  readonly turns: number;
};

type Closing = {
  readonly why: string;
  readonly price: number;
  readonly atMs: number;
  readonly wallMs: number;
  readonly side: number;
  readonly calls: Call[];
  readonly faults: string[];
  /** Not alive, or not let in: while that lasts nobody can close anything. */
  outMs: number;
  restarts: number;
  taken: boolean;
};

const TURN_AGE_MS = 250;
/** A quiet book changes this seldom. */
const RECOVERED_MS = 3_000;
/** After a thing that went wrong is over: streams noticed as dead, opened anew, the account read. */
const RECOVER_MS = 8_000;
const SAME_SIZE = 1e-9;
/** By then the orders of the strategy are gone, where nothing hinders. */
const TAKEN_BACK_MS = 500;
const MAX_BLAMES = 20;

export class ExitJudge {
  readonly #mirror: Mirror;
  readonly #rules: ExitParameters;
  readonly #config: Config;
  readonly #sliceMs: number;
  readonly #violations = new Set<string>();
  readonly #closed: Closed[] = [];
  #state: Exits['state']['at'] = 'armed';
  #closing: Closing | null = null;
  #alive: Alive = { gatewayUp: false, brainUp: false, blocked: false };
  #seen = { atMs: Number.NEGATIVE_INFINITY, live: false, fresh: false, freshMs: Number.NEGATIVE_INFINITY, size: 0 };
  #blind = { ms: 0, allowedMs: RECOVER_MS };
  #held: Truth | null = null;
  #flatAtMs: number | null = null;
  #unseen = { sinceMs: 0, longestMs: 0 };
  #turns = 0;
  #manual = false;

  constructor({ symbol, config, sliceMs }: { readonly symbol: string; readonly config: Config; readonly sliceMs: number }) {
    this.#rules = exitsOf(config, symbol);
    this.#mirror = new Mirror(symbol, this.#rules);
    this.#config = config;
    this.#sliceMs = sliceMs;
  }

  /** A turn of the brain: it did what the rules say of the documents it read, and remembers what it should. */
  onTurn({ documents, state, stepped }: Took, now: { readonly atMs: number; readonly wallMs: number }): void {
    const expected = this.#mirror.read(documents, now.atMs - documents.seenAt);
    const { exits } = state;
    const was = this.#state;
    this.#state = exits.state.at;
    this.#turns++;
    const fresh = expected?.fresh === true;
    this.#seen = {
      atMs: now.atMs,
      live: expected?.live === true,
      fresh,
      freshMs: fresh ? now.atMs : this.#seen.freshMs,
      size: expected?.size ?? Number.NaN,
    };
    if (was !== 'closing' && expected && stepped.close !== expected.fires)
      this.#blame(now.atMs, `brain closes for ${stepped.close}, the rules say ${expected.fires}`);
    this.#compareMemory(now.atMs, { expected, exits });
    this.#compareOpening(now.atMs, expected);
    const places = stepped.commands.some(({ kind }) => kind === 'place');
    if (places && exits.state.at !== 'armed') this.#blame(now.atMs, `an order of the strategy leaves while ${exits.state.at}`);
    if (places && this.#flatAtMs !== null && now.atMs - this.#flatAtMs < this.#rules.cooldownMs)
      this.#blame(now.atMs, `an order of the strategy leaves ${now.atMs - this.#flatAtMs} ms after an exit`);
    if (was !== 'closing' && exits.state.at === 'closing')
      this.#begin({ why: exits.state.why, price: exits.state.price ?? Number.NaN, ...now });
    if (this.#closing && documents.header.closing.length > 0) this.#closing.taken = true;
  }

  onCall(call: Call): void {
    this.#closing?.calls.push(call);
  }

  onAct(kind: string, lastsMs: number): void {
    this.#blind.allowedMs += lastsMs + RECOVER_MS;
    this.#closing?.faults.push(kind);
    if (kind === 'manual') this.#manual = true;
  }

  /** Every slice of time. */
  look(truth: Truth, alive: Alive): void {
    this.#count(alive);
    this.#alive = alive;
    this.#watchStop(truth);
    const grew = Math.abs(truth.size) > Math.abs(this.#held?.size ?? 0);
    const taken = this.#closing !== null && truth.atMs - this.#closing.atMs > TAKEN_BACK_MS && !isTroubled(this.#closing);
    if (grew && taken && !this.#manual) this.#blame(truth.atMs, `the position grew to ${truth.size} while it is being closed`);
    this.#manual = false;
    if (truth.size === 0 && this.#held && this.#held.size !== 0) this.#flat(this.#held, truth);
    else if (truth.size === 0) this.#closing = null; // the venue had been faster
    this.#held = truth;
  }

  get isClosing(): boolean {
    return this.#closing !== null;
  }

  end(truth: Truth): Judgement {
    if (this.#closing) this.#blame(truth.atMs, `still closing for ${this.#closing.why} since ${Math.round(this.#closing.atMs)} ms`);
    if (truth.atMs - this.#seen.freshMs > RECOVERED_MS) this.#blame(truth.atMs, 'it does not recover');
    const { ms, allowedMs } = this.#blind;
    if (ms > allowedMs) this.#blame(truth.atMs, `blind for ${ms} ms, what went wrong explains ${allowedMs}`);
    return {
      violations: [...this.#violations],
      closed: this.#closed,
      unseenMs: this.#unseen.longestMs,
      blind: this.#blind,
      turns: this.#turns,
    };
  }

  #compareMemory(atMs: number, { expected, exits: { track } }: { readonly expected: Expected | null; readonly exits: Exits }): void {
    if (!expected?.memory || !track) return;
    const { peak, trail, even, sinceMs } = expected.memory;
    const pairs = [
      [track.peak, peak],
      [track.trail, trail],
      [track.breakEven, even],
      [track.heldSinceMs, sinceMs],
    ] as const;
    if (pairs.some(([ours, theirs]) => (ours === null) !== (theirs === null) || Math.abs((ours ?? 0) - (theirs ?? 0)) > 1e-6))
      this.#blame(atMs, `the brain remembers ${JSON.stringify(track)}, it should be ${JSON.stringify(expected.memory)}`);
  }

  /** The gateway names the trade that opened a position; the exchange's own list of trades knows it as well. */
  #compareOpening(atMs: number, expected: Expected | null): void {
    const held = this.#held;
    if (!expected || !held || expected.opening === null || held.size === 0 || Math.abs(expected.size - held.size) > SAME_SIZE) return;
    const opened = openingOf(held.trades());
    if (opened !== null && opened !== expected.opening)
      this.#blame(atMs, `the position is told to be opened by trade ${expected.opening}, it was ${opened}`);
  }

  #begin({ why, price, atMs, wallMs }: { why: string; price: number; atMs: number; wallMs: number }): void {
    const side = Math.sign(this.#held?.size ?? 0);
    this.#closing = { why, price, atMs, wallMs, side, calls: [], faults: [], outMs: 0, restarts: 0, taken: false };
    this.#unseen.sinceMs = 0;
  }

  #count({ gatewayUp, brainUp, blocked }: Alive): void {
    const closing = this.#closing;
    if (!closing) return;
    if (!gatewayUp || blocked || (!brainUp && !closing.taken)) closing.outMs += this.#sliceMs;
    if (gatewayUp && !this.#alive.gatewayUp) closing.restarts++;
    if (brainUp && !this.#alive.brainUp && !closing.taken) closing.restarts++;
  }

  /** Beyond the stop-loss by the exchange's own book, while the brain had a fresh price to see it: that may last only so long. */
  #watchStop(truth: Truth): void {
    const { gatewayUp, brainUp } = this.#alive;
    const told = Math.abs(this.#seen.size - truth.size) < SAME_SIZE;
    const sees = gatewayUp && brainUp && this.#seen.live && told && truth.atMs - this.#seen.atMs <= TURN_AGE_MS;
    const clear = sees && this.#seen.fresh;
    if (!sees && truth.size !== 0 && this.#closing === null) this.#blind.ms += this.#sliceMs;
    const armed = this.#closing === null && this.#state === 'armed';
    if (!clear || !armed || truth.entry === null || truth.price === null) {
      this.#unseen.sinceMs = 0;
      return;
    }
    const loss = (truth.entry - truth.price) * Math.sign(truth.size);
    const beyond = loss > stopBound(this.#rules, { entry: truth.entry, size: Math.abs(truth.size) });
    this.#unseen.sinceMs = beyond ? this.#unseen.sinceMs + this.#sliceMs : 0;
    this.#unseen.longestMs = Math.max(this.#unseen.longestMs, this.#unseen.sinceMs);
    const limit = detectMs(this.#config) + this.#sliceMs;
    if (this.#unseen.sinceMs > limit)
      this.#blame(truth.atMs, `beyond its stop for more than ${limit} ms in plain sight, and nothing fires`);
  }

  #flat(before: Truth, truth: Truth): void {
    const closing = this.#closing;
    this.#closing = null;
    if (closing) {
      this.#flatAtMs = truth.atMs;
      this.#settle(closing, truth);
    } else this.#byVenue(before, truth);
  }

  #settle(closing: Closing, truth: Truth): void {
    const { why, price, atMs, wallMs, side, calls, faults } = closing;
    const average = averageOf(truth.trades().filter((trade) => trade.wallMs >= wallMs && trade.side === -side));
    const tookMs = truth.atMs - atMs;
    const allowedMs = allowanceMs({ ...closing, isProfit: why === 'take-profit' }, { config: this.#config, sliceMs: this.#sliceMs });
    const orders = calls.filter(({ target }) => target === 'POST /fapi/v1/order').length;
    const slippageBps = ((side * (price - average)) / price) * 10_000;
    this.#closed.push({ why, trigger: price, average, slippageBps, tookMs, allowedMs, orders, faults });
    if (!isTroubled(closing) && truth.resting() > 0)
      this.#blame(truth.atMs, `${truth.resting()} orders of the strategy rest beside a close`);
    if (tookMs > allowedMs)
      this.#blame(truth.atMs, `closed for ${why} after ${tookMs} ms, allowed were ${Math.round(allowedMs)}: ${shownCalls(closing)}`);
    if (orders > ordersMax(calls)) this.#blame(truth.atMs, `${orders} orders for one close: ${shownCalls(closing)}`);
  }

  /** Nothing of the brain's: the stop at the venue, or the gateway in its stead when price had passed it already. */
  #byVenue(before: Truth, truth: Truth): void {
    const side = Math.sign(before.size);
    const last = truth.trades().filter((trade) => trade.side === -side && truth.wallMs - trade.wallMs < 5_000);
    const roles = new Set(last.map(({ clientId }) => parseClientId(clientId)?.role ?? 'foreign'));
    const trigger = (before.entry ?? 0) * (1 - (side * this.#config.gateway.disasterStop.percent) / 100);
    const average = averageOf(last);
    if (!roles.has('stop') && !(roles.has('close') && this.#state === 'armed')) return; // or what is still being closed came back
    const slippageBps = ((side * (trigger - average)) / trigger) * 10_000;
    this.#closed.push({ why: 'venue-stop', trigger, average, slippageBps, tookMs: 0, allowedMs: 0, orders: 0, faults: [] });
  }

  #blame(atMs: number, sentence: string): void {
    if (this.#violations.size < MAX_BLAMES) this.#violations.add(`at ${Math.round(atMs)} ms: ${sentence}`);
  }
}

/** Of an account that began flat. */
function openingOf(trades: readonly Trade[]): string | null {
  let [size, opened]: [number, string | null] = [0, null];
  for (const trade of trades) {
    const before = Math.abs(size) < SAME_SIZE ? 0 : Math.sign(size);
    size += trade.side * trade.size;
    const after = Math.abs(size) < SAME_SIZE ? 0 : Math.sign(size);
    if (after !== before) opened = after === 0 ? null : trade.id;
  }
  return opened;
}

/** Something of ours did not get through, or was not there. */
const isTroubled = ({ calls, outMs, restarts }: Closing): boolean => outMs > 0 || restarts > 0 || calls.some(({ failed }) => failed);

function averageOf(trades: readonly Trade[]): number {
  const size = trades.reduce((sum, trade) => sum + trade.size, 0);
  return trades.reduce((sum, trade) => sum + trade.size * trade.price, 0) / size;
}

const shownCalls = ({ calls, atMs, outMs, faults, restarts, taken }: Closing): string =>
  `out ${outMs} ms, restarts ${restarts}, taken ${taken}, ${faults.join(' ')}; ${calls
    .filter(({ target }) => /order|v3/.test(target))
    .map(
      ({ target, sentMs, endedMs, failed }) =>
        `${target.replace('/fapi/', '')} ${Math.round(sentMs - atMs)}+${Math.round(endedMs - sentMs)}${failed ? ' failed' : ''}`,
    )
    .join(', ')}`;
