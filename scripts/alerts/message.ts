/** One message to a person: what happened, in lines, worst first. Pure. Channels choose between its subject, its text and its parts. */
import type { AlarmCode, Severity } from '../../shared/alarm.ts';

export type MessageKind = 'raised' | 'recovered' | 'escalated' | 'test';
export type MessageLine = {
  /** What `mm ack` takes; '' where nothing can be acknowledged. */
  readonly id: string;
  readonly code: AlarmCode;
  readonly severity: Severity;
  readonly symbol: string | null;
  readonly sentence: string;
  readonly atMs: number;
};
export type Message = {
  readonly kind: MessageKind;
  /** Whose: environment and account, as in `mm status`. */
  readonly from: string;
  readonly atMs: number;
  readonly lines: readonly MessageLine[];
};

const RANK: Readonly<Record<Severity, number>> = { critical: 2, warning: 1, info: 0 };
const LINES_MAX = 20;
const SUBJECT_MAX = 120;

export const severityOf = ({ lines }: Pick<Message, 'lines'>): Severity =>
  lines.map(({ severity }) => severity).toSorted((a, b) => RANK[b] - RANK[a])[0] ?? 'info';

export const worstFirst = (lines: readonly MessageLine[]): readonly MessageLine[] =>
  lines.toSorted((a, b) => RANK[b.severity] - RANK[a.severity] || a.atMs - b.atMs);

/** `[mmbot sim 2daf…] CRITICAL gateway-silent (and 2 more)`. */
export function subjectOf(message: Message): string {
  const [first, ...more] = message.lines;
  const what = first ? `${first.code}${first.symbol === null ? '' : ` ${first.symbol}`}` : '';
  const rest = more.length === 0 ? '' : ` (and ${more.length} more)`;
  return `[mmbot ${message.from}] ${wordOf(message)} ${what}${rest}`.slice(0, SUBJECT_MAX);
}

/** The subject, a line for each, and what a person can do. */
export function textOf(message: Message): string {
  const shown = message.lines.slice(0, LINES_MAX);
  const hidden = message.lines.length - shown.length;
  const ids = shown.map(({ id }) => id).filter((id) => id !== '');
  return [
    subjectOf(message),
    ...shown.map(lineOf),
    ...(hidden > 0 ? [`... and ${hidden} more: scripts/mm alerts`] : []),
    ...(ids.length > 0 && message.kind !== 'recovered' ? [`acknowledge: scripts/mm ack ${ids.join(' ')}`] : []),
  ].join('\n');
}

const WORDS = { recovered: 'RECOVERED', escalated: 'UNACKNOWLEDGED', test: 'TEST' } as const;
const wordOf = (message: Message): string => (message.kind === 'raised' ? severityOf(message).toUpperCase() : WORDS[message.kind]);

const lineOf = ({ severity, code, symbol, sentence, atMs }: MessageLine): string =>
  `${new Date(atMs).toISOString().slice(0, 19)}Z ${severity} ${code}${symbol === null ? '' : ` ${symbol}`}: ${sentence}`;
