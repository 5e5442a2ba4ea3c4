/** How far a start of the gateway has come; asked often until everything was told. */
import { parseClientId } from '../../shared/client-id.ts';
import type { StartTimes } from '../../shared/io/start-times.ts';
import { type Core, isRestingQuote } from '../orders/core.ts';
import type { Heritage } from '../orders/heritage.ts';
import type { Stops } from '../orders/stop.ts';

type Parts = { readonly core: Core; readonly stops: Stops; readonly heritage: Heritage };

/** Quoting is a quote that rests and that the brain of now holds: what an earlier one left and nobody took up is none. */
export function tellStart(times: StartTimes, { core, stops, heritage }: Parts): void {
  if (times.ms.protected === null && stops.protecting) times.reach('protected');
  const { lease, keeper } = core;
  if (times.ms.quoting !== null || lease.epoch === 0) return;
  const isHeld = (clientId: string): boolean => parseClientId(clientId)?.epoch === lease.epoch || heritage.has(clientId);
  if (keeper.ledger.openOrders().some((row) => isRestingQuote(row) && isHeld(row.clientId))) times.reach('quoting');
}
