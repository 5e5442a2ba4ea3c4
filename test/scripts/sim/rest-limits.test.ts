import { expect, test } from 'vitest';
import { openTestSim } from '../../kit/sim-client.ts';

test('weight is counted in the header and answered with 429 and Retry-After beyond the limit', async () => {
  const clock = { originMs: 1_700_000_040_000, originRealMs: Date.now(), speed: 1 }; // a whole minute ahead before the window turns
  const sim = await openTestSim({ clock });
  try {
    const first = await sim.get('/fapi/v1/depth?symbol=BTCUSDT&limit=1000');
    expect(first.headers.get('x-mbx-used-weight-1m')).toBe('20');
    const answers = await Promise.all(Array.from({ length: 120 }, () => sim.get('/fapi/v1/depth?symbol=BTCUSDT&limit=1000')));
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused).toHaveLength(1);
    expect(refused[0]?.body['code']).toBe(-1003);
    expect(Number(refused[0]?.headers.get('retry-after'))).toBeGreaterThan(0);
  } finally {
    await sim.close();
  }
});

test('orders are counted per account, shown on accepted calls, and refused with -1015 beyond 300 in 10 s', async () => {
  const clock = { originMs: 1_700_000_040_000, originRealMs: Date.now(), speed: 0.2 };
  const sim = await openTestSim({ clock });
  try {
    const first = await sim.place();
    expect([first.headers.get('x-mbx-order-count-10s'), first.headers.get('x-mbx-order-count-1m')]).toEqual(['1', '1']);
    const rest = await Promise.all(Array.from({ length: 300 }, () => sim.place({ price: '49000', quantity: '0.001' })));
    const codes = rest.map(({ body }) => body['code']);
    expect(codes.filter((code) => code === -1015)).toHaveLength(1);
    expect(codes.filter((code) => code === -4164 || code === -1015)).toHaveLength(300);
    expect(rest.every(({ headers }) => headers.get('x-mbx-order-count-10s') === null)).toBe(true);
  } finally {
    await sim.close();
  }
});
