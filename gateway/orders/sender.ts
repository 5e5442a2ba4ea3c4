/** Whether a client may send an order or amend at all: the id must be its own, or one that its lease inherited. Role and epoch are in the id. */
import { parseClientId } from '../../shared/client-id.ts';
import type { Amend, Place, Refused } from '../../shared/command.ts';
import { type Core, rolesOf } from './core.ts';
import type { Client } from './desk.ts';
import type { Heritage } from './heritage.ts';
import { refuse } from './refuse.ts';

type Sender = { readonly core: Core; readonly heritage: Heritage; readonly client: Client };

export function checkSender(command: Place | Amend, { core, heritage, client }: Sender): Refused | null {
  const { clientId } = command;
  const parts = parseClientId(clientId);
  const role = client.role === 'brain' ? 'brain' : 'operator';
  if (role === 'brain' && !core.lease.holds({ connection: client.id, epoch: client.epoch }))
    return refuse(command, 'no-lease', `Cannot take order "${clientId}": this brain's lease has ended`);
  if (!parts || !rolesOf(role).has(parts.role))
    return refuse(command, 'bad-id', `Cannot take order "${clientId}": it is not a client id of the ${role}`);
  const inherited = role === 'brain' && command.type === 'amend' && heritage.has(clientId);
  if (parts.epoch !== client.epoch && !inherited)
    return refuse(command, 'stale-epoch', `Cannot take order "${clientId}": its epoch is ${parts.epoch}, granted is ${client.epoch}`);
  client.used = true;
  return null;
}
