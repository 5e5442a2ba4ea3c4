/** Gathers what the modes are judged by, from the parts of the gateway. */
import { leverageMaxOf } from '../../shared/config.ts';
import type { Core } from './core.ts';
import { isLeverageUnexpected, type WholeState } from './degraded.ts';

export function wholeState(core: Core, { redisDown = false }: { readonly redisDown?: boolean } = {}): WholeState {
  const { modes, keeper, venue, ledgerFault, budget, clock, risk } = core;
  const line = venue.lineHealth?.();
  return {
    stopped: modes.stopped !== null,
    shuttingDown: modes.shuttingDown,
    paused: modes.paused !== null,
    accountKnown: keeper.known,
    accountLive: venue.accountHealth().state === 'live',
    ledgerFault: ledgerFault() !== null,
    disagrees: !keeper.agrees,
    redisDown,
    lineFailing: line?.failing ?? false,
    waiting: budget.blockedUntil > clock.monoMs(),
    clockAgeMs: line?.clockAgeMs ?? 0,
    marginCall: modes.marginCall,
    dailyLoss: risk.lost.length > 0,
    availableLow: risk.low.length > 0,
    otherSession: modes.otherSession,
  };
}

/** Why nothing new may be opened on a symbol until a person has acted; null when nothing forbids it. */
export function haltOf({ modes, keeper, config }: Core, symbol: string): string | null {
  const [leverage, leverageMax] = [keeper.leverage(symbol), leverageMaxOf(config, symbol)];
  if (isLeverageUnexpected({ leverage, leverageMax })) return `leverage ${leverage}, at most ${leverageMax} is expected`;
  return modes.halted(symbol);
}
