import { expect, test } from 'vitest';
import { Lease } from '../../../gateway/orders/lease.ts';
import { VirtualClock } from '../../../shared/clock.ts';
import { monoMs } from '../../../shared/units.ts';

const HOLDER = { connection: 1, epoch: 7 };
const stamp = (seq: number) => ({ epoch: 3, seq });

function granted(): Lease {
  const lease = new Lease({ leaseMs: 2_000 });
  lease.grant(HOLDER, monoMs(0));
  return lease;
}

test('a lease runs out without a heartbeat, once', () => {
  const lease = granted();
  expect(lease.tick(monoMs(1_999))).toBeNull();
  expect(lease.tick(monoMs(2_000))).toEqual({ epoch: 7, why: 'no-heartbeat' });
  expect([lease.tick(monoMs(2_001)), lease.epoch, lease.taken]).toEqual([null, 0, false]);
});

test('heartbeat() keeps it only while the processed snapshot moves: alive but stuck counts as dead', () => {
  const lease = granted();
  for (let t = 500; t <= 3_000; t += 500) expect(lease.heartbeat(HOLDER, { processed: stamp(t), now: monoMs(t) })).toBe(true);
  for (let t = 3_500; t < 5_000; t += 500) lease.heartbeat(HOLDER, { processed: stamp(3_000), now: monoMs(t) });
  expect(lease.tick(monoMs(5_000))).toEqual({ epoch: 7, why: 'no-heartbeat' });
});

test('heartbeat() without a snapshot keeps it until the first was processed, and never after', () => {
  const lease = granted();
  lease.heartbeat(HOLDER, { processed: null, now: monoMs(1_900) });
  expect(lease.tick(monoMs(2_100))).toBeNull();
  lease.heartbeat(HOLDER, { processed: stamp(1), now: monoMs(2_200) });
  lease.heartbeat(HOLDER, { processed: null, now: monoMs(4_100) });
  expect(lease.tick(monoMs(4_200))).not.toBeNull();
});

test('a lapsed lease revives with a snapshot not processed before, unless another brain was granted one', () => {
  const lease = granted();
  lease.heartbeat(HOLDER, { processed: stamp(5), now: monoMs(100) });
  lease.tick(monoMs(2_200));
  expect(lease.heartbeat(HOLDER, { processed: stamp(5), now: monoMs(2_300) })).toBe(false);
  expect(lease.heartbeat(HOLDER, { processed: stamp(6), now: monoMs(2_400) })).toBe(true);
  expect([lease.epoch, lease.tick(monoMs(4_300)), lease.tick(monoMs(4_400))?.epoch]).toEqual([7, null, 7]);
  lease.grant({ connection: 2, epoch: 8 }, monoMs(5_000));
  expect(lease.heartbeat(HOLDER, { processed: stamp(9), now: monoMs(5_100) })).toBe(false);
});

test('heartbeat() of another connection or epoch is refused', () => {
  const lease = granted();
  expect(lease.heartbeat({ connection: 2, epoch: 7 }, { processed: stamp(1), now: monoMs(1) })).toBe(false);
  expect(lease.heartbeat({ connection: 1, epoch: 6 }, { processed: stamp(1), now: monoMs(1) })).toBe(false);
});

test('a closed connection leaves the lease running but free for the next', () => {
  const lease = granted();
  lease.closed(1);
  expect([lease.taken, lease.epoch]).toEqual([false, 7]);
  expect(lease.grant({ connection: 2, epoch: 8 }, monoMs(10))).toEqual({ epoch: 7, why: 'replaced' });
  expect(lease.holds({ connection: 2, epoch: 8 })).toBe(true);
});

test('on a ticking clock quotes of a dead brain are given up within the lease plus one tick', () => {
  const clock = new VirtualClock();
  const lease = granted();
  let endedAt = 0;
  clock.every(25, () => {
    if (lease.tick(clock.monoMs())) endedAt = clock.monoMs();
  });
  clock.advance(5_000);
  expect(endedAt).toBe(2_000);
});

test('an heir holds orders from its first moment: a heartbeat without a snapshot is no sign of life', () => {
  const lease = new Lease({ leaseMs: 2_000 });
  lease.grant(HOLDER, monoMs(0), { heir: true });
  lease.heartbeat(HOLDER, { processed: null, now: monoMs(1_900) });
  expect(lease.tick(monoMs(2_000))?.epoch).toBe(7);
  lease.grant(HOLDER, monoMs(3_000), { heir: true });
  lease.heartbeat(HOLDER, { processed: stamp(1), now: monoMs(4_900) });
  expect(lease.tick(monoMs(5_100))).toBeNull();
});
