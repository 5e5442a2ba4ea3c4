/**
 * Puts on the tape what goes through this process: around the lines to the venue, so that no adapter knows of it, and beside the commands,
 * the ledger and the snapshots. It delays nothing, and no secret passes it.
 */
import { resolve } from 'node:path';
import type { BookSide } from '../../shared/book.ts';
import type { Clock, Timer } from '../../shared/clock.ts';
import type { Command } from '../../shared/command.ts';
import { type Config, publicConfig } from '../../shared/config.ts';
import type { Credentials } from '../../shared/config-file.ts';
import { formatPrice, formatSize } from '../../shared/instrument.ts';
import { TapeWriter, type TapeWriterOptions } from '../../shared/io/tape-writer.ts';
import type { Log } from '../../shared/log.ts';
import { hideSecrets, type Redact, redactorOf } from '../../shared/redact.ts';
import { type Lots, type Ticks, ticks } from '../../shared/units.ts';
import type { Cause } from '../account/audit-rows.ts';
import type { Change } from '../account/rows.ts';
import type { Heard } from '../orders/audit.ts';
import { instrumentDoc } from '../publish/snapshot.ts';
import { changeText } from '../publish/tape-rows.ts';
import type { HttpOutcome, HttpRequest } from '../venues/transport.ts';
import type { BookView, Venue } from '../venues/venue.ts';
import { type Http, type HttpOptions, openHttp } from './http.ts';
import type { LedgerStore } from './ledger-store.ts';
import { type OpenSocket, openSocket } from './websocket.ts';

export type RecorderOptions = {
  readonly config: Config;
  readonly process: string;
  readonly folder: string;
  readonly clock: Clock;
  /** Texts that never reach the tape, whatever they stand in. */
  readonly secrets: readonly string[];
  readonly epoch: number | null;
  readonly onFault: NonNullable<TapeWriterOptions['onFault']>;
};
/** The ways to the venue that an adapter may be given. */
export type Lines = { readonly http: (options: HttpOptions) => Http; readonly socket: OpenSocket };

const MB = 1_024 * 1_024;
const CLOCK_MS = 1_000;
/** Of a side, at the beginning of a file: more would take time from trading. */
const LEVELS_KEPT = 500;
const OPEN_ROUTES: ReadonlySet<string> = new Set(['public', 'market']);
/** They change nothing. */
const UNTOLD: ReadonlySet<Command['type']> = new Set(['query']);

export class Recorder implements AsyncDisposable {
  readonly #options: RecorderOptions;
  readonly #tape: TapeWriter;
  readonly #hide: Redact;
  readonly #ticker: Timer;
  #connections = 0;
  #venue: Venue | null = null;

