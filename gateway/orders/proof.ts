/** What is known of our orders at the end of a run, and the line that says so. Pure. */

export type LeftOrder = { readonly clientId: string; readonly symbol: string; readonly status: string };
/** Decimal texts; `stop`: what confirmed stops at the venue close of it. */
export type LeftPosition = { readonly symbol: string; readonly size: string; readonly stop: string };
export type Proof = {
  /** The venue itself has said, after the last of our requests, that no order of ours is open, and positions are as configured. */
  readonly verified: boolean;
  readonly tookMs: number;
  /** Orders of ours that are open, or may be. */
  readonly left: readonly LeftOrder[];
  /** Orders that are certainly not open, but of whose end the venue has not told: the next start reads their fills. */
  readonly untold: number;
  /** Those not flat. */
  readonly positions: readonly LeftPosition[];
  /** Who says what is held: the venue just now, or our ledger alone. */
  readonly positionsBy: 'venue' | 'ledger';
  /** What stands in the way of more; empty when verified. */
  readonly problems: readonly string[];
  /** The venue cancels what is left within this time; null when nothing is left, or nothing was armed. */
  readonly countdownMs: number | null;
};

const NAMED_MAX = 5;

/** One line for a person who wants to walk away from the machine. */
export function proofSentence(proof: Proof): string {
  const held = `${heldWords(proof)}${proof.positionsBy === 'ledger' ? ' (by the ledger)' : ''}`;
  const untold = proof.untold > 0 ? `; the end of ${proof.untold} was not told, the next start reads it` : '';
  if (proof.verified) return `Verified at the exchange: no order of ours is open${untold}; ${held}`;
  const countdown =
    proof.countdownMs === null ? '' : `; the exchange cancels them within ${Math.ceil(proof.countdownMs / 1_000)} s by its countdown`;
  return `NOT verified (${proof.problems.join('; ')}): ${leftWords(proof)}${proof.left.length > 0 ? countdown : ''}${untold}; ${held}`;
}

function leftWords({ left }: Proof): string {
  if (left.length === 0) return 'no order of ours is known to be open';
  const named = left.slice(0, NAMED_MAX).map(({ clientId, symbol, status }) => `${symbol} ${clientId} ${status}`);
  const more = left.length > NAMED_MAX ? `, and ${left.length - NAMED_MAX} more` : '';
  return `${left.length} of our orders may be open (${named.join(', ')}${more})`;
}

const heldWords = ({ positions }: Proof): string =>
  positions.length === 0
    ? 'flat'
    : positions.map(({ symbol, size, stop }) => `${symbol} ${size} is held, with stops for ${stop}`).join(', ');
