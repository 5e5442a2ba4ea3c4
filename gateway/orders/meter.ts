/** What is noted when the bytes of a command leave: how long it took, and that an order left. */
import type { Stamp } from '../../shared/snapshot.ts';
import type { MonoMs } from '../../shared/units.ts';
import type { OnWritten } from '../venues/venue.ts';
import type { Core } from './core.ts';

type Meters = Pick<Core, 'latency' | 'seqs' | 'identity' | 'pace'>;

/** Of a place or an amend: also from the newest market frame that its decision rests on. */
export function orderMeter({ latency, seqs, identity, pace }: Meters, basedOn: Stamp, receivedAt: MonoMs): OnWritten {
  const frameAt = basedOn.epoch === identity.epoch ? (seqs.find(basedOn.seq)?.newestFrameAt ?? null) : null;
  return (writtenAt, via = 'rest') => {
    pace.sent(writtenAt);
    latency.command.add(writtenAt - receivedAt);
    latency.calls.written(writtenAt - receivedAt, via);
    if (frameAt !== null) latency.frameToOrder.add(writtenAt - frameAt);
  };
}

export const cancelMeter =
  ({ latency }: Meters, receivedAt: MonoMs): OnWritten =>
  (writtenAt, via = 'rest') => {
    latency.command.add(writtenAt - receivedAt);
    latency.calls.written(writtenAt - receivedAt, via);
  };
