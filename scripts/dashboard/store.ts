/**
 * What the page is told, with the number of the change that made each part what it is: a viewer who has seen everything up to one number gets
 * what is newer. So a slow viewer misses the steps in between and never the newest, and costs nothing while it does not read. Pure.
 */
import type { LogName, Logs, SectionName, Sections } from './model.ts';

type Part = { readonly rev: number; readonly text: string };

/** Entries that a log keeps; the oldest go first. */
const KEPT: Readonly<Record<LogName, number>> = { fills: 300, bars: 1_440, equity: 1_440, why: 120, alarms: 120 };

export class Store {
  #rev = 0;
  /** Whoever has seen no more than this begins anew. */
  #begun = 0;
  readonly #sections = new Map<string, Part>();
  readonly #logs = new Map<string, Map<string, Part>>();

  /** Number of the newest change. */
  get rev(): number {
    return this.#rev;
  }

  /** `symbol`: of that symbol only. */
  set<Name extends SectionName>(name: Name, value: Sections[Name], symbol?: string): void {
    const [key, text] = [keyOf(name, symbol), JSON.stringify(value)];
    if (this.#sections.get(key)?.text !== text) this.#sections.set(key, { rev: ++this.#rev, text });
  }

  /** New, or in place of the entry with that key. */
  put<Name extends LogName>(name: Name, { key, value, symbol }: { key: string; value: Logs[Name]; symbol?: string }): void {
    const id = keyOf(name, symbol);
    const log = this.#logs.get(id) ?? new Map<string, Part>();
    this.#logs.set(id, log);
    const text = JSON.stringify(value);
    if (log.get(key)?.text === text) return;
    log.set(key, { rev: ++this.#rev, text });
    const [oldest] = log.keys();
    if (log.size > KEPT[name] && oldest !== undefined) log.delete(oldest);
  }

  /** Another account or another market is told of from now on: what was is forgotten, here and by every viewer. */
  forget(): void {
    this.#logs.clear();
    this.#begun = ++this.#rev;
  }

  /** JSON of a `Delta` with all that is newer than `seen` for a viewer of `symbol`; null: nothing is. */
  since(seen: number, symbol: string): string | null {
    if (seen >= this.#rev) return null;
    const rev = seen < this.#begun ? 0 : seen;
    const set = [...this.#sections].flatMap(([key, part]) => (part.rev > rev && isFor(key, symbol) ? [pair(key, part.text)] : []));
    const add = [...this.#logs].flatMap(([key, log]) => {
      const news = isFor(key, symbol) ? [...log].filter(([, part]) => part.rev > rev) : [];
      return news.length === 0 ? [] : [pair(key, `[${news.map(([id, { text }]) => `[${JSON.stringify(id)},${text}]`).join()}]`)];
    });
    return set.length + add.length === 0 ? null : `{"first":${rev === 0},"set":{${set.join()}},"add":{${add.join()}}}`;
  }
}

const keyOf = (name: string, symbol: string | undefined): string => (symbol === undefined ? name : `${name}:${symbol}`);
const isFor = (key: string, symbol: string): boolean => !key.includes(':') || key.endsWith(`:${symbol}`);
const pair = (key: string, text: string): string => `${JSON.stringify(key.split(':')[0])}:${text}`;
