/** Incidents, their queue and their file as one: what was seen goes in, what a person is told goes out, and a restart goes on where it was. */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AlarmCode } from '../../shared/alarm.ts';
import type { Clock } from '../../shared/clock.ts';
import type { AlertsConfig } from '../../shared/config-safety.ts';
import { Incidents, IncidentsMemory, type Incident, type Seen } from './incidents.ts';
import type { Outbox } from './outbox.ts';
import type { Redact } from '../../shared/redact.ts';

export type AlertDeskOptions = {
  readonly config: AlertsConfig;
  /** Environment and account, as a person knows them. */
  readonly from: string;
  /** Of the account. */
  readonly folder: string;
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly redact: Redact;
  readonly onProblem: (what: string, sentence: string) => void;
};

export const ALERTS_FILE = 'alerts.json';
const ACK_FILE = 'alerts-ack';

export class AlertDesk {
  readonly #options: AlertDeskOptions;
  readonly #incidents: Incidents;
  #written = '';

  constructor(options: AlertDeskOptions) {
    this.#options = options;
    const { config, from, folder } = options;
    this.#incidents = new Incidents({ config, from, memory: readMemory(folder) });
    this.#written = JSON.stringify(this.#incidents.memory());
  }

  event(seen: Seen): void {
    this.#incidents.event(this.#safe(seen), this.#now());
  }

  /** Once a second: the states that hold, what people have acknowledged, what is due to be sent. */
  tick(states: { readonly seen: readonly Seen[]; readonly blind: readonly AlarmCode[] }): void {
    const now = this.#now();
    this.#incidents.states({ seen: states.seen.map((one) => this.#safe(one)), blind: states.blind }, now);
    const acknowledged = takeAcks(this.#options.folder);
    if (acknowledged !== null) this.#incidents.acknowledge(acknowledged, now);
    for (const { message, channels } of this.#incidents.take(now)) this.#options.outbox.put(message, channels);
    this.#write();
  }

  open(): readonly Incident[] {
    return this.#incidents.open();
  }

  #safe(seen: Seen): Seen {
    return { ...seen, sentence: this.#options.redact(seen.sentence) };
  }

  #write(): void {
    const text = JSON.stringify(this.#incidents.memory());
    if (text === this.#written) return;
    const file = join(this.#options.folder, ALERTS_FILE);
    try {
      mkdirSync(this.#options.folder, { recursive: true, mode: 0o700 });
      writeFileSync(`${file}.tmp`, text, { mode: 0o600 });
      renameSync(`${file}.tmp`, file); // never half of it
      this.#written = text;
    } catch (error) {
      this.#options.onProblem('Alerts cannot be kept', error instanceof Error ? error.message : String(error));
    }
  }

  #now(): number {
    return this.#options.clock.wallMs();
  }
}

/** Null: none was kept, or nothing that can be read. */
export function readMemory(folder: string): IncidentsMemory | null {
  try {
    const parsed = IncidentsMemory.safeParse(JSON.parse(readFileSync(join(folder, ALERTS_FILE), 'utf8')));
    return parsed.success ? parsed.data : null;
  } catch {
    return null; // not there, or of another version: what holds is told anew
  }
}

/** For whoever watches: these ids, or all when none is named. Works with every process of ours dead. */
export function writeAck(folder: string, ids: readonly string[]): void {
  writeFileSync(join(folder, ACK_FILE), `${ids.length === 0 ? '*' : ids.join('\n')}\n`, { flag: 'a', mode: 0o600 });
}

/** Ids acknowledged since the last look, none for all; null when nobody has. Renamed first, so that one written meanwhile is not lost. */
function takeAcks(folder: string): readonly string[] | null {
  const [file, taken] = [join(folder, ACK_FILE), join(folder, `${ACK_FILE}.taken`)];
  try {
    renameSync(file, taken);
    const ids = readFileSync(taken, 'utf8').split('\n').filter(Boolean);
    rmSync(taken);
    if (ids.length === 0) return null;
    return ids.includes('*') ? [] : ids;
  } catch {
    return null; // nobody has
  }
}
