/**
 * What a person is told of: one code for each kind of trouble, raised in the gateway (or by a brain through it), read by the watchdog,
 * which holds the channels. A code is a fixed word; the sentence says what happened, without a secret.
 */
import * as z from 'zod';

export const SEVERITIES = ['info', 'warning', 'critical'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** Severity when the configuration says no other. runbook.md has a row for each. */
export const ALARMS = {
  'gateway-silent': 'critical',
  'brain-silent': 'critical',
  'watchdog-acted': 'critical',
  'watchdog-blind': 'warning',
  'channel-failed': 'warning',
  'emergency-stop': 'critical',
  'forced-close': 'critical',
  'margin-call': 'critical',
  'stop-missing': 'critical',
  'ledger-unavailable': 'critical',
  mode: 'warning',
  'symbol-halted': 'critical',
  'position-corrected': 'warning',
  'order-unknown': 'warning',
  'risk-breaker': 'critical',
  'risk-warning': 'warning',
  'hard-exit': 'info',
  restart: 'warning',
  test: 'info',
} as const satisfies Readonly<Record<string, Severity>>;
export type AlarmCode = keyof typeof ALARMS;
export const ALARM_CODES = Object.keys(ALARMS) as [AlarmCode, ...AlarmCode[]];

export const SENTENCE_MAX = 400;

/** One that was raised. `n` is 1, 2, 3 ... in one run of the gateway: a hole means that the reader was too slow. */
export const AlarmDoc = z.strictObject({
  n: z.int().positive(),
  code: z.enum(ALARM_CODES),
  symbol: z.string().nullable(),
  sentence: z.string(),
  /** Venue-aligned wall time. */
  wallMs: z.number(),
});
export type AlarmDoc = Readonly<z.infer<typeof AlarmDoc>>;

/** Answer to `query alarms`: those above `after`, oldest first, of the run `epoch`. */
export const AlarmsAnswer = z.strictObject({ epoch: z.int(), alarms: z.array(AlarmDoc) });
export type AlarmsAnswer = Readonly<z.infer<typeof AlarmsAnswer>>;
