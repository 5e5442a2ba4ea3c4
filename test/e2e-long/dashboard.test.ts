import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDashboard } from '../../scripts/start/dashboard.ts';
import { chromiumPath, openChromium } from '../kit/chromium.ts';
import { DashboardRun, LoneDashboard, PLANTED, SCREENS } from '../kit/dashboard.ts';

const path = chromiumPath();
const CONFIG = {
  symbols: ['BTCUSDT', 'ETHUSDT'],
  limits: {
    symbols: { ETHUSDT: { maxPosition: '2', maxOrderNotional: '5000', maxOpenOrders: 20, collarPercent: 2 } },
  },
};

/** Everything, as a page that begins is told it. */
const FIRST_OF_STREAM = `new Promise((resolve) => {
  const socket = new WebSocket('ws://' + location.host + '/api/stream');
  socket.onmessage = ({ data }) => { socket.close(); resolve(data); };
})`;

describe.skipIf(path === null)('the live page in Chromium, on a whole run', () => {
  let browser: Browser;
  let it: DashboardRun;
  let page: Page;
  beforeAll(async () => {
    browser = await openChromium(path ?? '');
    it = await DashboardRun.start(browser, CONFIG);
    await it.run.untilQuoting();
    page = await it.open();
    await page.waitForSelector('.ladder tr.bid');
  });
  afterAll(async () => {
    await it?.[Symbol.asyncDispose]();
    await browser?.close();
  });

  const text = (selector: string): Promise<string> => page.locator(selector).innerText();
  const told = (words: RegExp): Promise<void> => expect.poll(() => text('#told'), { timeout: 20_000 }).toMatch(words);
  const press = async (button: string, confirm: string): Promise<void> => {
    await page.locator(`#acts button:has-text("${button}")`).click();
    await page.locator(`dialog button:has-text("${confirm}")`).click();
  };
  const resume = async (): Promise<void> => {
    await expect.poll(() => text('#acts')).toContain('Resume');
    await press('Resume', 'Resume');
    await told(/resumed/);
    await it.run.until('resumed', async () => (await it.run.header())?.mode === 'normal');
  };

  test('shows the market, the own quotes and every part of the account, and takes the token out of the address', async () => {
    expect(page.url()).toBe(`${it.url}/`);
    await expect.poll(() => text('#mode')).toBe('normal');
    await expect.poll(() => page.locator('.ladder tr.own').count(), { timeout: 20_000 }).toBeGreaterThanOrEqual(1);
    await expect.poll(() => page.locator('#chart canvas').count()).toBeGreaterThan(2);
    await expect.poll(() => page.locator('#equity canvas, #latency .none, #latency canvas').count(), { timeout: 20_000 }).toBe(2);
    await expect.poll(() => text('#p-health'), { timeout: 20_000 }).toMatch(/dashboard[\s\S]*% of a core/);
    for (const [part, words] of [
      ...[
        ['#p-balance', 'USDT'],
        ['#p-parameters', 'spreadBps'],
        ['#p-risk', 'daily loss'],
        ['#p-why', 'wants'],
        ['#p-rows', 'ETHUSDT'],
      ],
      ...[
        ['#p-position', 'commission'],
        ['#p-pnl', 'spread'],
        ['#p-latency', 'frame → order written'],
        ['#p-orders', 'quote'],
      ],
    ] as const)
      await expect.poll(() => text(part), { timeout: 20_000 }).toContain(words);
    expect(it.told).toEqual([]);
  });

  test('switches symbols by button, row and key, and says which keys there are', async () => {
    await page.locator('#symbols button:has-text("ETHUSDT")').click();
    await expect.poll(() => text('#position-note')).toBe('ETHUSDT');
    await expect.poll(() => page.title()).toContain('ETHUSDT');
    await page.keyboard.press(']');
    await expect.poll(() => text('#position-note')).toBe('BTCUSDT');
    await page.keyboard.press('?');
    await expect.poll(() => text('dialog')).toContain('emergency stop');
    await page.screenshot({ path: join(SCREENS, 'keys.png') });
    await page.keyboard.press('Escape');
    await page.keyboard.press('i');
    await expect.poll(() => text('#chart-note')).toContain('1m bars');
    await page.keyboard.press('i');
    await page.keyboard.press('i');
  });

  test('pauses and resumes, by button and by key, and only after a question', async () => {
    await page.locator('[data-act="pause"]').click();
    await page.locator('dialog button:has-text("Leave it")').click();
    expect((await it.run.header())?.paused).toBe(false);
    await press('Pause', 'Pause');
    await told(/paused: quotes are cancelled/);
    await it.run.until('paused', async () => (await it.run.header())?.paused);
    await expect.poll(() => text('#mode')).toContain('paused');
    await page.keyboard.press('p');
    await page.locator('dialog button:has-text("Resume")').click();
    await told(/resumed/);
    await it.run.until('resumed', async () => (await it.run.header())?.paused === false);
  });

  test('cancels all orders and keeps new ones away', async () => {
    await it.run.untilQuoting();
    await press('Cancel all', 'Cancel the orders');
    await told(/cancel taken for every order of ours on BTCUSDT, ETHUSDT/);
    await it.run.until('no order left', async () => (await it.run.exchange()).openOrders.length === 0);
    await it.run.until('paused', async () => (await it.run.header())?.paused);
    await resume();
  });

  test('flattens the position', async () => {
    const held = async (): Promise<number> =>
      (await it.run.exchange()).positions.reduce((sum, { positionAmt }) => sum + Math.abs(Number(positionAmt)), 0);
    await it.run.until('a position', async () => (await held()) > 0, 60_000);
    await page.locator('#acts button:has-text("Flatten")').click();
    await page.screenshot({ path: join(SCREENS, 'flatten.png') });
    await page.locator('dialog button:has-text("Close the positions")').click();
    await told(/close taken/);
    await it.run.until('flat', async () => (await held()) === 0, 60_000);
    await expect.poll(() => text('#p-position dt >> nth=0'), { timeout: 10_000 }).toBe('flat');
    await resume();
  });

  test('panics only when the word is typed, and says when the exchange has confirmed it', async () => {
    await page.keyboard.press('!');
    const button = page.locator('dialog button:has-text("Stop everything")');
    expect(await button.isDisabled()).toBe(true);
    await page.locator('dialog input:not([type=checkbox])').fill('pani');
    expect(await button.isDisabled()).toBe(true);
    await page.locator('dialog input:not([type=checkbox])').fill('panic');
    await page.screenshot({ path: join(SCREENS, 'panic.png') });
    await button.click();
    await told(/stopped: no own order open, no position/);
    await it.run.until('told by the gateway', async () => (await it.run.header())?.emergency?.phase === 'done');
    await expect.poll(() => text('#banner')).toMatch(/Emergency stop \(dashboard panic\): flat/);
    await page.screenshot({ path: join(SCREENS, 'stopped.png') });
    await resume();
  });

  test('does nothing with a wrong token, and asks for one where there is none', async () => {
    const wrong = await it.open('#token=wrong');
    await wrong.waitForSelector('.ladder tr.bid');
    await wrong.locator('[data-act="pause"]').click();
    await wrong.locator('dialog button:has-text("Pause")').click();
    await expect.poll(() => wrong.locator('#told').innerText()).toContain('The token is wrong: nothing was done.');
    await expect.poll(() => wrong.locator('#lock').innerText()).toBe('Locked');
    await wrong.locator('[data-act="panic"]').click();
    await expect.poll(() => wrong.locator('dialog').innerText()).toContain('dashboard.token');
    await wrong.close();
    expect((await it.run.header())?.paused).toBe(false);
  });

  test('is out of reach for another page, whatever that page knows', async () => {
    const other = createServer((_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<title>other</title>'));
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const evil = await browser.newPage();
    await evil.goto(`http://127.0.0.1:${(other.address() as AddressInfo).port}/`);
    const seen = await evil.evaluate<Record<string, string>>(`(async () => {
      const url = ${JSON.stringify(it.url)};
      const said = (promise) => promise.then((answer) => 'read ' + answer.type + ' ' + answer.status, () => 'refused');
      const headers = { authorization: 'Bearer ${it.token}', 'content-type': 'application/json' };
      const body = JSON.stringify({ action: 'pause' });
      return {
        act: await said(fetch(url + '/api/act', { method: 'POST', headers, body })),
        plain: await said(fetch(url + '/api/act', { method: 'POST', body, mode: 'no-cors' })),
        page: await said(fetch(url + '/')),
        stream: await new Promise((resolve) => {
          const socket = new WebSocket(url.replace('http', 'ws') + '/api/stream');
          socket.onmessage = () => resolve('read');
          socket.onerror = () => resolve('refused');
        }),
        frame: await new Promise((resolve) => {
          const frame = document.createElement('iframe');
          frame.onload = () => { try { resolve(frame.contentDocument ? 'empty' : 'foreign'); } catch { resolve('foreign'); } };
          frame.src = url + '/';
          document.body.append(frame);
        }),
        script: await new Promise((resolve) => {
          const script = document.createElement('script');
          script.onload = () => resolve('read');
          script.onerror = () => resolve('refused');
          script.src = url + '/page/format.ts';
          document.body.append(script);
        }),
      };
    })()`);
    const framed = evil.frames().find((frame) => frame.parentFrame() !== null);
    expect(seen).toMatchObject({ act: 'refused', page: 'refused', stream: 'refused', script: 'refused' });
    expect(seen['plain']).not.toContain('200');
    expect(framed?.url()).not.toBe(`${it.url}/`); // an error page stands in its place
    expect((await it.run.header())?.paused).toBe(false);
    await evil.close();
    other.close();
  });

  test('greys what is old and says how old, and goes on when the gateway does', async () => {
    const gateway = it.run.pid('gateway');
    process.kill(gateway, 'SIGSTOP');
    try {
      await expect.poll(() => text('#banner'), { timeout: 10_000 }).toMatch(/The gateway has written nothing for/);
      expect(await page.locator('#p-position').getAttribute('class')).toContain('stale');
      expect(await page.locator('#p-ladder h2').getAttribute('data-age')).toMatch(/ s old$/);
      expect(await text('#mode')).toMatch(/^unknown \(was /);
      expect(await page.locator('.light.bad').first().innerText()).toBe('gateway');
      await page.screenshot({ path: join(SCREENS, 'stale.png') });
    } finally {
      process.kill(gateway, 'SIGCONT');
    }
    await expect.poll(() => text('#mode'), { timeout: 30_000 }).toBe('normal');
    await expect.poll(() => page.locator('section.stale').count(), { timeout: 20_000 }).toBe(0); // the brain writes a moment later
  });

  test('hides what it cannot draw and says so, part by part, until it can', async () => {
    await page.evaluate("window.kept = document.querySelector('#p-orders tbody'); window.kept.remove()");
    await expect.poll(() => page.locator('section.broken').count(), { timeout: 20_000 }).toBe(1);
    expect(await page.locator('#p-orders table').isVisible()).toBe(false);
    expect(await page.evaluate<string>("getComputedStyle(document.querySelector('#p-orders h2'), '::after').content")).toContain(
      'cannot be drawn',
    );
    expect(await page.locator('.ladder tr.bid').first().isVisible()).toBe(true);
    await page.evaluate("document.querySelector('#p-orders table').append(window.kept)");
    await expect.poll(() => page.locator('.broken').count(), { timeout: 20_000 }).toBe(0);
    expect(it.told.length).toBeGreaterThan(0);
    it.told.length = 0; // the browser has told of it
  });

  test('dies alone: trading goes on, and the page finds it again with the same token', async () => {
    const before = await it.run.header();
    const pid = it.run.pid('dashboard');
    process.kill(pid, 'SIGKILL');
    await it.run.until('another dashboard', () => it.run.pid('dashboard') !== pid && it.answers());
    await expect.poll(() => text('#mode'), { timeout: 30_000 }).toBe('normal');
    const after = await it.run.header();
    expect([after?.epoch, after?.brainEpoch]).toEqual([before?.epoch, before?.brainEpoch]);
    await press('Pause', 'Pause');
    await told(/paused/);
    await resume();
    it.told.length = 0; // the browser has told of the wrong token and of the lost connection
  });

  test('holds no secret: neither key nor token stands in anything it serves', async () => {
    const all = await page.evaluate<string>(FIRST_OF_STREAM);
    expect(all).toContain('"parameters"');
    const html = await page.content();
    for (const secret of [it.token, 'mmbot-sim-secret', 'mmbot-sim-key'])
      for (const shown of [all, html, it.run.stderr]) expect(shown).not.toContain(secret);
  });

  test.each([
    { width: 1_440, height: 900, colorScheme: 'dark' },
    { width: 1_440, height: 900, colorScheme: 'light' },
    { width: 900, height: 1_100, colorScheme: 'light' },
    { width: 390, height: 844, colorScheme: 'dark' },
    { width: 390, height: 844, colorScheme: 'light' },
  ] as const)('fits $width px in $colorScheme, without a word in the console', async (screen) => {
    const from = performance.now();
    const one = await it.open('', screen);
    await one.waitForSelector('.ladder tr.bid');
    const ms = Math.round(performance.now() - from);
    await expect.poll(() => one.locator('#p-latency tbody tr').count(), { timeout: 20_000 }).toBeGreaterThan(1);
    await expect.poll(() => one.locator('#equity canvas').count(), { timeout: 20_000 }).toBe(1);
    const seen = await one.evaluate<{ wide: number; background: string }>(
      '({ wide: document.documentElement.scrollWidth - innerWidth, background: getComputedStyle(document.body).backgroundColor })',
    );
    await one.screenshot({ path: join(SCREENS, `${screen.width}-${screen.colorScheme}.png`), fullPage: true });
    console.log(`page of ${screen.width} px shows the book ${ms} ms after it was asked for`);
    await one.close();
    expect(seen).toEqual({ wide: 0, background: screen.colorScheme === 'dark' ? 'rgb(16, 18, 21)' : 'rgb(244, 245, 246)' });
    expect(it.told).toEqual([]);
  });

  test('takes the other theme by a key, and keeps it', async () => {
    await page.keyboard.press('t');
    expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe('rgb(244, 245, 246)');
    await page.reload();
    await page.waitForSelector('.ladder tr.bid');
    expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe('rgb(244, 245, 246)');
    await page.keyboard.press('t');
    expect(await page.evaluate('document.documentElement.dataset.theme ?? null')).toBeNull();
  });
});

test.skipIf(path === null)(
  'without anybody else the page knows nothing, says so everywhere, and says why an action is not done',
  async () => {
    const browser = await openChromium(path ?? '');
    await using it = await LoneDashboard.start();
    const page = await browser.newPage({ viewport: { width: 1_440, height: 900 }, colorScheme: 'light' });
    await page.goto(`${it.url}#token=${it.token}`);
    const text = (selector: string): Promise<string> => page.locator(selector).innerText();
    await expect.poll(() => text('#banner'), { timeout: 20_000 }).toMatch(/Redis does not answer at redis:/);
    for (const part of ['#p-position', '#p-ladder', '#p-balance', '#p-orders', '#p-risk', '#p-rows', '#p-equity'])
      await expect.poll(() => text(part)).toContain('unknown');
    expect(await text('#p-position')).not.toMatch(/\b0\b/);
    expect(await text('#mode')).toMatch(/^unknown/);
    await page.locator('[data-act="cancel"]').click();
    await page.locator('dialog button:has-text("Cancel the orders")').click();
    await expect.poll(() => text('#told')).toMatch(/No gateway has run here: .*: start the gateway first/);
    await page.screenshot({ path: join(SCREENS, 'alone.png') });
    const stream = await page.evaluate<string>(FIRST_OF_STREAM);
    const html = await page.content();
    for (const secret of [...PLANTED, it.token]) for (const shown of [stream, html]) expect(shown).not.toContain(secret);
    await browser.close();
  },
);

test('a page that cannot be served is one line to the person, and ends nothing', async () => {
  const said: string[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const child = openDashboard(['--config', '/nowhere/config.json'], {
    ...{ logFile: null, env: process.env },
    say: (line) => {
      said.push(line);
      resolve();
    },
  });
  await promise;
  expect(said).toEqual(['no live page: dashboard ended with code 2; its own line above says why']);
  await child.stop(1_000);
});
