/** What has been, from the running gateway, or with no gateway there straight from the file of its ledger, which is only read. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { LifeAnswer, PnlAnswer, type PnlDay } from '../../shared/audit.ts';
import { FillsAnswer } from '../../shared/command.ts';
import type { Loaded } from '../../shared/config-file.ts';
import type { GatewayClient } from '../../shared/io/gateway-client.ts';
import type { FillDoc } from '../../shared/snapshot.ts';
import { findAccountDir, LEDGER_FILE } from '../../shared/socket-path.ts';
import type { BookedFill } from '../../gateway/account/rows.ts';
import { type LedgerReader, openLedgerReader } from '../../gateway/io/ledger-reader.ts';
import { keptFillDoc, lifeAnswer, pnlAnswer } from '../../gateway/publish/life.ts';
import { openOperator, query } from './operator.ts';
import { EXIT, Problem } from './tool.ts';

export type FillsAsked = { readonly symbol: string | null; readonly fromMs: number; readonly toMs: number; readonly limit: number };
export type DaysAsked = { readonly symbol: string | null; readonly days: number };
type FillsPage = FillsAsked & { readonly beforeN: number };
type DaysPage = { readonly symbol: string | null; readonly from: string; readonly to: string };

export interface History extends AsyncDisposable {
  /** Where it comes from, for people; null: the running gateway. */
  readonly file: string | null;
  life(clientId: string): Promise<LifeAnswer>;
  fillsPage(page: FillsPage): Promise<readonly FillDoc[]>;
  daysPage(page: DaysPage): Promise<PnlAnswer>;
}

const PAGE = 100;
const DAYS_PAGE = 200;
const DAY_MS = 86_400_000;
const [FIRST_DAY, LAST_DAY] = ['0000-01-01', '9999-12-31'];

/** A problem with exit code 3 when there is neither a gateway nor a file. */
export async function openHistory(loaded: Loaded, name: string): Promise<History> {
  try {
    return new Live(await openOperator(loaded, name, 'observer'));
  } catch (problem) {
    const path = ledgerFile(loaded);
    if (!(problem instanceof Problem) || problem.code !== EXIT.unreachable || path === null) throw problem;
    const opened = openLedgerReader(path);
    if (!opened.ok) throw new Problem(EXIT.failed, [...problem.lines, opened.error]);
    return new Kept(path, { reader: opened.value.reader, close: () => opened.value[Symbol.dispose]() });
  }
}

/** Newest first, as many as asked for or as there are. */
export async function fillsOf(history: History, { limit, ...range }: FillsAsked): Promise<readonly FillDoc[]> {
  const fills: FillDoc[] = [];
  for (let [toMs, beforeN] = [range.toMs, 0]; fills.length < limit; ) {
    const page = await history.fillsPage({ ...range, toMs, beforeN, limit: Math.min(PAGE, limit - fills.length) });
    fills.push(...page);
    const last = page.at(-1);
    if (!last || page.length < PAGE) break;
    [toMs, beforeN] = [last.wallMs, last.n];
  }
  return fills;
}

/** Newest day first: the newest so many on which anything was booked. */
export async function daysOf(history: History, { symbol, days }: DaysAsked): Promise<readonly PnlDay[]> {
  const found: PnlDay[] = [];
  for (let to = LAST_DAY; ; ) {
    const page = await history.daysPage({ symbol, from: FIRST_DAY, to });
    found.push(...page.days);
    const newest = [...new Set(found.map(({ day }) => day))].slice(0, days);
    const last = page.days.at(-1);
    if (!page.more || !last || newest.length === days) return found.filter(({ day }) => newest.includes(day));
    to = dayBefore(last.day);
  }
}

const dayBefore = (day: string): string => new Date(Date.parse(`${day}T00:00:00Z`) - DAY_MS).toISOString().slice(0, 10);

/** Null when the account's folder cannot be named, or holds none. */
function ledgerFile({ runDir, config }: Loaded): string | null {
  const dir = findAccountDir({ runDir, environment: config.environment });
  const path = dir.ok ? join(dir.value, LEDGER_FILE) : null;
  return path !== null && existsSync(path) ? path : null;
}

class Live implements History {
  readonly file = null;
  readonly #client: GatewayClient;

  constructor(client: GatewayClient) {
    this.#client = client;
  }

  async life(clientId: string): Promise<LifeAnswer> {
    const answer = await query(this.#client, { what: 'life', clientId });
    if (answer === null) throw new Problem(EXIT.failed, ['the gateway cannot read its ledger now: mm status tells more']);
    return LifeAnswer.parse(answer);
  }

  async fillsPage({ symbol, fromMs, toMs, beforeN, limit }: FillsPage): Promise<readonly FillDoc[]> {
    const range = { fromMs, toMs, beforeN };
    return FillsAnswer.parse(await query(this.#client, { what: 'fills', range, limit, ...(symbol === null ? {} : { symbol }) })).fills;
  }

  async daysPage({ symbol, from, to }: DaysPage): Promise<PnlAnswer> {
    return PnlAnswer.parse(await query(this.#client, { what: 'pnl', days: { from, to }, ...(symbol === null ? {} : { symbol }) }));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#client[Symbol.asyncDispose]();
  }
}

class Kept implements History {
  readonly file: string;
  readonly #reader: LedgerReader;
  readonly #close: () => void;

  constructor(file: string, { reader, close }: { readonly reader: LedgerReader; readonly close: () => void }) {
    this.file = file;
    this.#reader = reader;
    this.#close = close;
  }

  life(clientId: string): Promise<LifeAnswer> {
    return Promise.resolve(lifeAnswer(this.#reader.life(clientId)));
  }

  fillsPage(page: FillsPage): Promise<readonly FillDoc[]> {
    const docOf = (fill: BookedFill): FillDoc =>
      keptFillDoc(fill, { grid: this.#reader.grid(fill.symbol), order: this.#reader.findOrder(fill.clientId) });
    return Promise.resolve(this.#reader.fillsRange(page).map(docOf));
  }

  daysPage({ symbol, from, to }: DaysPage): Promise<PnlAnswer> {
    const found = this.#reader.days({ symbol, fromDay: from, toDay: to, limit: DAYS_PAGE });
    return Promise.resolve(pnlAnswer(found, { limit: DAYS_PAGE, quoteAsset: (each) => this.#reader.grid(each)?.quoteAsset ?? '' }));
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#close();
    return Promise.resolve();
  }
}
