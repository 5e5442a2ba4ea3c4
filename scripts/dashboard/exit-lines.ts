/** At which prices a held position is closed: the hard exits of the configuration that stand still, and what the venue holds. Pure. */
import type { ExitParameters } from '../../shared/exit-parameters.ts';
import type { PositionDoc } from '../../shared/snapshot.ts';
import type { ExitLine, ExitsView } from './model.ts';

type Bounds = { readonly percent?: number | undefined; readonly distance?: string | undefined; readonly amount?: string | undefined };
type Held = { readonly side: 1 | -1; readonly entry: number; readonly size: number };

/** Null: the position is not known. The nearest of several bounds is the one that acts. */
export function exitsView(position: PositionDoc | null, rules: ExitParameters): ExitsView | null {
  if (!position?.known || position.size === null) return null;
  const size = Number(position.size);
  const held: Held | null =
    size === 0 || position.entryPrice === null
      ? null
      : { side: size > 0 ? 1 : -1, entry: Number(position.entryPrice), size: Math.abs(size) };
  const { takeProfitPercent, takeProfitDistance, takeProfitAmount, stopLossPercent, stopLossDistance, stopLossAmount } = rules;
  const takeProfit = { percent: takeProfitPercent, distance: takeProfitDistance, amount: takeProfitAmount };
  const stopLoss = { percent: stopLossPercent, distance: stopLossDistance, amount: stopLossAmount };
  const own = held
    ? [...lineAt('take-profit', takeProfit, { ...held, way: 1 }), ...lineAt('stop-loss', stopLoss, { ...held, way: -1 })]
    : [];
  return { lines: [...own, ...venueLines(position)], moving: movingRules(rules), cooldownMs: rules.cooldownMs };
}

function lineAt(kind: ExitLine['kind'], bounds: Bounds, { side, entry, size, way }: Held & { readonly way: 1 | -1 }): ExitLine[] {
  const { percent, distance, amount } = bounds;
  const away = [
    ...(percent === undefined ? [] : [{ by: (entry * percent) / 100, rule: `${percent} % of entry` }]),
    ...(distance === undefined ? [] : [{ by: Number(distance), rule: `${distance} from entry` }]),
    ...(amount === undefined ? [] : [{ by: Number(amount) / size, rule: `${amount} on the position` }]),
  ].toSorted((a, b) => a.by - b.by)[0];
  return away ? [{ kind, price: entry + side * way * away.by, rule: away.rule }] : [];
}

function venueLines({ stop, liquidationPrice }: PositionDoc): ExitLine[] {
  return [
    ...(stop?.status === 'resting' && stop.triggerPrice !== null
      ? [{ kind: 'venue-stop' as const, price: Number(stop.triggerPrice), rule: 'held by the exchange' }]
      : []),
    ...(liquidationPrice === null ? [] : [{ kind: 'liquidation' as const, price: Number(liquidationPrice), rule: 'by the exchange' }]),
  ];
}

/** Rules whose price depends on what was: the brain keeps it to itself, so only the rule is shown. */
function movingRules({ trailing, breakEven, timeStop }: ExitParameters): string[] {
  return [
    ...(trailing ? [`trailing ${trailing.percent === undefined ? trailing.distance : `${trailing.percent} %`} behind the best price`] : []),
    ...(breakEven
      ? [`break-even after ${breakEven.afterPercent === undefined ? breakEven.afterDistance : `${breakEven.afterPercent} %`}`]
      : []),
    ...(timeStop ? [`time stop after ${Math.round(timeStop.maxHoldMs / 60_000)} min`] : []),
  ];
}
