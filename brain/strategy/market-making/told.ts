/** The numbers behind a decision, for people: what stands in `mm why` beside the reason. Only what the configuration uses. */
import type { MarketMakingParameters } from '../../../shared/config.ts';
import { priceNumber } from '../../../shared/instrument.ts';
import { meanMarkout } from '../../signals/markouts.ts';
import { momentumBps } from '../../signals/momentum.ts';
import { flowRatio } from '../../signals/trade-flow.ts';
import { vpinOf } from '../../signals/vpin.ts';
import type { Signals, SymbolView } from '../strategy.ts';
import type { Market } from './market.ts';
import type { Priced } from './price.ts';
import { imbalanceNow, type Senses } from './senses.ts';

type Seeing = {
  readonly parameters: MarketMakingParameters;
  readonly view: SymbolView;
  readonly market: Market;
  readonly senses: Senses;
  readonly sigma: number | null;
};
type Pricing = Pick<Seeing, 'parameters' | 'view' | 'market'> & { readonly priced: Priced };

const BPS = 10_000;

/** What is seen of the market. `sigma` in basis points per square root of a second. */
export function marketSignals({ parameters, view, market, senses, sigma }: Seeing): Signals {
  const { markout, toxicFlow } = parameters.pull;
  return {
    mid: priceNumber(view.instrument, market.mid),
    sigma: rounded(sigma),
    regime: senses.regime,
    imbalance: rounded(imbalanceNow(market, parameters)),
    flow: rounded(senses.flow === null ? null : flowRatio(senses.flow)),
    momentumBps: rounded(senses.momentum === null ? null : momentumBps(senses.momentum)),
    ...(markout.bps === null ? null : { markoutBps: rounded(meanMarkout(senses.markouts, markout.fills)) }),
    ...(senses.vpin === null ? null : { vpin: rounded(vpinOf(senses.vpin, toxicFlow.buckets)) }),
  };
}

/** What was made of it. `reservation` is the fair price less the skew; `gamma` and `k` per basis point, `a` per second. */
export function pricedSignals({ parameters, view, market, priced }: Pricing): Signals {
  const { fair, shiftBps, spreadBps, edgeBps, arrivals, inventory, tiltBps } = priced;
  const { spread, skew, risk, funding } = parameters;
  return {
    fair: priceNumber(view.instrument, fair),
    reservation: priceNumber(view.instrument, fair - (market.mid * shiftBps) / BPS),
    halfSpreadBps: rounded(spreadBps / 2),
    skewBps: rounded(shiftBps),
    inventory: rounded(inventory),
    ...(edgeBps === null ? null : { edgeBps: rounded(edgeBps) }),
    ...(funding.tiltWeight === 0 ? null : { tiltBps: rounded(tiltBps) }),
    ...(arrivals === null ? null : { a: rounded(arrivals.a), k: rounded(arrivals.k), arrivals: arrivals.told }),
    ...(isOptimal(spread.model) || isOptimal(skew.model) ? { gamma: risk.gamma } : null),
  };
}

const isOptimal = (model: string): boolean => model === 'avellaneda-stoikov' || model === 'glft';

function rounded(value: number): number;
function rounded(value: number | null): number | null;
function rounded(value: number | null): number | null {
  return value === null ? null : Math.round(value * 10_000) / 10_000 + 0;
}
