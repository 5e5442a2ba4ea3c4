/** Which orders the lease in force holds: those placed under it, and those it inherited. Pure. */
import { parseClientId } from '../../shared/client-id.ts';
import type { Header } from '../../shared/snapshot.ts';

export function isLeased(
  clientId: string,
  { brainEpoch, inheritsFrom = brainEpoch }: Pick<Header, 'brainEpoch' | 'inheritsFrom'>,
): boolean {
  const epoch = parseClientId(clientId)?.epoch;
  return epoch !== undefined && epoch >= inheritsFrom && epoch <= brainEpoch;
}
