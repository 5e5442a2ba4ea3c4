/**
 * An independent way to what the backtest on K-lines says: MACD from a library over all closes at once, and the position, fills, fees,
 * funding and exits of a few plain rules in floating numbers. It shares no line with the product.
 */
import { MACD } from 'technicalindicators';

export type PlainBar = {
  readonly openMs: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
};
export type PlainRules = {
  readonly size: number;
  readonly start: number;
  readonly tick: number;
  readonly costBps: number;
  readonly takerFee: number;
  readonly fundingRate: number;
  readonly stopPercent: number;
  readonly profitPercent: number;
};
/** At the close of each bar. */
export type PlainLook = { readonly position: number; readonly equity: number };
type Account = { cash: number; position: number; entry: number };

const HOURS8_MS = 28_800_000;
const WARM = 34;

export function plainMacd(bars: readonly PlainBar[], rules: PlainRules): readonly PlainLook[] {
  const closes = bars.map(({ close }) => close);
  const options = { values: closes, fastPeriod: 12, slowPeriod: 26, signalPeriod: 9, SimpleMAOscillator: false, SimpleMASignal: false };
  const points = MACD.calculate(options);
  const histogram = closes.map((_, i) => points[i - (closes.length - points.length)]?.histogram ?? null);
  const account: Account = { cash: rules.start, position: 0, entry: 0 };
  const looks: PlainLook[] = [];
  let [wanted, blindTo]: [number | null, number] = [null, WARM - 1];
  for (const [i, bar] of bars.entries()) {
    if (bar.openMs % HOURS8_MS === 0) account.cash -= account.position * bar.open * rules.fundingRate;
    if (wanted !== null && wanted !== account.position) {
      if (account.position !== 0) trade(account, { size: -account.position, price: bar.open, rules });
      trade(account, { size: wanted, price: bar.open, rules });
    }
    const way = account.position >= 0 ? [bar.open, bar.low, bar.high, bar.close] : [bar.open, bar.high, bar.low, bar.close];
    const done = leave(account, { way, rules });
    if (done !== null) blindTo = done === 3 ? i + 1 : i; // the strategy begins anew, and counts what it finds as history
    looks.push({ position: account.position, equity: account.cash + account.position * (bar.close - account.entry) });
    const [before, now] = [histogram[i - 1] ?? null, histogram[i] ?? null];
    wanted = null;
    if (before === null || now === null || i <= blindTo) continue;
    if (before <= 0 && now > 0) wanted = rules.size;
    if (before >= 0 && now < 0) wanted = -rules.size;
  }
  return looks;
}

const beside = (price: number, { costBps, tick }: PlainRules): number =>
  Math.max(1, Math.ceil(Math.round(price / tick) * (costBps / 10_000))) * tick;

function trade(
  account: Account,
  { size, price, rules }: { readonly size: number; readonly price: number; readonly rules: PlainRules },
): void {
  const paid = size > 0 ? price + beside(price, rules) : price - beside(price, rules);
  account.cash -= Math.abs(size) * paid * rules.takerFee;
  if (account.position !== 0) account.cash += -size * (paid - account.entry);
  account.entry = paid;
  account.position = Math.round((account.position + size) * 1e6) / 1e6;
}

/** The first place on the way at which stop or target is reached: that tick, or the open. Which part of the way; null: nowhere. */
function leave(account: Account, { way, rules }: { readonly way: readonly number[]; readonly rules: PlainRules }): number | null {
  for (const [part, to] of way.entries()) {
    if (account.position === 0) return null;
    const from = way[Math.max(0, part - 1)] ?? to;
    if (!isDone(account, to, rules)) continue;
    let [not, done] = [Math.round(from / rules.tick), Math.round(to / rules.tick)];
    while (Math.abs(done - not) > 1) {
      const middle = Math.round((not + done) / 2);
      if (isDone(account, middle * rules.tick, rules)) done = middle;
      else not = middle;
    }
    trade(account, { size: -account.position, price: done * rules.tick, rules });
    return part;
  }
  return null;
}

function isDone({ position, entry }: Account, price: number, rules: PlainRules): boolean {
  const side = Math.sign(position);
  const gain = side * (price - side * beside(price, rules) - entry);
  const slack = 1e-9 * entry;
  return gain <= -(entry * rules.stopPercent) / 100 + slack || gain >= (entry * rules.profitPercent) / 100 - slack;
}
