import { expect, test } from 'vitest';
import { DASHBOARDS } from '../../scripts/ops/grafana/dashboards.ts';
import { freePort } from '../../scripts/start/ports.ts';
import { hasPrometheus, promtool, TestPrometheus } from '../kit/prometheus.ts';
import { badNames, readScrape } from '../kit/scrape.ts';
import { TwoProcesses } from '../kit/two-processes.ts';

const KEY = 'key-prometheus';
const there = hasPrometheus();

test.skipIf(!there)('the rules are good to promtool, and each alert fires where just its trouble is', () => {
  expect(promtool('check', 'config', 'prometheus.yml')).toContain('SUCCESS');
  expect(promtool('check', 'rules', 'rules.yml')).toMatch(/SUCCESS: \d\d rules found/);
  expect(promtool('test', 'rules', 'rules_test.yml')).toContain('SUCCESS');
});

test.skipIf(!there)(
  'a real Prometheus scrapes gateway, brain and simulator; a brain that is killed is an alarm, and one that is back is none',
  async () => {
    await using run = await TwoProcesses.open([KEY]);
    const [gatewayPort, brainPort] = [await freePort(), await freePort()];
    const config = run.config('scraped', KEY, { gateway: { metricsPort: gatewayPort }, brain: { metricsPort: brainPort } });
    await run.start('gateway', config).ready();
    const brain = await run.start('brain', config).ready();
    await using prometheus = await TestPrometheus.start({ 9464: gatewayPort, 9465: brainPort, 18080: run.sim.simulator.port });
    await prometheus.until('up{job="mmbot-gateway"} + on() up{job="mmbot-brain"} + on() up{job="mmbot-sim"} == 3', 20_000);
    await prometheus.until('mmbot_orders_open{status="open"} > 0', 20_000);

    const pages = await Promise.all([gatewayPort, brainPort].map(async (port) => (await fetch(`http://127.0.0.1:${port}/metrics`)).text()));
    expect(pages.flatMap(badNames)).toEqual([]);
    const told = new Set(pages.flatMap(readScrape).map(({ name }) => name));
    const exprs = Object.values(DASHBOARDS).flatMap(({ rows }) =>
      rows.flatMap(({ panels }) => panels.flatMap(({ queries }) => queries.map(([expr]) => expr))),
    );
    const named = new Set(
      exprs.flatMap((expr) => expr.match(/\bmmbot_[a-z0-9_]+/g) ?? []).map((name) => name.replace(/_(bucket|sum|count)$/, '')),
    );
    const ofWatchdog = /alert_messages|watchdog|gateway_silent/;
    expect([...named].filter((name) => !told.has(name) && !ofWatchdog.test(name))).toEqual([]);
    for (const expr of exprs) await prometheus.query(filled(expr)); // fails where Prometheus cannot read it

    expect((await prometheus.query('ALERTS{alertname=~"MmbotBrainDown|MmbotNoLease|MmbotMode|MmbotStreamDown"}'))?.length).toBe(0);
    await brain.kill();
    const firing = 'ALERTS{alertname="MmbotBrainDown",alertstate="firing",severity="critical"}';
    expect((await prometheus.until(firing, 40_000))[0]?.metric).toMatchObject({ job: 'mmbot-brain' });
    const ready = await fetch(`http://127.0.0.1:${gatewayPort}/readyz`);
    expect(ready.status).toBe(200); // the gateway itself is well
    await run.start('brain', config).ready();
    await prometheus.until(`absent(${firing})`, 20_000);
  },
);

const filled = (expr: string): string =>
  expr.replaceAll('$symbol', '.*').replaceAll('$__rate_interval', '30s').replaceAll('$__range', '1m');
