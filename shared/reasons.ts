/**
 * Why the brain does what it does: a closed list of codes, each with the sentence that explains it. Codes of a family end in a word of
 * another closed list (`refused-budget`, `mode-blind`). What a person's own strategy says is shown as it is, and counted as `own`.
 */
import { REFUSALS } from './command.ts';
import { Mode } from './snapshot.ts';

const WHOLE = {
  starting: 'the brain has not seen a snapshot yet',
  'no-gateway': 'there is no connection to the gateway',
  'no-snapshot': 'no snapshot was made under the present lease yet',
  'wrong-schema': 'the snapshot is of another version of the program',
  'wrong-environment': 'the snapshot is of another environment',
  'wrong-account': 'the snapshot is of another account',
  'wrong-config': 'the gateway runs with another configuration',
  'other-gateway-run': 'the snapshot is of another run of the gateway',
  'snapshot-stale': 'the newest snapshot is too old to act on',
} as const;

const SYMBOL = {
  'document-missing': 'a part of the snapshot is missing',
  'snapshot-mixed': 'the parts of the snapshot are not of one moment',
  'instrument-unknown': 'tick and step of the symbol are not known',
  'position-unknown': 'the position is not known',
  'orders-unknown': 'the own orders are not known',
  'balance-unknown': 'the balance is not known',
  'off-step': 'a size or a price is not on the grid of the symbol',
  'not-trading': 'the symbol does not trade at the exchange',
  'book-not-live': 'the order book is not live',
  'book-crossed': 'the best bid is not below the best ask',
  'book-stale': 'the order book is stale',
  'book-syncing': 'the order book is being rebuilt',
  paused: 'a person has paused trading',
  halted: 'the symbol is halted until a person resumes',
  leverage: 'the leverage set at the exchange is higher than allowed',
  closing: 'the position is being closed',
  rejections: 'the exchange keeps rejecting the orders of the symbol',
  'stop-missing': 'the position has no confirmed stop at the exchange',
  'foreign-order': 'an order of a person or another program rests on the symbol',
  'order-unknown': 'the outcome of an order is not known yet',
  'no-lease': 'the brain may not trade: no lease, no readable store, or it is stopping',
  'fills-behind': 'fills are on their way, and until they are counted the own share of the position is not known',
} as const;

const RUN = {
  'cooling-down': 'a hard exit has closed the position a short while ago',
  'stepped-back': 'a quote stands further back than wished, because it would have met the order of another run',
  'crossed-inside': 'it traded with another run by a book entry, without an order',
  'shadow-failed': 'something went wrong in the shadow and it is over until the brain starts again; what is traded is not touched',
  'strategy-failed': 'the strategy threw an error and is paused until the brain starts again',
  'bad-wish': 'the strategy asked for something that is no order',
  draining: 'orders of the strategy before are on their way out',
  'breaker-widened': 'a circuit breaker is open: quotes stand further away',
  'breaker-one-sided': 'a circuit breaker is open: only what reduces the position is left',
  'breaker-paused': 'a circuit breaker is open: nothing is wanted, hard exits go on',
  'breaker-probing': 'a circuit breaker is closing: small orders until it has proved to hold',
  rationed: 'orders of it wait for the ration of the symbol',
  'no-wish': 'the strategy wants nothing here',
  'no-ids': 'the lease has no client ids left',
} as const;