  constructor(options: RecorderOptions) {
    const { config, clock, secrets, process, epoch, onFault, folder } = options;
    const { fileMb, fileMs, totalMb } = config.record;
    const hidden = redactorOf(secrets);
    this.#options = options;
    this.#hide = (text) => hideSecrets(hidden(text));
    const { venue, environment, symbols } = config;
    const shown = JSON.parse(this.#hide(JSON.stringify(publicConfig(config)))) as unknown;
    this.#tape = new TapeWriter({
      ...{ folder, clock, onFault },
      head: { process, venue, environment, symbols: [...symbols], epoch, config: shown },
      limits: { fileBytes: fileMb * MB, fileMs, totalBytes: totalMb * MB },
      begin: (tape) => this.#begin(tape),
    });
    this.#ticker = clock.every(CLOCK_MS, () => this.#tape.write('clock', '', this.#clockText()));
  }

  /** Since the start: on disk, and dropped. */
  get counts(): { readonly records: number; readonly bytes: number; readonly dropped: number } {
    const { records, bytes, dropped } = this.#tape;
    return { records, bytes, dropped };
  }

  /** The usual lines, or those given, heard on their way. */
  lines(lines: Lines = { http: openHttp, socket: openSocket }): Lines {
    return { http: (options) => this.#http(lines.http(options)), socket: this.#socket(lines.socket) };
  }

  /** Its contracts and books begin each file. */
  watch(venue: Venue): void {
    this.#venue = venue;
    this.#writeInstruments(this.#tape);
  }

  readonly command: Heard = (command, answer, { client }) => {
    if (UNTOLD.has(command.type)) return;
    const name = client.role ?? 'nobody';
    this.#tape.write('command', name, this.#hide(JSON.stringify(command)));
    this.#tape.write('answer', name, this.#hide(JSON.stringify(answer)));
  };

  ledger(change: Change, cause: Cause): void {
    const text = this.#venue && changeText(change, this.#venue.instruments);
    if (text) this.#tape.write('ledger', cause, text);
  }

  published(stamp: { readonly epoch: number; readonly seq: number }): void {
    this.#tape.write('published', '', JSON.stringify({ epoch: stamp.epoch, seq: stamp.seq }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ticker.cancel();
    await this.#tape[Symbol.asyncDispose]();
  }

  #http(http: Http): Http {
    return {
      send: async (request) => {
        const name = this.#nameOf(request);
        this.#tape.write('sent', name, '');
        const hide = Object.keys(request.headers).length === 0 ? asItIs : this.#hide; // what needs no key tells none, and may be megabytes
        const outcome = await http.send(request);
        this.#tape.write('rest', `${statusOf(outcome)} ${name}`, hide(outcome.kind === 'answer' ? outcome.text : outcome.sentence));
        return outcome;
      },
      [Symbol.asyncDispose]: () => http[Symbol.asyncDispose](),
    };
  }

  #socket(open: OpenSocket): OpenSocket {
    return (url, handlers) => {
      const route = routeOf(url);
      const name = `${route}#${++this.#connections}`;
      const told = (event: string, sentence = ''): void => void this.#tape.write('connection', name, JSON.stringify({ event, sentence }));
      const hide: Redact = OPEN_ROUTES.has(route) ? asItIs : this.#hide; // public frames hold nothing to hide
      const socket = open(url, {
        ...handlers,
        onOpen: () => {
          told('opened');
          handlers.onOpen();
        },
        onText: (text, bytes) => {
          this.#tape.write('stream', name, hide(text));
          handlers.onText(text, bytes);
        },
        onClosed: (sentence) => {
          told('closed', sentence);
          handlers.onClosed(sentence);
        },
      });
      return {
        ...socket,
        send: (text) => {
          this.#tape.write('sent', name, this.#hide(text));
          socket.send(text);
        },
      };
    };
  }

  #nameOf({ method, path }: HttpRequest): string {
    return `${method} ${this.#hide(path)}`;
  }

  #begin(tape: TapeWriter): void {
    tape.write('clock', '', this.#clockText());
    this.#writeInstruments(tape);
    for (const symbol of this.#venue?.instruments.keys() ?? []) {
      const text = this.#bookText(symbol);
      if (text !== null) tape.write('book', symbol, text);
    }
  }

  #writeInstruments(tape: TapeWriter): void {
    if (!this.#venue) return;
    const stamp = { epoch: this.#options.epoch ?? 0, seq: 0 };
    const specs = [...this.#venue.instruments].map(([symbol, instrument]) => [symbol, instrumentDoc(instrument, stamp)] as const);
    tape.write('instruments', '', JSON.stringify(Object.fromEntries(specs)));
  }

  /** As the venue would answer a request for the whole depth; null while the book is not to be trusted. */
  #bookText(symbol: string): string | null {
    const instrument = this.#venue?.instruments.get(symbol);
    const view = this.#venue?.market.book(symbol);
    if (!instrument || view?.status !== 'live') return null;
    const { lastUpdateId, exchangeMs, book } = view;
    const texts = (side: 'bids' | 'asks'): [string, string][] =>
      levelsOf(view, side).map(([price, size]) => [formatPrice(instrument, price), formatSize(instrument, size)]);
    const knownFrom = nearer(Math.max, [view.knownFrom, edgeOf(book.bids)]);
    const knownTo = nearer(Math.min, [view.knownTo, edgeOf(book.asks)]);
    const bounds = [knownFrom, knownTo].map((price) => (price === null ? null : formatPrice(instrument, price)));
    return JSON.stringify({ lastUpdateId, E: exchangeMs, bids: texts('bids'), asks: texts('asks'), known: bounds });
  }

  #clockText(): string {
    const { clock } = this.#options;
    return JSON.stringify({ wallMs: clock.wallMs(), monoMs: clock.monoMs(), venueMs: this.#venue?.nowMs() ?? null });
  }
}

/** Where the levels that are written end; null where all are. */
const edgeOf = (side: BookSide): Ticks | null => (side.count > LEVELS_KEPT ? side.priceAt(LEVELS_KEPT - 1) : null);

function nearer(choose: (...prices: number[]) => number, bounds: readonly (Ticks | null)[]): Ticks | null {
  const known = bounds.filter((bound) => bound !== null);
  return known.length === 0 ? null : ticks(choose(...known));
}

function levelsOf({ book }: BookView, name: 'bids' | 'asks'): (readonly [Ticks, Lots])[] {
  const side = book[name];
  return Array.from({ length: Math.min(side.count, LEVELS_KEPT) }, (_, i) => [side.priceAt(i), side.sizeAt(i)] as readonly [Ticks, Lots]);
}

const asItIs: Redact = (text) => text;

/** `public`, `market`, `private`, or whatever comes first behind the host. */
const routeOf = (url: string): string => /^wss?:\/\/[^/?]+\/([^/?]*)/.exec(url)?.[1] || 'stream';
const statusOf = (outcome: HttpOutcome): string => (outcome.kind === 'answer' ? String(outcome.status) : outcome.kind);

type Written = { readonly recorder?: Recorder | null | undefined; readonly store: Pick<LedgerStore, 'write'> };

/** What the ledger takes in, and then the tape. */
export const recordedWrites =
  ({ recorder, store }: Written) =>
  (change: Change, cause: Cause): boolean => {
    const written = store.write(change, cause);
    recorder?.ledger(change, cause);
    return written;
  };

type Opening = {
  readonly config: Config;
  readonly credentials: Credentials;
  readonly clock: Clock;
  readonly runDir: { readonly path: string };
  readonly log: Log;
  readonly epoch: number | null;
};

/** As the configuration wants it; null: nothing is recorded. */
export function openRecorder({ config, credentials, clock, runDir, log, epoch }: Opening): Recorder | null {
  if (!config.record.on) return null;
  const onFault = (fault: string | null): void => {
    if (fault !== null) log.error({ fault }, 'Tape has a gap');
    else log.info('Tape is written again');
  };
  const folder = resolve(runDir.path, config.record.folder);
  const secrets = [credentials.apiKey, credentials.secret];
  return new Recorder({ config, clock, epoch, onFault, folder, secrets, process: 'gateway' });
}
