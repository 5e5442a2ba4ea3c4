import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { histogram } from '../../../../scripts/lib/report/charts.ts';
import { compareLines } from '../../../../scripts/lib/report/compare-lines.ts';
import { comparePage, curvesOf } from '../../../../scripts/lib/report/compare.ts';
import { span } from '../../../../scripts/lib/report/figures.ts';
import { html, jsonFor } from '../../../../scripts/lib/report/html.ts';
import { reportPage } from '../../../../scripts/lib/report/page.ts';
import { tablesOf } from '../../../../scripts/lib/report/tables.ts';
import { backtestResult, fillRow } from '../../../kit/backtest-result.ts';

test('the page is the same twice, loads nothing, and runs only the scripts whose hash it names', async () => {
  const page = await reportPage(backtestResult());
  expect(await reportPage(backtestResult())).toBe(page);
  const scripts = [...page.matchAll(/<script(?: type="module")?>([\s\S]*?)<\/script>/g)].map(([, text = '']) => text);
  expect(scripts).toHaveLength(2);
  for (const text of scripts) expect(page).toContain(`&#39;sha256-${createHash('sha256').update(text).digest('base64')}&#39;`);
  const rest = scripts.reduce((text, script) => text.replace(script, ''), page);
  expect(rest).not.toMatch(/https?:|src=|href=|url\(|@import/);
  expect(rest).toContain('config 0123456789ab · data ba9876543210 · build 0.1.0 · seed 7 · 99 records of BTCUSDT.raw.gz');
  expect(rest).toMatch(/<dt>Fill ratio<\/dt><dd>25.0 %<\/dd>/);
  expect(rest).toMatch(/refused: order-notional<\/td><td class="n">1</);
});

test('names from outside stay text', async () => {
  const hostile = '</script><script>alert(1)</script><img onerror=x>';
  const page = await reportPage(backtestResult([1_000], { fills: [fillRow({ strategy: hostile, reason: hostile })] }));
  expect(page).not.toContain('<script>alert');
  expect(page).not.toContain('<img');
  expect(html`<b>${'<&"\'>'}</b>`.text).toBe('<b>&lt;&amp;&quot;&#39;&gt;</b>');
  expect(JSON.parse(jsonFor({ hostile }).text)).toEqual({ hostile });
});

test('groups add up, in order', async () => {
  const { fills } = backtestResult();
  const tables = await tablesOf({
    fills: [...fills, fillRow({ atMs: Date.parse('2026-01-03T17:00:00Z'), symbol: 'ETHUSDT', fee: '-1', realized: '-3' })],
  });
  expect(tables.byHour.map(({ group, fills: n }) => [group, n])).toEqual([
    ['03', 2],
    ['17', 1],
  ]);
  expect(tables.bySymbol).toEqual([
    { group: 'BTCUSDT', fills: 2, notional: 402, makerShare: 200 / 402, realized: 2, fees: -0.13, net: 1.87 },
    { group: 'ETHUSDT', fills: 1, notional: 200, makerShare: 1, realized: -3, fees: -1, net: -4 },
  ]);
  expect(tables.byReason.map(({ group }) => group)).toEqual(['quote', 'take-profit']);
  expect((await tablesOf({ fills: [] })).byDay).toEqual([]);
});

test('two runs: the same figures in columns, what was assumed otherwise, and curves on one grid', () => {
  const a = { name: 'a', result: backtestResult() };
  const b = {
    name: 'b',
    result: backtestResult([1_000, 990], { endEquity: '990', meta: { ...backtestResult().meta, assumptions: { queue: 'log' } } }),
  };
  const lines = compareLines(a, b);
  expect(lines.find((line) => line.startsWith('Equity'))).toMatch(/^Equity +1,059.00 USDT +990.00 USDT$/);
  expect(lines.at(-1)).toMatch(/^queue +risk-averse +log$/);
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
  const { at, returns, names } = curvesOf(a, { ...b, name: 'a' });
  expect([at.length, names]).toEqual([60, ['a (1)', 'a (2)']]);
  expect(returns.map((curve) => curve.slice(0, 4))).toEqual([
    [0, expect.closeTo(0.1), expect.closeTo(0.2), expect.closeTo(0.3)],
    [0, expect.closeTo(-1), null, null],
  ]);
  expect(comparePage(a, b)).toBe(comparePage(a, b));
});

test('a histogram is symmetric about zero and holds all the time', () => {
  const { edges, share } = histogram([2, 2, -1, 0]);
  expect([edges.at(0), edges.at(-1)?.toFixed(9)]).toEqual([-2, '2.000000000']);
  expect(share.reduce((sum, s) => sum + s, 0)).toBeCloseTo(1, 9);
  expect([share.at(-1), share[10]]).toEqual([0.5, 0.25]);
  expect(histogram([0, 0])).toEqual({ edges: [0, 0], share: [1] });
});

test.each([
  [250, '250 ms'],
  [61_000, '1 min 1 s'],
  [3_600_000, '1 h'],
  [90_061_000, '1 d 1 h'],
])('%d ms is %s', (ms, text) => expect(span(ms)).toBe(text));
