/** Drives the cores with a tape and holds what came of it: state, gaps, counts, and one hash over all of it. Pure. */
import { createHash } from 'node:crypto';
import { formatPrice, formatSize, type Instrument, type InstrumentSpec, makeInstrument } from '../../../shared/instrument.ts';
import { TapeGap, TapeHead, type TapeRecord, type TapeSource } from '../../../shared/tape.ts';
import { ReplayAccount } from './account.ts';
import { ReplayMarket } from './market.ts';

export type Level = readonly [price: string, size: string];
export type BookState = {
  readonly symbol: string;
  readonly status: string;
  readonly reason: string;
  readonly lastUpdateId: number;
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
};
/** What was asked and told about it, or decided, newest last. */
export type Word = { readonly atMs: number; readonly what: string; readonly text: string };
export type ToldGap = TapeGap & { readonly atMs: number };

const WORDS_KEPT = 200;
/** A wall clock that moves by more than this against the monotonic one was set. */
const CLOCK_STEP_MS = 500;

export class Replayer {
  market = new ReplayMarket(new Map());
  account = new ReplayAccount(new Map());
  readonly counts: Partial<Record<TapeSource, number>> = {};
  readonly gaps: ToldGap[] = [];
  /** Times at which the machine's wall clock was set. */
  readonly clockSteps: number[] = [];
  /** Newest snapshot given out, as `epoch:seq`. */
  published = '';
  firstMs: number | null = null;
  lastMs = 0;
  #process = '';
  #run = '';
  #offsetMs: number | null = null;
  /** Newest reason of each run on each symbol. */
  readonly #reasons = new Map<string, string>();
  readonly #commands: Word[] = [];
  readonly #decisions: Word[] = [];

  take(record: TapeRecord): void {
    const { source, atMs } = record;
    this.counts[source] = (this.counts[source] ?? 0) + 1;
    this.firstMs ??= atMs;
    this.lastMs = Math.max(this.lastMs, atMs);
    if (source === 'head') this.#head(record);
    else if (source === 'gap') this.gaps.push({ ...TapeGap.parse(JSON.parse(record.raw)), atMs });
    else if (source === 'instruments') this.#instruments(record.raw);
    else if (source === 'clock') this.#clock(record);
    else if (source === 'published') this.#published(record.raw);
    else this.#word(record);
    if (this.#process === 'brain') return; // its clock and gaps are not those of the market
    this.market.take(record);
    this.account.take(record);
  }

  /** By time. */
  get words(): readonly Word[] {
    return [...this.#commands, ...this.#decisions].sort((a, b) => a.atMs - b.atMs);
  }

  books(): readonly BookState[] {
    return [...this.market.instruments.values()].map((instrument) => {
      const { status, reason, lastUpdateId, book } = this.market.book(instrument.symbol);
      const levels = (name: 'bids' | 'asks'): Level[] =>
        Array.from({ length: book[name].count }, (_, i) => {
          const price = book[name].priceAt(i);
          return [price === null ? '' : formatPrice(instrument, price), formatSize(instrument, book[name].sizeAt(i))];
        });
      return { symbol: instrument.symbol, status, reason, lastUpdateId, bids: levels('bids'), asks: levels('asks') };
    });
  }

  /** Over everything that the cores hold; the same tape, whole or up to the same moment, has the same. */
  hash(): string {
    const { marks, trades, bars, refused, instruments } = this.market;
    const state = {
      ...{ counts: this.counts, gaps: this.gaps, published: this.published, refused, books: this.books() },
      ...{ chains: [...instruments.keys()].map((symbol) => this.market.counters(symbol)) },
      ...{ marks: [...marks], trades: [...trades], bars: [...bars], orders: [...this.account.orders.values()] },
      ...{ positions: [...this.account.positions.values()], fills: this.account.fills, disagreements: this.account.disagreements() },
      words: this.words,
    };
    return createHash('sha256').update(JSON.stringify(state)).digest('hex');
  }

  /** A run that follows on another one holds nothing of its streams. */
  #head({ raw }: TapeRecord): void {
    const { process, run } = TapeHead.parse(JSON.parse(raw));
    this.#process = process;
    if (process === 'brain' || run === this.#run) return;
    if (this.#run !== '') this.market = new ReplayMarket(this.market.instruments);
    this.#run = run;
    this.#offsetMs = null;
  }

  /** Other steps are other books; a filter or a halt changes nothing here. */
  #instruments(raw: string): void {
    const specs = JSON.parse(raw) as Readonly<Record<string, InstrumentSpec>>;
    const made = new Map(Object.entries(specs).map(([symbol, spec]) => [symbol, instrumentOf(spec)]));
    const isSame = [...made].every(([symbol, { tickSize, stepSize }]) => {
      const before = this.market.instruments.get(symbol);
      return before?.tickSize === tickSize && before.stepSize === stepSize;
    });
    if (isSame && made.size === this.market.instruments.size) return;
    this.market = new ReplayMarket(made);
    this.account = new ReplayAccount(made);
  }

  #clock({ raw, atMs }: TapeRecord): void {
    const { wallMs }: { readonly wallMs?: number } = JSON.parse(raw);
    if (wallMs === undefined || this.#process === 'brain') return;
    const offsetMs = wallMs - atMs;
    if (this.#offsetMs !== null && Math.abs(offsetMs - this.#offsetMs) > CLOCK_STEP_MS) this.clockSteps.push(atMs);
    this.#offsetMs = offsetMs;
  }

  #published(raw: string): void {
    const { epoch, seq }: { readonly epoch?: number; readonly seq?: number } = JSON.parse(raw);
    this.published = `${epoch}:${seq}`;
  }

  /** What is new: a reason that a run did not have before, and what was sent; null: all is as it was. */
  #decision(raw: string): string | null {
    const { symbols } = JSON.parse(raw) as Decision;
    const news = symbols.flatMap(({ symbol, outcomes, commands = [], close }) => {
      const reasons = outcomes.filter(({ run, reason }) => {
        const key = `${run} ${symbol}`;
        const isNew = this.#reasons.get(key) !== reason;
        this.#reasons.set(key, reason);
        return isNew;
      });
      if (reasons.length + commands.length === 0 && close === undefined) return [];
      const told = reasons.map(({ run, reason }) => `${run} ${reason}`);
      const sent = commands.length > 0 ? [`${commands.length} commands`] : [];
      return [[symbol, ...told, ...sent, ...(close === undefined ? [] : [`close: ${close}`])].join(' ')];
    });
    return news.length === 0 ? null : news.join('; ');
  }

  #word({ source, name, raw, atMs }: TapeRecord): void {
    const text =
      source === 'command' ? commandText(raw) : source === 'answer' ? answerText(raw) : source === 'decision' ? this.#decision(raw) : null;
    if (text === null) return;
    const kept = source === 'decision' ? this.#decisions : this.#commands; // their files are read one after the other
    kept.push({ atMs, what: source === 'decision' ? `decided on ${name}` : `${source} ${name}`, text });
    if (kept.length > WORDS_KEPT) kept.shift();
  }
}

