/**
 * One symbol, one net position, several runs: whose share is what. Every run has a holding, and what is nobody's is `unassigned`; together
 * they are the net position, always. The rules:
 *
 * 1. A fill of an order of a run goes to that run.
 * 2. Every other fill (a person's trade, the close of the ladder or of the stop at the exchange, a liquidation, a correction of the ledger)
 *    closes as far as it reduces the net position, and closes the same share of every holding, `unassigned` too: of a run that stands
 *    against the net as well, so that a whole close leaves nobody with a position. What it opens or adds is `unassigned`.
 * 3. A run that has the symbol for itself has all of it: what it finds, and what anybody trades.
 * 4. Two runs may trade with each other by a book entry: both change, the net does not, nothing is paid.
 * 5. Funding is paid on the net position and shared as it is: a run that stands against the net gets what the others pay.
 * 6. What a run held that no longer trades the symbol is `unassigned`, unless rule 3 gives it to the one that is left.
 *
 * Pure; sizes in 1e-8 of the base asset, shares in whole steps of the symbol.
 */
import type { FillDoc } from '../../shared/snapshot.ts';
import { type Atoms, atoms, parseAtoms, ZERO_ATOMS } from '../../shared/units.ts';
import { absolute, apportion, averageOf, type Holding, NOTHING, partOf, traded, withFee, withFunding } from './holding.ts';

/** Of a fill whose fee is not told yet: how much of it each holder bears. */
export type FeeOwed = { readonly n: number; readonly weights: Readonly<Record<string, bigint>> };
export type SubLedger = {
  /** Runs that trade the symbol, in the order of the configuration. */
  readonly owners: readonly string[];
  /** Of the owners, and of `UNASSIGNED`. */
  readonly holdings: Readonly<Record<string, Holding>>;
  /** Step of the symbol: shares are whole multiples of it. */
  readonly step: Atoms;
  /** Funding of the whole symbol as it was last shared out; null before the first look. */
  readonly fundingSeen: Atoms | null;
  readonly owed: readonly FeeOwed[];
};

export const UNASSIGNED = 'unassigned';
/** Fees that are waited for; older ones are given up. */
const OWED_MAX = 1_000;

export const emptyLedger = (owners: readonly string[]): SubLedger => ({
  owners,
  holdings: Object.fromEntries([...owners, UNASSIGNED].map((id) => [id, NOTHING])),
  step: atoms(1n),
  fundingSeen: null,
  owed: [],
});

export const holdingOf = (ledger: SubLedger, id: string): Holding => ledger.holdings[id] ?? NOTHING;

export const netOf = ({ holdings }: SubLedger): Atoms => atoms(Object.values(holdings).reduce((sum, { size }) => sum + size, 0n));

/** Other runs than before trade the symbol: rules 3 and 6. */
export function ownedBy(ledger: SubLedger, owners: readonly string[]): SubLedger {
  const gone = Object.keys(ledger.holdings).filter((id) => id !== UNASSIGNED && !owners.includes(id));
  const left = gone.reduce((sum, id) => joined(sum, holdingOf(ledger, id)), holdingOf(ledger, UNASSIGNED));
  const kept = { ...Object.fromEntries(owners.map((id) => [id, holdingOf(ledger, id)])), [UNASSIGNED]: left };
  const [only] = owners;
  const next = { ...ledger, owners, holdings: kept };
  return owners.length === 1 && only !== undefined ? moved(next, { from: UNASSIGNED, to: only, size: left.size }) : next;
}

/** Rules 1 to 3. */
export function filled(ledger: SubLedger, fill: FillDoc): SubLedger {
  const [size, price] = [parseAtoms(fill.size), parseAtoms(fill.price)];
  if (size === null || price === null) throw new Error(`Cannot count fill ${fill.n}: ${fill.size} at ${fill.price} is not exact`);
  const signed = atoms(fill.side === 'buy' ? size : -size);
  const owner = ownerOf(ledger, fill.strategy);
  const shares = owner === null ? sharesOf(ledger, signed) : { [owner]: signed };
  return withShares(ledger, { shares, price, fill });
}

