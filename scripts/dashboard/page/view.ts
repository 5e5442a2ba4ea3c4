/** What the page knows: the sections and logs of the stream, and how old they are. Pure but for the time it is given. */
import type { Delta, LogName, Logs, SectionName, Sections } from '../model.ts';

export type Changed = ReadonlySet<SectionName | LogName>;
type LogMaps = { [Name in LogName]: Map<string, Logs[Name]> };

/** Entries that a log keeps. */
const KEPT = 1_500;

export class View {
  #sections: Partial<Sections> = {};
  #logs = emptyLogs();
  #heardAt: number | null = null;
  readonly #bornAt: number;
  symbol = '';

  constructor(nowMs: number) {
    this.#bornAt = nowMs;
  }

  /** Takes one message of the stream; what it has changed. */
  apply(delta: Delta, nowMs: number): Changed {
    if (delta.first) {
      this.#sections = {};
      this.#logs = emptyLogs();
    }
    this.#heardAt = nowMs;
    Object.assign(this.#sections, delta.set);
    for (const [name, entries] of Object.entries(delta.add)) addAll(this.#logs[name as LogName] as Map<string, unknown>, entries);
    return new Set([...Object.keys(delta.set), ...Object.keys(delta.add)] as (SectionName | LogName)[]);
  }

  /** Undefined: not told yet. Null: it is told that it is not known. */
  get<Name extends SectionName>(name: Name): Sections[Name] | undefined {
    return this.#sections[name];
  }

  log<Name extends LogName>(name: Name): readonly Logs[Name][] {
    return [...this.#logs[name].values()];
  }

  /** Since the gateway wrote what is shown, ms; null: it never has. */
  ageMs(nowMs: number): number | null {
    const { ageMs = null } = this.#sections.pulse ?? {};
    return ageMs === null || this.#heardAt === null ? null : ageMs + nowMs - this.#heardAt;
  }

  /** Since the stream last said anything, or was asked to, ms. */
  silentMs(nowMs: number): number {
    return nowMs - (this.#heardAt ?? this.#bornAt);
  }
}

const emptyLogs = (): LogMaps => ({ fills: new Map(), bars: new Map(), equity: new Map(), why: new Map(), alarms: new Map() });

function addAll(log: Map<string, unknown>, entries: readonly (readonly [string, unknown])[]): void {
  for (const [key, value] of entries) log.set(key, value);
  for (const key of log.keys()) {
    if (log.size <= KEPT) break;
    log.delete(key);
  }
}