const STRATEGY = {
  quoting: 'quotes rest on both sides',
  target: 'it wants one position: what is missing of it is taken, then it is held',
  'outside-session': 'it is outside the hours in which it may quote',
  'funding-window': 'funding is paid shortly',
  'funding-unknown': 'when and how much funding is paid is not known',
  'commission-unknown': 'the fees are not known',
  'mark-unknown': 'the mark price is not known',
  'equity-unknown': 'the equity of the account is not known',
  'trades-unknown': 'public trades were missed that a guard is made of',
  'pulled-price-jump': 'the price jumped a moment ago',
  'pulled-volume-burst': 'much more was traded than usual a moment ago',
  'pulled-toxic-flow': 'takers were all on one side a moment ago',
  'pulled-markout': 'the price ran away after the last own fills',
  'inventory-full': 'the inventory is full: only the side that reduces it is quoted',
  'size-below-minimum': 'the sizes are below what the exchange takes',
  'bars-unknown': 'the bars are not complete',
  'warming-up': 'what it measures is not known yet',
  'cross-up': 'the histogram crossed upwards on this bar',
  'cross-down': 'the histogram crossed downwards on this bar',
  'cross-missed': 'a cross was missed: what it contradicts is closed, nothing is opened',
  'cross-failed': 'the bar that was acted on early closed otherwise',
  'confirming-up': 'a cross upwards waits for its confirmation',
  'confirming-down': 'a cross downwards waits for its confirmation',
  'cooling-off': 'a cross came too soon after the last entry',
  'range-unknown': 'the average range of the bars is not known yet',
  'to-long': 'on its way to a long position',
  'to-short': 'on its way to a short position',
  'to-flat': 'on its way to no position',
  'gave-up-long': 'the long entry was not filled within its tries',
  'gave-up-short': 'the short entry was not filled within its tries',
  'gave-up-long-closed': 'something else took back what the long entry had filled',
  'gave-up-short-closed': 'something else took back what the short entry had filled',
  'gave-up-long-late': 'the next bar closed before the long entry was filled',
  'gave-up-short-late': 'the next bar closed before the short entry was filled',
  'no-signal': 'no signal, no position',
  'holding-long': 'holds a long position, no signal',
  'holding-short': 'holds a short position, no signal',
  'arb-two-symbols': 'arbitrage needs a run over just two symbols',
  'arb-two-coins': 'arbitrage needs two contracts of one coin',
  'arb-one-sided': 'one of the two books, or what is held of it, cannot be seen now',
  'arb-unpriced': 'fees or funding are not known, or a book is too thin for the size',
  'arb-not-tradable': 'one of the two books cannot be traded on now',
  'arb-no-edge': 'the spread is nearer to its mean than trading it costs',
  'arb-cooling': 'the last trade has just ended',
  'arb-entering': 'takes the first leg',
  'arb-hedging': 'takes the second leg for what the first has brought',
  'arb-holding': 'holds both legs until the spread has come back',
  'arb-uneven': 'the legs are not equal: they have until the deadline',
  'arb-missed': 'the first leg brought nothing before the deadline',
  'arb-closed': 'both legs are closed',
} as const;

/** Why the whole brain does nothing. */
export const WHOLE_REASONS = Object.keys(WHOLE);
export const REASONS: Readonly<Record<string, string>> = { ...WHOLE, ...SYMBOL, ...RUN, ...STRATEGY };

type Family = { readonly prefix: string; readonly words: ReadonlySet<string>; readonly sentence: string };

/** `words` of the second are what venues' refusals are called in this program. */
export const REASON_FAMILIES: readonly Family[] = [
  { prefix: 'mode-', words: new Set(Mode.options), sentence: 'the gateway lets this through now' },
  {
    prefix: 'rejected-',
    words: new Set([
      ...['account', 'closing-only', 'empty-book', 'filter', 'fok-not-fillable', 'insufficient-margin', 'key', 'leverage', 'malformed'],
      ...['min-notional', 'not-reduce-only', 'open-order-limit', 'order-refused', 'position-insufficient', 'position-mode', 'price-band'],
      ...['reduce-only-refused', 'refused', 'signature', 'symbol', 'thin-market', 'unnamed', 'would-trigger'],
    ]),
    sentence: 'the exchange has rejected an order of this run a moment ago',
  },
  { prefix: 'refused-', words: new Set(REFUSALS), sentence: 'the gateway has refused an order of this run a moment ago' },
  {
    prefix: 'held-',
    words: new Set(['order-notional', 'position-limit', 'run-limit', 'open-orders', 'self-cross']),
    sentence: 'a limit, or an own order in the way, holds an order back',
  },
  {
    prefix: 'arb-leaving-',
    words: new Set(['target', 'too-long', 'funding', 'uneven', 'hedge-late', 'wrong-side', 'leftover']),
    sentence: 'arbitrage closes both legs',
  },
  {
    prefix: 'closing-',
    words: new Set(['position', 'take-profit', 'stop-loss', 'trailing-stop', 'break-even', 'time-stop']),
    sentence: 'a hard exit closes the position',
  },
];

const familyOf = (reason: string): Family | undefined => REASON_FAMILIES.find(({ prefix }) => reason.startsWith(prefix));

/** One sentence for people; null for what a person's own strategy says. */
export function explain(reason: string): string | null {
  const exact = Object.hasOwn(REASONS, reason) ? REASONS[reason] : undefined;
  return exact ?? familyOf(reason)?.sentence ?? null;
}

/** A label of a bounded set, for metrics. */
export function labelOf(reason: string): string {
  if (Object.hasOwn(REASONS, reason)) return reason;
  const family = familyOf(reason);
  if (!family) return 'own';
  return family.words.has(reason.slice(family.prefix.length)) ? reason : `${family.prefix}other`;
}

/** The symbol was closed by a hard exit, or is being closed: a strategy that looks at it alone begins anew. */
export const isAfterExit = (reason: string): boolean => reason === 'cooling-down' || reason.startsWith('closing-');
