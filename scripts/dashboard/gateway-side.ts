/**
 * What Redis does not hold, asked of the gateway as one who only looks, while somebody has the page open: percentiles, alarms, fees of fills,
 * profit by day. A gateway that is not there is asked again at the next turn; what it said before stays.
 */
import { AlarmsAnswer, ALARMS } from '../../shared/alarm.ts';
import { Stats } from '../../shared/command.ts';
import type { Loaded } from '../../shared/config-file.ts';
import type { GatewayClient } from '../../shared/io/gateway-client.ts';
import { daysOf, fillsOf, openHistory } from '../lib/history.ts';
import { openOperator, query } from '../lib/operator.ts';
import { Problem } from '../lib/tool.ts';
import { histogramsOf } from './histograms.ts';
import type { LatencyRow, LatencyView } from './model.ts';
import type { Store } from './store.ts';

const NAME = 'dashboard';
const HTTP_MS = 1_000;
const FILLS = 100;
const DAYS = 7;
const EVER_MS = Number.MAX_SAFE_INTEGER;

export class GatewaySide implements AsyncDisposable {
  readonly #loaded: () => Loaded;
  readonly #store: Store;
  /** One for all who ask at the same time. */
  #connection: Promise<GatewayClient> | null = null;
  #answered = false;
  #latency: LatencyView = { rows: [], histograms: [], problem: null };
  #alarmsOf = { epoch: 0, n: 0 };

  constructor({ loaded, store }: { readonly loaded: () => Loaded; readonly store: Store }) {
    this.#loaded = loaded;
    this.#store = store;
  }

  /** Whether the newest question was answered. */
  get answers(): boolean {
    return this.#answered;
  }

  async alarms(): Promise<void> {
    const read = AlarmsAnswer.safeParse(await this.#ask({ what: 'alarms', after: this.#alarmsOf.n }));
    if (!read.success) return;
    const { epoch, alarms } = read.data;
    if (epoch !== this.#alarmsOf.epoch) {
      const isFirst = this.#alarmsOf.epoch === 0;
      this.#alarmsOf = { epoch, n: 0 };
      if (!isFirst) return await this.alarms(); // numbers begin anew
    }
    for (const { n, code, sentence, wallMs: atMs } of alarms) {
      this.#store.put('alarms', { key: `${epoch}-${n}`, value: { atMs, code, severity: ALARMS[code], sentence } });
      this.#alarmsOf = { epoch, n };
    }
  }

  async latency(): Promise<void> {
    const stats = Stats.safeParse(await this.#ask({ what: 'stats' }));
    this.#latency = { ...this.#latency, rows: stats.success ? latencyRows(stats.data) : [] };
    this.#store.set('latency', this.#latency);
  }

  async histograms(): Promise<void> {
    this.#latency = { ...this.#latency, ...(await this.#readHistograms()) };
    this.#store.set('latency', this.#latency);
  }

  /** From the running gateway, or from the file of its ledger when none answers. */
  async history(): Promise<void> {
    try {
      await using history = await openHistory(this.#loaded(), NAME);
      const fills = await fillsOf(history, { symbol: null, fromMs: 0, toMs: EVER_MS, limit: FILLS });
      for (const fill of fills.toReversed()) this.#store.put('fills', { key: String(fill.n), value: fill });
      this.#store.set('days', await daysOf(history, { symbol: null, days: DAYS }));
    } catch (error) {
      if (!(error instanceof Problem)) throw error; // neither a gateway nor a file: nothing is known
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#connection) await this.#drop(this.#connection);
  }

  /** Null: no gateway, or no answer. */
  async #ask(what: Parameters<typeof query>[1]): Promise<unknown> {
    this.#connection ??= openOperator(this.#loaded(), NAME, 'observer');
    const connection = this.#connection;
    try {
      const answer = await query(await connection, what);
      this.#answered = true;
      return answer;
    } catch (error) {
      await this.#drop(connection);
      if (error instanceof Problem) return null;
      throw error;
    }
  }

  /** The next question opens another one. */
  async #drop(connection: Promise<GatewayClient>): Promise<void> {
    if (this.#connection === connection) [this.#connection, this.#answered] = [null, false];
    const client = await connection.catch(() => null); // it was never there
    await client?.[Symbol.asyncDispose]();
  }

  async #readHistograms(): Promise<Pick<LatencyView, 'histograms' | 'problem'>> {
    const { metricsPort } = this.#loaded().config.gateway;
    if (metricsPort === null || metricsPort === 0)
      return { histograms: [], problem: `gateway.metricsPort is ${metricsPort}: the gateway's histograms cannot be found` };
    try {
      const answer = await fetch(`http://127.0.0.1:${metricsPort}/metrics`, { signal: AbortSignal.timeout(HTTP_MS) });
      return { histograms: histogramsOf(await answer.text()), problem: null };
    } catch {
      return { histograms: [], problem: `no answer from the gateway's /metrics on port ${metricsPort}` };
    }
  }
}

function latencyRows({ latencyUs: { frameToOrder, command, calls } }: Stats): readonly LatencyRow[] {
  const rows: LatencyRow[] = [
    { name: 'frame → order written', us: frameToOrder },
    { name: 'command → order written', us: command },
  ];
  for (const [via, { acknowledged, told }] of Object.entries(calls)) {
    if (acknowledged.n > 0) rows.push({ name: `written → acknowledged (${via})`, us: acknowledged });
    if (told.n > 0) rows.push({ name: `written → told (${via})`, us: told });
  }
  return rows;
}
