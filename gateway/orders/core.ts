/** The parts that desk, watch, closer and publisher share; made once by the composition root. */
import { type ClientIdParts, parseClientId } from '../../shared/client-id.ts';
import type { Clock } from '../../shared/clock.ts';
import type { Config } from '../../shared/config.ts';
import type { AccountRisk } from '../account/account-risk.ts';
import type { Keeper } from '../account/keeper.ts';
import type { LedgerOrder } from '../account/rows.ts';
import type { CallTimes } from '../publish/call-times.ts';
import type { Latency } from '../publish/latency.ts';
import type { SeqLog } from '../publish/seq-log.ts';
import type { Venue } from '../venues/venue.ts';
import type { Budget } from './budget.ts';
import type { CommandPace } from './command-pace.ts';
import type { ConfigInForce } from './config-in-force.ts';
import type { Lease } from './lease.ts';
import type { Modes } from './modes.ts';
import type { Router } from './router.ts';

export type Identity = {
  /** This run of the gateway: epoch of its snapshots and of the orders it makes itself. */
  readonly epoch: number;
  readonly environment: Config['environment'];
  readonly accountHash: string;
  readonly configHash: string;
};

export type Core = {
  /** In force now. */
  readonly config: Config;
  readonly inForce: ConfigInForce;
  readonly identity: Identity;
  readonly clock: Clock;
  readonly venue: Venue;
  readonly keeper: Keeper;
  readonly router: Router;
  readonly budget: Budget;
  readonly lease: Lease;
  readonly modes: Modes;
  readonly risk: AccountRisk;
  readonly pace: CommandPace;
  readonly seqs: SeqLog;
  readonly latency: { readonly frameToOrder: Latency; readonly command: Latency; readonly calls: CallTimes };
  /** Why the ledger cannot be written; null when it can. */
  readonly ledgerFault: () => string | null;
};

const BRAIN_ROLES: ReadonlySet<string> = new Set<ClientIdParts['role']>(['quote', 'trend', 'custom']);
const PERSON_ROLES: ReadonlySet<string> = new Set<ClientIdParts['role']>(['operator', 'test']);

export const isBrains = (order: LedgerOrder): boolean => BRAIN_ROLES.has(order.role);
export const isPersons = (order: LedgerOrder): boolean => PERSON_ROLES.has(order.role);
export const rolesOf = (role: 'brain' | 'operator'): ReadonlySet<string> => (role === 'brain' ? BRAIN_ROLES : PERSON_ROLES);

/** Who made the order of a fill: told by its row, else by its id, since the order of a triggered stop may be filled before it is told of. */
export function makerOf(
  { keeper }: Pick<Core, 'keeper'>,
  clientId: string,
): { readonly role: LedgerOrder['role']; readonly strategy: string | undefined } {
  const row = keeper.ledger.order(clientId);
  return { role: row?.role ?? parseClientId(clientId)?.role ?? 'foreign', strategy: row?.strategy };
}

/** A strategy's order that the venue has, with nothing about it under way. */
export const isRestingQuote = (row: LedgerOrder): boolean =>
  isBrains(row) && (row.order.status === 'open' || row.order.status === 'partially-filled');

/** Own orders that have not ended, without those of triggered stops: they close a position. */
export const ownOpen = (core: Pick<Core, 'keeper' | 'modes'>): readonly LedgerOrder[] =>
  core.keeper.ledger.openOrders().filter(({ role, clientId }) => role !== 'stop' && !core.modes.strangers.has(clientId));

/** Client ids of open orders of one brain epoch, or of every brain. */
export function brainOrders({ keeper, modes }: Pick<Core, 'keeper' | 'modes'>, epoch?: number): string[] {
  const open = keeper.ledger.openOrders().filter((order) => isBrains(order) && !modes.strangers.has(order.clientId));
  return open.filter(({ clientId }) => epoch === undefined || parseClientId(clientId)?.epoch === epoch).map(({ clientId }) => clientId);
}
