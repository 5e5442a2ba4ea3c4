/**
 * A K-line file line by line: CSV with a header that names at least open_time, open, high, low, close and volume (times are milliseconds
 * since the epoch), or without a header in the order of the venue's public files. Bars must follow each other without a hole.
 */

export type KlineRow = {
  readonly openMs: number;
  readonly open: string;
  readonly high: string;
  readonly low: string;
  readonly close: string;
  readonly volume: string;
};

const FIELDS = ['open_time', 'open', 'high', 'low', 'close', 'volume'] as const;
const MINUTE_MS = 60_000;
const TIME = /^\d{12,13}$/;
const DECIMAL = /^\d+(?:\.\d+)?(?:e-?\d+)?$/i;

export class KlineTable {
  readonly rows: KlineRow[] = [];
  #columns: readonly number[] | null = null;
  #lines = 0;

  /** Length of a bar; zero before there are two. */
  get barMs(): number {
    const [first, second] = this.rows;
    return first && second ? second.openMs - first.openMs : 0;
  }

  /** Takes one line; a sentence when it is wrong. */
  push(line: string): string | null {
    this.#lines += 1;
    const cells = line.replace(/\r$/, '').split(',');
    if (this.#columns === null) {
      const headed = !TIME.test(cells[0] ?? '');
      this.#columns = headed ? FIELDS.map((name) => cells.indexOf(name)) : FIELDS.map((_, i) => i);
      const absent = FIELDS.filter((_, i) => (this.#columns?.[i] ?? -1) < 0);
      if (absent.length > 0) return this.#wrong(`the header has no column ${absent.join(', ')}`);
      if (headed) return null;
    }
    return this.#add(this.#columns.map((column) => cells[column] ?? ''));
  }

  /** A sentence when what was read is no path: to be asked after the last line. */
  end(): string | null {
    return this.rows.length < 2 ? 'holds fewer than two K-lines' : null;
  }

  #add([time = '', open = '', high = '', low = '', close = '', volume = '']: readonly string[]): string | null {
    if (!TIME.test(time)) return this.#wrong(`open_time ${JSON.stringify(time)} is not in milliseconds since the epoch`);
    const bad = [open, high, low, close, volume].find((text) => !DECIMAL.test(text));
    if (bad !== undefined) return this.#wrong(`${JSON.stringify(bad)} is not a decimal number`);
    const [o, h, l, c] = [open, high, low, close].map(Number) as [number, number, number, number];
    if (l <= 0 || l > Math.min(o, c) || h < Math.max(o, c))
      return this.#wrong(`open ${open}, high ${high}, low ${low}, close ${close} are no bar`);
    const openMs = Number(time);
    const before = this.rows.at(-1);
    const stepMs = before ? openMs - before.openMs : 0;
    if (before && (stepMs <= 0 || stepMs % MINUTE_MS !== 0))
      return this.#wrong(`open_time ${time} is not whole minutes after the one before it`);
    if (this.rows.length > 1 && stepMs !== this.barMs)
      return this.#wrong(`open_time ${time} leaves a hole: bars here are ${this.barMs / MINUTE_MS} min long`);
    if (openMs % MINUTE_MS !== 0) return this.#wrong(`open_time ${time} is not at a full minute`);
    this.rows.push({ openMs, open, high, low, close, volume });
    return null;
  }

  readonly #wrong = (what: string): string => `line ${this.#lines}: ${what}`;
}
