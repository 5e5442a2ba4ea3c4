/** A tape of a session of our own that a test makes up record by record, as the gateway writes it. */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { instrumentDoc } from '../../gateway/publish/snapshot.ts';
import type { Side } from '../../shared/order.ts';
import { blockOf } from '../../shared/tape-block.ts';
import type { TapeRecord, TapeSource } from '../../shared/tape.ts';
import { instrumentOf } from './bar-backtest.ts';

export const SESSION_MS = 1_704_124_790_000;
const symbol = 'BTCUSDT';
const EPOCH = 7;

export class SessionTape {
  readonly #records: TapeRecord[] = [];
  readonly #config: unknown;
  #update = 100;
  #seq = 0;
  #trades = 0;

  constructor({ config, held = '0.000' }: { readonly config: unknown; readonly held?: string }) {
    this.#config = config;
    const spec = instrumentDoc(instrumentOf(symbol), { epoch: EPOCH, seq: 0 });
    this.at(0, 'instruments', '', { [symbol]: spec });
    this.at(0, 'rest', '200 GET /fapi/v3/balance?x=1', [{ asset: 'USDT', balance: '10000', availableBalance: '10000', updateTime: 1 }]);
    const position = { symbol, positionSide: 'BOTH', positionAmt: held, entryPrice: '49900.05', liquidationPrice: '0', updateTime: 1 };
    this.at(0, 'rest', '200 GET /fapi/v3/positionRisk?x=1', [position]);
    for (const name of ['public#1', 'market#2', 'private#3']) this.at(0, 'connection', name, { event: 'opened', sentence: '' });
    const levels = { bids: [['50000.0', '1.000']], asks: [['50000.1', '1.000']] };
    const mark = { e: 'markPriceUpdate', E: SESSION_MS, s: symbol, p: '50000.05', i: '50000.05', r: '0.0001', T: SESSION_MS + 8.64e7 };
    this.at(0, 'stream', 'market#2', { stream: 'btcusdt@markPrice', data: mark });
    this.at(1, 'rest', `200 GET /fapi/v1/depth?symbol=${symbol}&limit=1000`, {
      lastUpdateId: this.#update,
      E: SESSION_MS,
      T: SESSION_MS,
      ...levels,
    });
  }

  at(afterMs: number, source: TapeSource, name: string, body: unknown): this {
    this.#records.push({ atMs: SESSION_MS + afterMs, source, name, raw: typeof body === 'string' ? body : JSON.stringify(body) });
    return this;
  }

  /** Made by the venue at the first time, received at the second. */
  depth([madeMs, heardMs]: readonly [number, number], b: readonly (readonly [string, string])[], a: typeof b = []): this {
    const pu = this.#update++;
    const E = SESSION_MS + madeMs;
    const data = { e: 'depthUpdate', E, T: E, s: symbol, U: pu, u: this.#update, pu, b, a };
    return this.at(heardMs, 'stream', 'public#1', { stream: 'btcusdt@depth@100ms', data });
  }

  trade([madeMs, heardMs]: readonly [number, number], [p, q]: readonly [string, string], aggressor: Side): this {
    const a = ++this.#trades;
    const E = SESSION_MS + madeMs;
    const data = { e: 'aggTrade', E, s: symbol, a, p, q, f: a, l: a, T: E, m: aggressor === 'sell' };
    return this.at(heardMs, 'stream', 'market#2', { stream: 'btcusdt@aggTrade', data });
  }

  published(afterMs: number): this {
    return this.at(afterMs, 'published', '', { epoch: EPOCH, seq: ++this.#seq });
  }

  /** Nothing but time. */
  until(afterMs: number): this {
    return this.at(afterMs, 'clock', '', {});
  }

  /** Folder of it. */
  write(): string {
    const dir = join(mkdtempSync(join(tmpdir(), 'mmbot-session-tape-')), 'tapes');
    mkdirSync(dir);
    const common = { format: 1, venue: 'binance', environment: 'sim', symbols: [symbol], file: 1, epoch: null, monoMs: 0 };
    const about = { ...common, process: 'gateway', run: 'one', wallMs: SESSION_MS, config: this.#config };
    const head: TapeRecord = { atMs: SESSION_MS, source: 'head', name: 'gateway', raw: JSON.stringify(about) };
    const records = this.#records.toSorted((a, b) => a.atMs - b.atMs);
    writeFileSync(join(dir, 'gateway-20240101T155950000Z-00000001-0001.tape.zst'), blockOf([head, ...records]));
    return dir;
  }
}