/** The fee of a fill that was counted without it. */
export function feeTold(ledger: SubLedger, fill: FillDoc): SubLedger {
  const owed = ledger.owed.find(({ n }) => n === fill.n);
  if (!owed || fill.fee === null) return ledger;
  const rest = { ...ledger, owed: ledger.owed.filter((one) => one !== owed) };
  return withFees(rest, { weights: owed.weights, fill });
}

/** Rule 4. */
export function crossed(
  ledger: SubLedger,
  { buyer, seller, size, price }: { readonly buyer: string; readonly seller: string; readonly size: Atoms; readonly price: Atoms },
): SubLedger {
  const shares = { [buyer]: size, [seller]: atoms(-size) };
  return withShares(ledger, { shares, price, fill: null });
}

/** What the account holds and was paid, as a snapshot tells it once all its fills are counted: what no fill explains is rule 2 or 3. */
export type Told = {
  /** Signed. */
  readonly net: Atoms;
  /** Of one lot. */
  readonly step: Atoms;
  /** What an unexplained change is counted at; null: nothing is realized by it. */
  readonly price: Atoms | null;
  /** Since the ledger began. */
  readonly funding: Atoms;
};

export function settled(ledger: SubLedger, { net, step, price, funding }: Told): SubLedger {
  const onStep = ledger.step === step ? ledger : onGrid(ledger, step);
  const drift = atoms(net - netOf(onStep));
  const whole = drift === 0n ? onStep : corrected(onStep, { drift, price });
  if (whole.fundingSeen === funding) return whole;
  return funded({ ...whole, fundingSeen: funding }, atoms(whole.fundingSeen === null ? 0n : funding - whole.fundingSeen));
}

function ownerOf({ owners }: SubLedger, tag: string | undefined): string | null {
  if (tag !== undefined && owners.includes(tag)) return tag;
  return owners.length === 1 ? (owners[0] ?? null) : null;
}

/** Rule 2: signed shares of each holder. */
function sharesOf(ledger: SubLedger, signed: Atoms): Readonly<Record<string, Atoms>> {
  const net = netOf(ledger);
  const closes = net !== 0n && net > 0n !== signed > 0n ? (absolute(signed) < absolute(net) ? signed : atoms(-net)) : ZERO_ATOMS;
  const ids = Object.keys(ledger.holdings);
  const { step } = ledger;
  const weights = ids.map((id) => -holdingOf(ledger, id).size / step); // what each would trade to be flat
  const most = weights.reduce((sum, weight) => sum + weight, 0n);
  const whole = absolute(closes / step) < absolute(most) ? closes / step : most; // they differ where a size is off the step
  const parts = whole === 0n || most > 0n !== signed > 0n ? ids.map(() => 0n) : apportion(whole, weights);
  const shares = Object.fromEntries(ids.map((id, index) => [id, atoms((parts[index] ?? 0n) * step)]));
  const given = Object.values(shares).reduce((sum, share) => sum + share, 0n);
  return { ...shares, [UNASSIGNED]: atoms((shares[UNASSIGNED] ?? 0n) + signed - given) };
}

type Shares = { readonly shares: Readonly<Record<string, Atoms>>; readonly price: Atoms; readonly fill: FillDoc | null };

function withShares(ledger: SubLedger, { shares, price, fill }: Shares): SubLedger {
  const next = { ...ledger.holdings };
  for (const [id, size] of Object.entries(shares)) if (size !== 0n) next[id] = traded(next[id] ?? NOTHING, { size, price });
  const done = { ...ledger, holdings: next };
  if (fill === null) return done;
  const weights = Object.fromEntries(Object.entries(shares).flatMap(([id, size]) => (size === 0n ? [] : [[id, absolute(size)]])));
  if (fill.fee === null) return { ...done, owed: [...done.owed, { n: fill.n, weights }].slice(-OWED_MAX) };
  return withFees(done, { weights, fill });
}

