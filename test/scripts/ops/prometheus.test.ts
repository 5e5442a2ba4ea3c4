import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { DASHBOARDS } from '../../../scripts/ops/grafana/dashboards.ts';
import { renderDashboard } from '../../../scripts/ops/grafana/panel.ts';
import { allMetricNames } from '../../kit/all-metrics.ts';
import { ROOT } from '../../kit/run.ts';

const OPS = join(ROOT, 'scripts/ops');
const read = (file: string): string => readFileSync(join(OPS, file), 'utf8');
const RULES = read('prometheus/rules.yml');
/** Made by Prometheus itself. */
const ITS_OWN = new Set(['up', 'ALERTS']);

const namesIn = (text: string): readonly string[] =>
  [...new Set(text.match(/\b(?:mmbot|nodejs|process)_[a-z0-9_]+\b/g))].filter((name) => !ITS_OWN.has(name));
const expressions = (json: string): string => [...json.matchAll(/"expr": "((?:[^"\\]|\\.)*)"/g)].map(([, expr]) => expr).join('\n');

test('every metric that rules, their tests and dashboards name is one that a process tells', async () => {
  const known = await allMetricNames();
  const dashboards = readdirSync(join(OPS, 'grafana/dashboards')).map((file) => expressions(read(`grafana/dashboards/${file}`)));
  for (const text of [RULES, read('prometheus/rules_test.yml'), ...dashboards]) {
    const named = namesIn(text.replace(/group.*name: mmbot-\w+/g, ''));
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter((name) => !known.has(name))).toEqual([]);
  }
});

test('a name that no process tells would be found', async () => {
  expect(namesIn('rate(mmbot_no_such_total[5m]) > 0 and mmbot_equity > 1')).toEqual(['mmbot_no_such_total', 'mmbot_equity']);
  expect((await allMetricNames()).has('mmbot_no_such_total')).toBe(false);
});

test('every alert has a severity, a sentence, something to do, and a test of its own', () => {
  const alerts = RULES.split(/- alert: /).slice(1);
  const tested = new Set([...read('prometheus/rules_test.yml').matchAll(/alertname="(\w+)"/g)].map(([, name]) => name));
  for (const alert of alerts) {
    const name = alert.split('\n')[0] ?? '';
    expect([name, tested.has(name)]).toEqual([name, true]);
    expect(alert).toMatch(/severity: (info|warning|critical)/);
    expect(alert).toMatch(/summary: .{10,}/);
    expect(alert).toMatch(/action: .{10,}/);
  }
  expect(alerts.length).toBeGreaterThan(25);
});

test.each(Object.entries(DASHBOARDS))(
  'the dashboard %s is written as its definition says (node scripts/ops/grafana/write.ts)',
  (name, dashboard) => {
    expect(JSON.parse(read(`grafana/dashboards/${name}.json`))).toEqual(JSON.parse(JSON.stringify(renderDashboard(dashboard))));
  },
);

test('panels of a dashboard lie beside each other, each with an id of its own', () => {
  for (const dashboard of Object.values(DASHBOARDS)) {
    const { panels } = renderDashboard(dashboard) as { panels: { id: number; gridPos: { x: number; y: number; w: number; h: number } }[] };
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    for (const [i, { gridPos: a }] of panels.entries()) {
      expect(a.x + a.w).toBeLessThanOrEqual(24);
      for (const { gridPos: b } of panels.slice(i + 1))
        expect(a.x + a.w <= b.x || b.x + b.w <= a.x || a.y + a.h <= b.y || b.y + b.h <= a.y).toBe(true);
    }
  }
});
