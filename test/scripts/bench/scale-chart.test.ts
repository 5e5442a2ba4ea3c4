import { expect, test } from 'vitest';
import { type Panel, scaleChart } from '../../../scripts/bench/scale/chart.ts';

const point = (load: number, cpuShare: number) => ({ load, cpuShare, lateP50Ms: 1, lateP99Ms: 4 });
const panel: Panel = { title: 'symbols', unit: 'symbols <each>', points: [point(1, 0.05), point(100, 0.1), point(200, 0.2)] };

test('more load is farther right, more cost farther up, and the scale begins at zero', () => {
  const svg = scaleChart([panel], 'node & others');
  const [cpu = ''] = /points="[^"]+"/.exec(svg) ?? [];
  const dots = [...cpu.matchAll(/([\d.]+),([\d.]+)/g)].map(([, x, y]) => [Number(x), Number(y)] as const);
  expect(dots).toHaveLength(3);
  const [[x1, y1], [x2, y2], [x3, y3]] = dots as [readonly [number, number], readonly [number, number], readonly [number, number]];
  expect((x3 - x1) / (x2 - x1)).toBeCloseTo(199 / 99, 2);
  expect((y1 - y3) / (y1 - y2)).toBeCloseTo(3, 5);
  expect(y3).toBe(70); // a fifth of a core is the top of its scale
});

test('it is one file of well-formed marks that loads nothing', () => {
  const svg = scaleChart([panel, { ...panel, title: 'messages' }], 'node & others');
  expect(svg).toContain('node &amp; others');
  expect(svg).toContain('symbols &lt;each>');
  expect(svg).not.toMatch(/href|<script|<style|@import|NaN|undefined|Infinity/);
  const open = [...svg.matchAll(/<(svg|g|text|tspan)\b/g)].length;
  expect([...svg.matchAll(/<\/(svg|g|text|tspan)>/g)]).toHaveLength(open);
});

test('a load that cost nothing is drawn at the foot', () => {
  expect(scaleChart([{ ...panel, points: [point(10, 0), point(20, 0)] }], '')).not.toMatch(/NaN|Infinity/);
});
