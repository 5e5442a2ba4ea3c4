/**
 * Client order ids: 19 decimal digits below 2^63, legal on all three venues (Binance `[.A-Z:/a-z0-9_-]{1,36}`, OKX int64, Bybit 36).
 * Layout: tag (2) role (2) epoch (6) counter (7) check (2). The epoch is granted by the gateway and never granted twice, so an id is
 * never made twice; the check digits tell our orders from any other program's.
 */
const TAG = '47';
const LAYOUT = /^47(\d{2})(\d{6})(\d{7})(\d{2})$/;

/** Who made the order. Brain strategies get `quote` and `trend`; the others are made by the gateway or by a person's tools. */
export const ROLES = { quote: 10, trend: 11, custom: 12, close: 20, stop: 21, operator: 30, test: 31 } as const;
export type Role = keyof typeof ROLES;

export const EPOCH_MAX = 999_999;
export const COUNTER_MAX = 9_999_999;

export type ClientIdParts = { readonly role: Role; readonly epoch: number; readonly counter: number };

/** Throws RangeError past the last epoch or counter: the caller asks for a new epoch long before. */
export function makeClientId({ role, epoch, counter }: ClientIdParts): string {
  if (!Number.isInteger(epoch) || epoch < 0 || epoch > EPOCH_MAX)
    throw new RangeError(`Cannot make a client id: epoch ${epoch} is outside 0..${EPOCH_MAX}`);
  if (!Number.isInteger(counter) || counter < 0 || counter > COUNTER_MAX)
    throw new RangeError(`Cannot make a client id: counter ${counter} is outside 0..${COUNTER_MAX}`);
  const body = `${TAG}${ROLES[role]}${String(epoch).padStart(6, '0')}${String(counter).padStart(7, '0')}`;
  return body + checkDigits(body);
}

/** One command asks for the same id at every room that it passes. */
let newest: { readonly id: string; readonly parts: ClientIdParts | null } = { id: '', parts: null };

/** Null when the id is not ours: wrong tag, layout, role or check digits. */
export function parseClientId(id: string): ClientIdParts | null {
  if (newest.id !== id) newest = { id, parts: parseAnew(id) };
  return newest.parts;
}

function parseAnew(id: string): ClientIdParts | null {
  const match = LAYOUT.exec(id);
  if (!match || checkDigits(id.slice(0, -2)) !== match[4]) return null;
  const role = ROLE_BY_NUMBER.get(Number(match[1]));
  return role ? { role, epoch: Number(match[2]), counter: Number(match[3]) } : null;
}

export const isOurs = (id: string): boolean => parseClientId(id) !== null;

/** ISO 7064 MOD 97-10: catches every single wrong digit and every swap of two neighbours. */
function checkDigits(body: string): string {
  let rest = 0;
  for (let i = 0; i < body.length; i++) rest = (rest * 10 + (body.charCodeAt(i) - 48)) % 97;
  return String(98 - ((rest * 100) % 97)).padStart(2, '0');
}

const ROLE_BY_NUMBER: ReadonlyMap<number, Role> = new Map(Object.entries(ROLES).map(([role, number]) => [number, role as Role]));
