/**
 * From what is seen to what is said. A state (the brain is silent) is told when it has lasted, once, and again when it is over; an event
 * (a position was corrected) is told when it happens. The same alarm is told again no sooner than the throttle allows, with the count of
 * what came meanwhile; what comes close together goes out as one message; a critical one that nobody acknowledges goes to further
 * channels. Pure: observations and wall time in, messages out; its memory is a plain value, so that a restart repeats nothing.
 */
import * as z from 'zod';
import { ALARM_CODES, ALARMS, type AlarmCode, SEVERITIES, type Severity } from '../../shared/alarm.ts';
import type { AlertsConfig } from '../../shared/config-safety.ts';
import { type Message, type MessageKind, type MessageLine, worstFirst } from './message.ts';

export type Seen = { readonly code: AlarmCode; readonly symbol: string | null; readonly sentence: string };
export type Outgoing = { readonly message: Message; readonly channels: readonly string[] };

/** One key of code and symbol. */
export const Incident = z.strictObject({
  id: z.string(),
  code: z.enum(ALARM_CODES),
  symbol: z.string().nullable(),
  severity: z.enum(SEVERITIES),
  sentence: z.string(),
  kind: z.enum(['state', 'event']),
  sinceMs: z.number(),
  /** When it was sent last; null: not yet. */
  sentMs: z.number().nullable(),
  /** Channels that have heard of it. */
  told: z.array(z.string()),
  /** What came since it was sent last. */
  more: z.int(),
  acknowledged: z.boolean(),
  escalated: z.boolean(),
  /** A state that is over, an event that waits for nobody: kept for the throttle alone. */
  closedMs: z.number().nullable(),
});
export type Incident = Readonly<z.infer<typeof Incident>>;
export const IncidentsMemory = z.strictObject({ ids: z.int(), incidents: z.array(Incident) });
export type IncidentsMemory = Readonly<z.infer<typeof IncidentsMemory>>;

/** How long a state lasts before it is told, where the configuration says nothing. */
export const AFTER_MS: Partial<Record<AlarmCode, number>> = {
  mode: 10_000,
  'brain-silent': 10_000,
  'ledger-unavailable': 3_000,
  'watchdog-blind': 60_000,
  'channel-failed': 60_000,
};
/** An event that nobody acknowledges is forgotten after a day. */
const OPEN_MS_MAX = 86_400_000;
const INCIDENTS_MAX = 200;

type Waiting = { readonly kind: MessageKind; readonly line: MessageLine; readonly channels: readonly string[] };

export class Incidents {
  readonly #config: AlertsConfig;
  readonly #from: string;
  readonly #incidents = new Map<string, Incident>();
  /** States that have not lasted long enough. */
  readonly #pending = new Map<string, number>();
  #ids: number;
  #waiting: readonly Waiting[] = [];
  #waitingSince = 0;

  constructor({ config, from, memory }: { readonly config: AlertsConfig; readonly from: string; readonly memory: IncidentsMemory | null }) {
    this.#config = config;
    this.#from = from;
    this.#ids = memory?.ids ?? 0;
    for (const incident of memory?.incidents ?? []) this.#incidents.set(keyOf(incident), incident);
  }

