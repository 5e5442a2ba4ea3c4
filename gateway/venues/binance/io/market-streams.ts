/** The two public connections: depth with best prices, and marks, trades and K-lines; each watched by what it delivers, and replaced in time. */
import { type Clock, patienceMs } from '../../../../shared/clock.ts';
import type { Log } from '../../../../shared/log.ts';
import type { MonoMs } from '../../../../shared/units.ts';
import { Reference } from '../../../market/reference.ts';
import { MarketSession } from '../../../market/session.ts';
import { RotatingStream } from '../../../io/rotation.ts';
import type { HttpAnswer } from '../../transport.ts';
import type { OpenSocket } from '../../../io/websocket.ts';
import type { StreamHealth } from '../../venue.ts';
import { marketPath, publicPath } from '../encode.ts';
import type { MarketFeed } from '../market-feed.ts';
import { streamName } from '../stream-name.ts';
import type { VenueMeters } from './meters.ts';

export const TICK_MS = 100;
/** The reference stream of a connection comes once a second and more often; silent for this long, the connection is opened anew. */
const SILENCE_MS = 3_000;
/** The venue ends a connection after 24 hours (reference sheet 2026-11, 6). */
export const ROTATE_MS = 23 * 3_600_000;
/** Thin symbols may say nothing for longer; they are proved by their chain when they speak. */
export const OVERLAP_MS = 15_000;
/** Messages on their way over the old connection arrive meanwhile. */
const MARKET_OVERLAP_MS = 1_000;

export type MarketStreamsOptions = {
  readonly clock: Clock;
  readonly speed: number;
  /** Scheme, host and port. */
  readonly host: string;
  readonly symbols: readonly string[];
  /** Of the bars that strategies read. */
  readonly intervals: readonly string[];
  readonly rotateMs: number;
  readonly feed: MarketFeed;
  readonly log: Log;
  readonly meters: VenueMeters;
  readonly retryMs: (failures: number) => number;
  /** False while the venue wants to hear nothing from us. */
  readonly mayConnect: () => boolean;
  readonly onRefused: (answer: HttpAnswer) => void;
  readonly openSocket?: OpenSocket | undefined;
};

/** Depth comes ten times a second where anything happens; the mark of every symbol once a second, always (reference sheet 2026-11, 6). */
const REFERENCES = {
  public: { isCandidate: (name: string) => name.endsWith('@depth@100ms'), perSecondMin: 5 },
  market: { isCandidate: (name: string) => name.endsWith('@markPrice@1s'), perSecondMin: 0.8 },
} as const;

export class MarketStreams implements Disposable {
  readonly #options: MarketStreamsOptions;
  readonly #public: RotatingStream<MarketSession>;
  readonly #market: RotatingStream<MarketSession>;

  constructor(options: MarketStreamsOptions) {
    this.#options = options;
    this.#public = this.#openPublic();
    this.#market = this.#openMarket();
  }

  health(): readonly StreamHealth[] {
    const now = this.#options.clock.monoMs();
    return [this.#public.health(now), this.#market.health(now)];
  }

  [Symbol.dispose](): void {
    this.#public[Symbol.dispose]();
    this.#market[Symbol.dispose]();
  }

  #openPublic(): RotatingStream<MarketSession> {
    const { feed, host, symbols, speed, rotateMs, mayConnect } = this.#options;
    const url = `${host}${publicPath(symbols)}`;
    return new RotatingStream({
      ...this.#shared('public'),
      url: () => Promise.resolve(mayConnect() ? url : null),
      rotateMs,
      overlapMsMax: patienceMs(OVERLAP_MS, speed),
      ready: () => feed.isJoined,
      onFrame: (text, role, bytes) => (role === 'current' ? feed.publicFrame(text, bytes) : feed.joiningFrame(text, bytes)),
      onLive: () => this.#told('public'),
      onLost: (reason) => this.#lost('public', reason, () => feed.publicLost(reason)),
      onTurn: (turn) => this.#turned('public', turn, () => (turn === 'begun' ? feed.beginJoin() : feed.endJoin())),
    });
  }

  #openMarket(): RotatingStream<MarketSession> {
    const { feed, host, symbols, intervals, speed, rotateMs, mayConnect } = this.#options;
    const url = `${host}${marketPath(symbols, intervals)}`;
    return new RotatingStream({
      ...this.#shared('market'),
      url: () => Promise.resolve(mayConnect() ? url : null),
      rotateMs: 0.99 * rotateMs, // not all at once
      overlapMsMax: patienceMs(OVERLAP_MS, speed),
      ready: (liveForMs) => liveForMs >= patienceMs(MARKET_OVERLAP_MS, speed),
      onFrame: (text) => feed.marketFrame(text),
      onLive: () => {
        this.#told('market');
        feed.marketLive();
      },
      onLost: (reason) => this.#lost('market', reason, () => feed.marketLost()),
      onTurn: (turn) => this.#turned('market', turn, () => feed.setOverlap(turn === 'begun')),
    });
  }

  #shared(stream: 'public' | 'market') {
    const { clock, log, meters, retryMs, speed, onRefused, openSocket } = this.#options;
    const session = (): MarketSession => {
      const reference = new Reference(REFERENCES[stream]);
      const pulse = {
        reset: () => reference.reset(),
        beats: (text: string, now: MonoMs) => reference.hears(streamName(text), now),
      };
      return new MarketSession({ silenceMsMax: patienceMs(SILENCE_MS, speed), retryMs, pulse });
    };
    const onClosed = (sentence: string): void => {
      meters.closed(stream);
      log.info({ stream, sentence }, 'Stream closed');
    };
    return { clock, tickMs: TICK_MS, session, onClosed, onRefused, openSocket };
  }

  #told(stream: string): void {
    this.#options.log.info({ stream }, 'Stream live');
  }

  #lost(stream: string, reason: string, tell: () => void): void {
    this.#options.log.warn({ stream, reason }, 'Stream lost');
    tell();
  }

  #turned(stream: string, turn: 'begun' | 'done', tell: () => void): void {
    this.#options.log.info({ stream, turn }, 'Stream connection replaced');
    tell();
  }
}
