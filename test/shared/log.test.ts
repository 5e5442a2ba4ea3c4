import { expect, test } from 'vitest';
import { rootLog } from '../../shared/log.ts';
import { makeMetrics } from '../../shared/metrics.ts';

function logged(write: (log: ReturnType<typeof rootLog>) => void, level = 'trace'): readonly string[] {
  const lines: string[] = [];
  write(rootLog({ process: 'gateway', level, stream: { write: (line) => void lines.push(line) } }));
  return lines;
}
const NAMES = ['apiKey', 'secret', 'signature', 'listenKey', 'passphrase', 'privateKey', 'token', 'authorization', 'X-MBX-APIKEY'];

test.each(NAMES)('rootLog() hides "%s" at every depth, in arrays and in quoted JSON', (name) => {
  const planted = { [name]: 'PLANTED' };
  const deep = { a: { b: { c: { d: [{ e: planted }] } } }, list: [planted, [planted]] };
  const lines = logged((log) => {
    log.info(planted, 'Flat');
    log.info({ one: planted }, 'One');
    log.info({ one: { two: planted } }, 'Two');
    log.info(deep, 'Deep');
    log.child(planted).info('Child');
    log.info({ body: JSON.stringify(deep), twice: JSON.stringify(JSON.stringify(planted)) }, 'Quoted');
    log.info({ url: `https://host/path?x=1&${name}=PLANTED&y=2` }, 'Query');
    log.info({ error: new Error(`failed at ?${name}=PLANTED`) }, 'Error');
    log.info({ err: new Error(`failed at ?${name}=PLANTED`) }, 'Error with stack');
  });
  expect(lines).toHaveLength(9);
  expect(lines.join('')).not.toContain('PLANTED');
  for (const line of lines) expect(JSON.parse(line)).toMatchObject({ name: 'gateway', process: 'gateway', level: 30 });
  expect(lines[6]).toContain('x=1&');
  expect(lines[6]).toContain('&y=2');
});

test('rootLog() hides header names in any case, and secrets that are no strings', () => {
  const lines = logged((log) => log.info({ headers: { 'x-mbx-apikey': 'PLANTED' }, secret: { pem: 'PLANTED' } }, 'Request'));
  expect(lines.join('')).not.toContain('PLANTED');
});

test('rootLog() leaves everything else as it is', () => {
  const [line] = logged((log) =>
    log.warn({ clientId: '471', fault: { kind: 'rejected' }, secretary: 'Ada', note: 'a "token" and more' }, 'Order refused'),
  );
  expect(JSON.parse(line ?? '')).toMatchObject({
    clientId: '471',
    fault: { kind: 'rejected' },
    secretary: 'Ada',
    note: 'a "token" and more',
    msg: 'Order refused',
    level: 40,
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
  });
});

test('rootLog() keeps to its level', () => {
  expect(logged((log) => log.info('no'), 'warn')).toEqual([]);
});

test('makeMetrics() prefixes every name, labels every line with its process, and keeps registries apart', async () => {
  const [gateway, brain] = [makeMetrics('gateway'), makeMetrics('brain')];
  gateway.counter('orders_total', 'Orders sent', ['symbol']).inc({ symbol: 'BTCUSDT' }, 3);
  gateway.gauge('book_age_seconds', 'Age').set(0.5);
  gateway.histogram('order_latency_seconds', 'Latency').with().add(0.000_07);
  brain.counter('orders_total', 'Another process').inc();
  const text = await gateway.registry.metrics();
  expect(text).toContain('mmbot_orders_total{symbol="BTCUSDT",process="gateway"} 3');
  expect(text).toContain('mmbot_book_age_seconds{process="gateway"} 0.5');
  expect(text).toContain('mmbot_order_latency_seconds_bucket{le="0.0001",process="gateway"} 1');
  expect(text).toContain('mmbot_order_latency_seconds_bucket{le="0.00005",process="gateway"} 0');
  expect(text).not.toContain('Another process');
});

test('makeMetrics() refuses the same name twice', () => {
  const metrics = makeMetrics('gateway');
  metrics.counter('a_total', 'A');
  expect(() => metrics.counter('a_total', 'A')).toThrow(/mmbot_a_total/);
});
