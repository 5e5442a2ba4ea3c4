/** What is kept beside orders and fills so that the life of an order can be told. Texts are for people: decimals, and the venue's words. */
import type { StopRow } from '../orders/stop-book.ts';
import type { Grid } from './regrid.ts';
import type { BookedFill, CorrectionRow, LedgerOrder } from './rows.ts';

/** Who moved an order: our request, the answer to it, the private stream, a reconcile, or a decision of the gateway alone. */
export type Cause = 'request' | 'reply' | 'stream' | 'reconcile' | 'gateway';
export type RequestKind = 'place' | 'amend' | 'cancel' | 'query' | 'place-stop' | 'cancel-stop' | 'query-stop';

/** `atUs`: microseconds since the epoch, made strictly rising by whoever notes, so that two of one order never fall together. */
type Noted = { readonly clientId: string; readonly atUs: number };

/** What was asked of us and taken, or why the gateway acts by itself (a close ladder: `clientId` is `closeKey`). */
export type CommandNote = Noted & {
  readonly kind: 'command';
  readonly what: string;
  readonly sender: string;
  readonly detail: () => string;
};
/** A request as it leaves; `answer` completes it. */
export type RequestNote = Noted & {
  readonly kind: 'request';
  readonly symbol: string;
  readonly what: RequestKind;
  readonly detail: () => string;
};
/** `code` is `ok` or the kind of fault with its reason. */
export type AnswerNote = Noted & {
  readonly kind: 'answer';
  readonly tookUs: number;
  readonly code: string;
  readonly sentence: string;
};
export type RefusalNote = Noted & {
  readonly kind: 'refusal';
  readonly by: 'guard' | 'venue';
  readonly symbol: string;
  readonly what: string;
  readonly code: string;
  readonly sentence: string;
};
export type Note = CommandNote | RequestNote | AnswerNote | RefusalNote;

/** Takes a note in; it is written later, in one batch with others, and may be dropped when too many come at once. */
export type TakeNote = (note: Note) => void;

/** Under this name stands why a symbol is closed: the intent of the orders of its ladder. */
export const closeKey = (symbol: string): string => `close:${symbol}`;

export type CommandRow = { readonly atUs: number; readonly what: string; readonly sender: string; readonly detail: string };
/** `tookUs` and `code` are null while no answer is known: it is on its way, or the gateway died before it came. */
export type RequestRow = {
  readonly atUs: number;
  readonly what: string;
  readonly detail: string;
  readonly tookUs: number | null;
  readonly code: string | null;
  readonly sentence: string;
};
/** `cause` is '' where an earlier program did not keep it. */
export type TransitionRow = { readonly atUs: number; readonly status: string; readonly reason: string; readonly cause: Cause | '' };
/** `times`: how many of the same kind came at once, of which only the first was kept. */
export type RefusalRow = {
  readonly atUs: number;
  readonly by: string;
  readonly what: string;
  readonly code: string;
  readonly sentence: string;
  readonly times: number;
};

/** All that the ledger holds about one client id, oldest first; `grid` is what its ticks and lots are counted in, null when not known. */
export type LifeRows = {
  readonly clientId: string;
  readonly order: LedgerOrder | null;
  readonly stop: StopRow | null;
  readonly grid: Grid | null;
  readonly endedMs: number | null;
  readonly commands: readonly CommandRow[];
  readonly requests: readonly RequestRow[];
  readonly transitions: readonly TransitionRow[];
  readonly refusals: readonly RefusalRow[];
  readonly fills: readonly BookedFill[];
  readonly corrections: readonly CorrectionRow[];
  /** Of some kind there are more, older ones. */
  readonly cut: boolean;
};