function instrumentOf(spec: InstrumentSpec): Instrument {
  const made = makeInstrument(spec);
  if (typeof made === 'string') throw new Error(made);
  return made;
}

/** As `brain/io/brain-tape.ts` writes it. */
type Decision = {
  readonly symbols: readonly {
    readonly symbol: string;
    readonly outcomes: readonly { readonly run: string; readonly reason: string }[];
    readonly commands?: readonly object[];
    readonly close?: string;
  }[];
};

type Fields = Readonly<Record<string, unknown>>;

/** Heartbeats are many, and their {epoch, seq} is what they tell. */
function commandText(raw: string): string | null {
  const command = JSON.parse(raw) as Fields;
  const { type, clientId, side, size, price, reason, basedOn, symbol, commands } = command;
  if (type === 'heartbeat') return null;
  if (type === 'batch' && Array.isArray(commands)) return commands.map((one) => commandText(JSON.stringify(one)) ?? '').join('; ');
  const { epoch, seq } = (basedOn ?? {}) as Fields;
  const on = basedOn === undefined ? '' : `on ${String(epoch)}:${String(seq)}`;
  return [type, symbol, side, size, price && `at ${String(price)}`, clientId && `id ${String(clientId)}`, on, reason]
    .filter(Boolean)
    .join(' ');
}

/** What was taken says nothing more. */
function answerText(raw: string): string | null {
  const { type, code, sentence, answers } = JSON.parse(raw) as Fields;
  if (type === 'refused') return `refused: ${String(code)}: ${String(sentence)}`;
  if (type !== 'batch' || !Array.isArray(answers)) return null;
  const refusals = answers.map((one) => answerText(JSON.stringify(one))).filter((text) => text !== null);
  return refusals.length === 0 ? null : refusals.join('; ');
}
