import { afterEach, expect, test, vi } from 'vitest';
import { openMetrics } from '../../../gateway/io/open-metrics.ts';
import { makeMetrics } from '../../../shared/metrics.ts';
import { MeteredGateway } from '../../kit/gateway-meters.ts';

afterEach(() => void vi.useRealTimers());

test('a run that ends leaves no timer of its page behind, however often one begins anew', async () => {
  const metered = await MeteredGateway.open();
  const gateway = { measured: () => metered.measured(), ready: () => ({ ready: true, reasons: [] }) };
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  for (let run = 0; run < 3; run++) {
    const opened = await openMetrics(0, { gateway, metrics: makeMetrics('gateway') });
    if (!opened.ok) throw new Error(opened.error);
    expect(vi.getTimerCount()).toBe(1);
    await opened.value[Symbol.asyncDispose]();
  }
  expect(vi.getTimerCount()).toBe(0);
});

test('a page that cannot be opened leaves none either', async () => {
  const metered = await MeteredGateway.open();
  const gateway = { measured: () => metered.measured(), ready: () => ({ ready: true, reasons: [] }) };
  const first = await openMetrics(0, { gateway, metrics: makeMetrics('gateway') });
  if (!first.ok) throw new Error(first.error);
  await using page = first.value;
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  expect(await openMetrics(page.port, { gateway, metrics: makeMetrics('gateway') })).toMatchObject({ ok: false });
  expect(vi.getTimerCount()).toBe(0);
});
