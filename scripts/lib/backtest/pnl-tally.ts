/** Where profit and loss came from, exactly, by symbol. */
import type { OwnTrade } from '../../../shared/sim/exchange-events.ts';
import { type Atoms, atoms, formatAtoms } from '../../../shared/units.ts';
import type { PnlSplit } from './result.ts';

type Parts = {
  realized: bigint;
  funding: bigint;
  insurance: bigint;
  makerFees: bigint;
  takerFees: bigint;
  turnover: bigint;
  fills: number;
};
const zero = (): Parts => ({ realized: 0n, funding: 0n, insurance: 0n, makerFees: 0n, takerFees: 0n, turnover: 0n, fills: 0 });

export class PnlTally {
  readonly #bySymbol = new Map<string, Parts>();

  of(symbol: string): Parts {
    let parts = this.#bySymbol.get(symbol);
    if (!parts) {
      parts = zero();
      this.#bySymbol.set(symbol, parts);
    }
    return parts;
  }

  trade({ order, realized, fee, maker }: OwnTrade, notional: Atoms): void {
    const parts = this.of(order.symbol);
    parts.realized += realized;
    if (maker) parts.makerFees -= fee;
    else parts.takerFees -= fee;
    parts.turnover += notional;
    parts.fills += 1;
  }

  /** `unrealized`: of what is held at the end, by symbol. */
  split(unrealized: ReadonlyMap<string, Atoms>): { readonly total: PnlSplit; readonly bySymbol: Readonly<Record<string, PnlSplit>> } {
    const sum = zero();
    let open = 0n;
    const rows: [string, PnlSplit][] = [];
    for (const symbol of new Set([...this.#bySymbol.keys(), ...unrealized.keys()])) {
      const parts = this.of(symbol);
      const left = unrealized.get(symbol) ?? 0n;
      for (const name of MONEY) sum[name] += parts[name];
      sum.fills += parts.fills;
      open += left;
      if (symbol !== '') rows.push([symbol, splitOf(parts, left)]);
    }
    return { total: splitOf(sum, open), bySymbol: Object.fromEntries(rows) };
  }
}

const MONEY = ['realized', 'funding', 'insurance', 'makerFees', 'takerFees', 'turnover'] as const;

function splitOf(parts: Parts, unrealized: bigint): PnlSplit {
  const { realized, funding, insurance, makerFees, takerFees, turnover, fills } = parts;
  const fees = makerFees + takerFees;
  const text = (value: bigint): string => formatAtoms(atoms(value));
  return {
    total: text(realized + unrealized + fees + funding + insurance),
    ...{ realized: text(realized), unrealized: text(unrealized), fees: text(fees), funding: text(funding), insurance: text(insurance) },
    ...{ makerFees: text(makerFees), takerFees: text(takerFees), turnover: text(turnover), fills },
  };
}