function withFees(ledger: SubLedger, { weights, fill }: { readonly weights: FeeOwed['weights']; readonly fill: FillDoc }): SubLedger {
  const fee = parseAtoms(fill.fee ?? '0');
  const bearers = Object.keys(weights);
  if (fee === null || fee === 0n || bearers.length === 0) return ledger;
  const parts = apportion(fee, Object.values(weights));
  const next = { ...ledger.holdings };
  for (const [index, bearer] of bearers.entries()) {
    const id = Object.hasOwn(next, bearer) ? bearer : UNASSIGNED; // it has gone meanwhile
    next[id] = withFee(next[id] ?? NOTHING, { asset: fill.feeAsset ?? '', fee: atoms(parts[index] ?? 0n) });
  }
  return { ...ledger, holdings: next };
}

function corrected(ledger: SubLedger, { drift, price }: { readonly drift: Atoms; readonly price: Atoms | null }): SubLedger {
  const owner = ownerOf(ledger, undefined);
  const shares = owner === null ? sharesOf(ledger, drift) : { [owner]: drift };
  if (price !== null) return withShares(ledger, { shares, price, fill: null });
  const holdings = { ...ledger.holdings };
  for (const [id, size] of Object.entries(shares)) {
    const before = holdings[id] ?? NOTHING;
    const own = before.size === 0n ? ZERO_ATOMS : atoms((before.cost * (before.size + size)) / before.size); // at its own average
    holdings[id] = { ...before, size: atoms(before.size + size), cost: own };
  }
  return { ...ledger, holdings };
}

/** Rule 5; what comes when nobody holds a net position is the unassigned one's, or the only run's. */
function funded(ledger: SubLedger, amount: Atoms): SubLedger {
  if (amount === 0n) return ledger;
  const net = netOf(ledger);
  const ids = Object.keys(ledger.holdings);
  const owner = ownerOf(ledger, undefined) ?? UNASSIGNED;
  const parts =
    net === 0n
      ? ids.map((id) => (id === owner ? amount : 0n))
      : apportion(
          amount,
          ids.map((id) => holdingOf(ledger, id).size),
        );
  const holdings = Object.fromEntries(ids.map((id, index) => [id, withFunding(holdingOf(ledger, id), atoms(parts[index] ?? 0n))]));
  return { ...ledger, holdings };
}

/** The step has changed: what is finer than the new one is no run's. */
function onGrid(ledger: SubLedger, step: Atoms): SubLedger {
  const rest = ledger.owners.length === 1 ? (ledger.owners[0] ?? UNASSIGNED) : UNASSIGNED;
  return ledger.owners
    .filter((id) => id !== rest)
    .reduce((next, id) => moved(next, { from: id, to: rest, size: atoms(holdingOf(next, id).size % step) }), { ...ledger, step });
}

/** At what it cost: nothing is realized by it. */
function moved(ledger: SubLedger, { from, to, size }: { readonly from: string; readonly to: string; readonly size: Atoms }): SubLedger {
  if (size === 0n || from === to) return ledger;
  const { kept, cost } = partOf(holdingOf(ledger, from), size);
  const piece = { ...NOTHING, size, cost };
  return { ...ledger, holdings: { ...ledger.holdings, [from]: kept, [to]: joined(holdingOf(ledger, to), piece) } };
}

/** One holding takes in another; sides against each other are set off at the average of the one that is left. */
function joined(a: Holding, b: Holding): Holding {
  const fees = Object.entries(b.fees).reduce((sum, [asset, fee]) => withFee(sum, { asset, fee }), a).fees;
  const sums = { fees, funding: atoms(a.funding + b.funding), realized: atoms(a.realized + b.realized) };
  if (a.size === 0n || b.size === 0n || a.size > 0n === b.size > 0n)
    return { ...sums, size: atoms(a.size + b.size), cost: atoms(a.cost + b.cost) };
  return traded({ ...a, ...sums }, { size: b.size, price: averageOf(b) });
}
