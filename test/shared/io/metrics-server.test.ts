import { afterAll, expect, test } from 'vitest';
import { openMetricsServer, type Ready } from '../../../shared/io/metrics-server.ts';
import { makeMetrics } from '../../../shared/metrics.ts';

let state: Ready = { ready: true, reasons: [] };
const metrics = makeMetrics('test');
let broken = false;
metrics.readGauge({
  ...{ name: 'broken', help: 'A reader that may throw' },
  read: () => {
    if (broken) throw new Error('no such thing');
    return [];
  },
});
const ready = (): Ready => {
  if (broken) throw new Error('no such state');
  return state;
};
const opened = await openMetricsServer({ port: 0, key: 'test.port', metrics, ready });
if (!opened.ok) throw new Error(opened.error);
const server = opened.value;
afterAll(() => server[Symbol.asyncDispose]());

const ask = async (path: string, init: RequestInit = {}): Promise<{ status: number; type: string; text: string }> => {
  const response = await fetch(`http://127.0.0.1:${server.port}${path}`, init);
  return { status: response.status, type: response.headers.get('content-type') ?? '', text: await response.text() };
};

test('/healthz says that the process lives, whatever its state', async () => {
  for (const ready of [true, false]) {
    state = { ready, reasons: ready ? [] : ['book-stale:BTCUSDT'] };
    const { status, text } = await ask('/healthz');
    expect([status, JSON.parse(text)]).toEqual([200, { ok: true, pid: process.pid, uptimeSeconds: expect.any(Number) }]);
  }
});

test('/readyz is 200, or 503 with the reasons', async () => {
  state = { ready: true, reasons: [], notes: ['paused'] };
  expect(await ask('/readyz')).toMatchObject({ status: 200, type: 'application/json', text: `${JSON.stringify(state)}\n` });
  state = { ready: false, reasons: ['account-lost'], notes: [] };
  const { status, text } = await ask('/readyz?verbose');
  expect([status, JSON.parse(text)]).toEqual([503, state]);
});

test('/metrics is a page of Prometheus; a reader that throws is 500 and no page with holes', async () => {
  expect(await ask('/metrics')).toMatchObject({
    status: 200,
    type: expect.stringContaining('text/plain'),
    text: expect.stringMatching(/^process_resident_memory_bytes\{process="test"\} \d+/m),
  });
  broken = true;
  expect(await ask('/metrics')).toMatchObject({ status: 500, text: expect.stringContaining('no such thing') });
  broken = false;
  expect((await ask('/metrics')).status).toBe(200);
});

test('/readyz is 500 where readiness cannot be told, and the process goes on', async () => {
  broken = true;
  expect(await ask('/readyz')).toMatchObject({ status: 500, text: expect.stringContaining('no such state') });
  broken = false;
  expect((await ask('/healthz')).status).toBe(200);
});

test('nothing else is served, and nothing is taken', async () => {
  expect((await ask('/')).status).toBe(404);
  expect((await ask('/metrics', { method: 'POST', body: 'x' })).status).toBe(405);
});

test('a taken port is one sentence', async () => {
  const second = await openMetricsServer({ port: server.port, key: 'test.port', metrics, ready: () => state });
  expect(second).toEqual({ ok: false, error: expect.stringMatching(/EADDRINUSE.*test\.port/) });
});