  /** Every state that holds now; what is not among them is over, but for codes that cannot be judged now: those stay as they are. */
  states({ seen, blind = [] }: { readonly seen: readonly Seen[]; readonly blind?: readonly AlarmCode[] }, now: number): void {
    const holding = new Map(seen.filter(({ code }) => this.#isOn(code)).map((one) => [keyOf(one), one]));
    const isOver = (key: string): boolean => !holding.has(key) && !blind.some((code) => key.startsWith(`${code} `));
    for (const key of this.#pending.keys()) if (isOver(key)) this.#pending.delete(key);
    for (const [key, one] of holding) {
      const since = this.#pending.get(key) ?? now;
      this.#pending.set(key, since);
      if (now - since >= this.#afterMs(one.code)) this.#raise(one, { kind: 'state', now });
    }
    for (const [key, incident] of this.#incidents)
      if (incident.kind === 'state' && incident.closedMs === null && isOver(key)) this.#recover(key, incident, now);
  }

  event(seen: Seen, now: number): void {
    if (this.#isOn(seen.code)) this.#raise(seen, { kind: 'event', now });
  }

  /** By ids as they were sent; none: all that are open. How many that was. */
  acknowledge(ids: readonly string[], now: number): number {
    const open = [...this.#incidents].filter(
      ([, { id, acknowledged, closedMs }]) => !acknowledged && closedMs === null && (ids.length === 0 || ids.includes(id)),
    );
    for (const [key, incident] of open)
      this.#incidents.set(key, { ...incident, acknowledged: true, closedMs: incident.kind === 'event' ? now : null });
    return open.length;
  }

  /** Those that are not over. */
  open(): readonly Incident[] {
    return [...this.#incidents.values()].filter(({ closedMs }) => closedMs === null);
  }

  /** What is to be sent now. Called about once a second. */
  take(now: number): readonly Outgoing[] {
    for (const [key, incident] of this.#incidents) this.#remind(key, incident, now);
    if (this.#waiting.length === 0 || now - this.#waitingSince < this.#config.groupMs) return [];
    const groups = Map.groupBy(this.#waiting, ({ kind, channels }) => `${kind} ${channels.join()}`);
    this.#waiting = [];
    return [...groups.values()].flatMap((group) => this.#message(group, now));
  }

  memory(): IncidentsMemory {
    return { ids: this.#ids, incidents: [...this.#incidents.values()] };
  }

  #isOn(code: AlarmCode): boolean {
    return this.#config.rules[code]?.enabled !== false;
  }

  #severity(code: AlarmCode): Severity {
    return this.#config.rules[code]?.severity ?? ALARMS[code];
  }

  #afterMs(code: AlarmCode): number {
    if (code === 'order-unknown') return 0; // its age is judged where it is seen
    return this.#config.rules[code]?.afterMs ?? AFTER_MS[code] ?? 0;
  }

  #raise({ code, symbol, sentence }: Seen, { kind, now }: { readonly kind: Incident['kind']; readonly now: number }): void {
    const key = keyOf({ code, symbol });
    const known = this.#incidents.get(key);
    const isOpen = known !== undefined && known.closedMs === null;
    if (isOpen && (kind === 'state' || known.kind === 'state')) {
      this.#incidents.set(key, { ...known, kind: 'state', sentence }); // what began as an event is over when the state is
      return;
    }
    const sentMs = known?.sentMs ?? null;
    const fresh = { acknowledged: false, escalated: false, told: [], sinceMs: now, id: `a${++this.#ids}` };
    const base = isOpen ? known : { ...fresh, sentMs, more: known?.more ?? 0 };
    const throttled = sentMs !== null && now - sentMs < this.#config.throttleMs;
    const incident: Incident = {
      ...base,
      code,
      symbol,
      sentence,
      kind: isOpen ? known.kind : kind,
      severity: this.#severity(code),
      closedMs: null,
      more: base.more + 1,
    };
    this.#put(key, incident);
    if (!throttled) this.#send(key, { incident, kind: 'raised', now });
  }

  #recover(key: string, incident: Incident, now: number): void {
    this.#incidents.set(key, { ...incident, closedMs: now });
    if (incident.told.length === 0) return; // nobody heard that it began
    const lastedMs = now - incident.sinceMs;
    this.#wait(
      {
        kind: 'recovered',
        channels: incident.told,
        line: { ...lineOf(incident, now), id: '', sentence: `over after ${durationText(lastedMs)}` },
      },
      now,
    );
  }

  /** What waited for the throttle, and what nobody has acknowledged. */
  #remind(key: string, incident: Incident, now: number): void {
    const { sentMs, more, closedMs, severity, acknowledged, escalated, kind, sinceMs } = incident;
    if (sentMs !== null && more > 0 && now - sentMs >= this.#config.throttleMs && (closedMs === null || kind === 'event')) {
      this.#send(key, { incident, kind: 'raised', now });
      return;
    }
    const overdue =
      severity === 'critical' && !acknowledged && !escalated && closedMs === null && now - sinceMs >= this.#config.escalateAfterMs;
    if (overdue) {
      this.#incidents.set(key, { ...incident, escalated: true });
      this.#send(key, { incident: { ...incident, escalated: true }, kind: 'escalated', now });
    } else if (closedMs === null && kind === 'event' && now - sinceMs >= OPEN_MS_MAX)
      this.#incidents.set(key, { ...incident, closedMs: now });
  }

  #send(
    key: string,
    { incident, kind, now }: { readonly incident: Incident; readonly kind: 'raised' | 'escalated'; readonly now: number },
  ): void {
    const { routes } = this.#config;
    const channels = kind === 'escalated' ? routes.escalation : routes[incident.severity];
    const counted =
      kind === 'raised' && incident.more > 1 ? `${incident.sentence} (${incident.more} times since it was told last)` : incident.sentence;
    const waitsForNobody = incident.kind === 'event' && incident.severity !== 'critical';
    const sent = kind === 'raised' ? { sentMs: now, more: 0, ...(waitsForNobody ? { closedMs: now } : {}) } : {};
    this.#incidents.set(key, { ...incident, ...sent, told: [...new Set([...incident.told, ...channels])] });
    const sentence = kind === 'escalated' ? `${counted} (nobody has acknowledged it for ${durationText(now - incident.sinceMs)})` : counted;
    this.#wait({ kind, channels, line: { ...lineOf(incident, now), sentence } }, now);
  }

  #wait(waiting: Waiting, now: number): void {
    if (waiting.channels.length === 0) return; // nobody is to hear of it
    if (this.#waiting.length === 0) this.#waitingSince = now;
    this.#waiting = [...this.#waiting, waiting];
  }

  #message(group: readonly Waiting[], now: number): readonly Outgoing[] {
    const [first] = group;
    if (!first) return [];
    const lines = worstFirst(group.map(({ line }) => line));
    return [{ channels: first.channels, message: { kind: first.kind, from: this.#from, atMs: now, lines } }];
  }

  #put(key: string, incident: Incident): void {
    this.#incidents.set(key, incident);
    const closed = [...this.#incidents].filter(([, { closedMs }]) => closedMs !== null);
    for (const [old] of closed.slice(0, Math.max(0, this.#incidents.size - INCIDENTS_MAX))) this.#incidents.delete(old);
  }
}

export function durationText(ms: number): string {
  if (ms < 60_000) return `${Math.round(ms / 1_000)} s`;
  return ms < 3_600_000 ? `${Math.round(ms / 60_000)} min` : `${(ms / 3_600_000).toFixed(1)} h`;
}

const keyOf = ({ code, symbol }: Pick<Seen, 'code' | 'symbol'>): string => `${code} ${symbol ?? ''}`;
const lineOf = ({ id, code, severity, symbol, sentence }: Incident, atMs: number): MessageLine => ({
  id,
  code,
  severity,
  symbol,
  sentence,
  atMs,
});
