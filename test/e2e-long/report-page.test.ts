import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { comparePage } from '../../scripts/lib/report/compare.ts';
import { reportPage } from '../../scripts/lib/report/page.ts';
import { backtestResult } from '../kit/backtest-result.ts';
import { chromiumPath, openChromium } from '../kit/chromium.ts';

/** In the page, where this project's types do not hold. */
const SEEN = `({
  canvases: [...document.querySelectorAll('canvas')].filter((one) => one.width > 100).length,
  bars: document.querySelectorAll('.bar').length,
  wide: document.documentElement.scrollWidth - innerWidth,
  background: getComputedStyle(document.body).backgroundColor,
})`;
type Seen = { readonly canvases: number; readonly bars: number; readonly wide: number; readonly background: string };

const path = chromiumPath();
const dir = mkdtempSync(join(tmpdir(), 'mmbot-report-'));
const written = (name: string, page: string): string => {
  writeFileSync(join(dir, name), page);
  return pathToFileURL(join(dir, name)).href;
};

describe.skipIf(path === null)('pages of the report in Chromium', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openChromium(path ?? '');
  });
  afterAll(() => browser.close());

  /** Problems told by the page, requests it made, and what of it is wider than the window. */
  async function looked(url: string, { width, colorScheme }: { readonly width: number; readonly colorScheme: 'light' | 'dark' }) {
    const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
    const told: string[] = [];
    page.on('console', (message) => told.push(message.text()));
    page.on('pageerror', (error) => told.push(error.message));
    page.on('request', (request) => {
      if (request.url() !== url) told.push(request.url());
    });
    await page.goto(url);
    const seen = await page.evaluate<Seen>(SEEN);
    await page.close();
    return { told, ...seen };
  }

  test.each([
    { width: 1_200, colorScheme: 'light' },
    { width: 390, colorScheme: 'dark' },
  ] as const)('draws every chart without a word, $width wide and $colorScheme', async (view) => {
    const seen = await looked(written('report.html', await reportPage(backtestResult())), view);
    expect(seen).toMatchObject({ told: [], canvases: 4, wide: 0 });
    expect(seen.bars).toBe(21 + 3 + 3); // positions, and the markouts of makers and takers that are known
    expect(seen.background).toBe(view.colorScheme === 'dark' ? 'rgb(19, 20, 22)' : 'rgb(251, 251, 250)');
  });

  test('draws two runs on one chart', async () => {
    const [a, b] = [backtestResult(), backtestResult([1_000, 990, 1_010])];
    const url = written('both.html', comparePage({ name: 'a', result: a }, { name: 'b', result: b }));
    expect(await looked(url, { width: 800, colorScheme: 'light' })).toMatchObject({ told: [], canvases: 1, wide: 0 });
  });
});
