/** Which states hold, judged from what the watchdog sees: the gateway's header while it is young, the gateway's silence, its own way to the venue. Pure. */
import type { AlarmCode } from '../../shared/alarm.ts';
import type { AlertsConfig } from '../../shared/config-safety.ts';
import type { BrainDoc } from '../../shared/brain-doc.ts';
import type { Header } from '../../shared/snapshot.ts';
import { durationText, type Seen } from './incidents.ts';

export type Observed = {
  /** The newest header of a gateway that lives; null when there is none. */
  readonly header: Header | null;
  /** Of the brain that holds the lease; null when nothing young is known of it. */
  readonly risk: BrainDoc['risk'] | null;
  /** What is said of a gateway that counts as dead; null while it does not. */
  readonly gatewayDead: string | null;
  /** Why the watchdog cannot read the account; null when it can. */
  readonly venueFault: string | null;
  /** Channels whose messages fail, with the reason. */
  readonly failing: ReadonlyMap<string, string>;
};

/** Orders that no query settles. */
const UNKNOWN_MS = 30_000;
/** Reasons of a mode that a person has asked for, and those that have a code of their own. */
const TOLD_APART: ReadonlySet<string> = new Set(['paused', 'stopped', 'shutting-down', 'ledger-unavailable', 'margin-call']);
const BY_REASON = {
  halted: { code: 'symbol-halted', sentence: 'nothing new is opened on it until a person resumes' },
  leverage: {
    code: 'symbol-halted',
    sentence: 'nothing new is opened on it: the leverage set at the exchange is above what is configured',
  },
  'stop-missing': { code: 'stop-missing', sentence: 'the position has no confirmed stop at the exchange' },
} as const;
/** What only a header tells. */
export const OF_THE_HEADER: readonly AlarmCode[] = [
  'brain-silent',
  'mode',
  'emergency-stop',
  'ledger-unavailable',
  'margin-call',
  'order-unknown',
  'symbol-halted',
  'stop-missing',
];

/** What only the brain's document tells. */
export const OF_THE_BRAIN: readonly AlarmCode[] = ['risk-breaker', 'risk-warning'];

export function statesOf(
  { header, risk, gatewayDead, venueFault, failing }: Observed,
  { rules }: Pick<AlertsConfig, 'rules'>,
): readonly Seen[] {
  const whole = (code: AlarmCode, sentence: string | null): readonly Seen[] =>
    sentence === null ? [] : [{ code, symbol: null, sentence }];
  const unknownMs = rules['order-unknown']?.afterMs ?? UNKNOWN_MS;
  return [
    ...whole('gateway-silent', gatewayDead),
    ...whole('watchdog-blind', venueFault && `the watchdog cannot read the account: ${venueFault}`),
    ...[...failing].map(([symbol, sentence]): Seen => ({ code: 'channel-failed', symbol, sentence })),
    ...(header === null ? [] : headerStates(header, unknownMs)),
    ...(risk === null ? [] : riskStates(risk)),
  ];
}

/** A breaker that only widens or probes is a warning; each place is told once, with all its evidence. */
function riskStates({ breakers = [], alarms = [] }: BrainDoc['risk']): readonly Seen[] {
  const places = new Set([...breakers, ...alarms.filter(({ on }) => on)].map(({ where }) => where));
  return [...places].map((where): Seen => {
    const breaker = breakers.find((one) => one.where === where);
    const severe = breaker?.at === 'open' && breaker.tier !== 'widen';
    const readings = alarms.filter((one) => one.where === where && one.on).map(alarmText);
    const found = breaker?.findings.map(({ monitor, reading, threshold }) => `${monitor} ${short(reading)}, allowed ${threshold}`) ?? [];
    const state =
      breaker === undefined ? [] : [breaker.at === 'open' ? `breaker open, tier ${breaker.tier}` : 'breaker probes with small orders'];
    const sentence = [...state, ...(found.length > 0 ? found : readings)].join('; ');
    return { code: severe ? 'risk-breaker' : 'risk-warning', symbol: where === 'account' ? null : where, sentence };
  });
}

const alarmText = ({ monitor, reading, warn, act }: NonNullable<BrainDoc['risk']['alarms']>[number]): string =>
  `${monitor} ${reading === null ? 'not known' : short(reading)}, warns at ${warn}, acts at ${act}`;
const short = (value: number): number => Number(value.toPrecision(4));

function headerStates(header: Header, unknownMs: number): readonly Seen[] {
  const { emergency, reasons, brainEpoch, unknownOrders, mode } = header;
  const states: readonly (readonly [AlarmCode, string | null])[] = [
    ['emergency-stop', emergency ? emergencySentence(emergency) : null],
    [
      'brain-silent',
      brainEpoch === 0 ? 'no brain holds the lease: quotes are cancelled, positions keep their stops at the exchange' : null,
    ],
    ['ledger-unavailable', reasons.includes('ledger-unavailable') ? 'the ledger cannot be written: no new orders' : null],
    ['margin-call', reasons.includes('margin-call') ? `margin is short${ratioOf(header)}: no new exposure` : null],
    ['order-unknown', unknownOrders && unknownOrders.oldestMs >= unknownMs ? unknownSentence(unknownOrders) : null],
    ['mode', isDegraded(header) ? `mode ${mode}: ${reasons.join(', ')}` : null],
  ];
  const whole = states.flatMap(([code, sentence]): readonly Seen[] => (sentence === null ? [] : [{ code, symbol: null, sentence }]));
  return [...whole, ...reasons.flatMap(symbolState)];
}

/** Not normal, for a reason that nobody has asked for and nothing else tells. */
const isDegraded = ({ mode, reasons }: Header): boolean =>
  mode !== 'normal' && reasons.some((reason) => !TOLD_APART.has(reason) && !reason.includes(':'));

const emergencySentence = ({ phase, source, reason, left }: NonNullable<Header['emergency']>): string =>
  phase === 'done'
    ? `by ${source}: ${reason}; flat, no order of ours is left`
    : `by ${source}: ${reason}; ${phase}: ${left.join('; ') || 'not confirmed yet'}`;

const unknownSentence = ({ count, oldestMs }: NonNullable<Header['unknownOrders']>): string =>
  `${count} orders whose state nobody knows, the oldest for ${durationText(oldestMs)}`;

const ratioOf = ({ margin }: Header): string =>
  margin?.ratio == null ? '' : ` (${(margin.ratio * 100).toFixed(0)} % of what liquidates is used)`;

/** `halted:BTCUSDT` and the like. */
function symbolState(reason: string): readonly Seen[] {
  const [name = '', symbol] = reason.split(':');
  if (symbol === undefined || !Object.hasOwn(BY_REASON, name)) return [];
  return [{ ...BY_REASON[name as keyof typeof BY_REASON], symbol }];
}
