/** A whole run with its live page, open in a real Chromium. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { freePort } from '../../scripts/start/ports.ts';
import { overlay } from '../../shared/config.ts';
import { ROOT, TestRun } from './run.ts';

export type Screen = { readonly width: number; readonly height: number; readonly colorScheme: 'light' | 'dark' };
/** Where a person finds what the page looked like. */
export const SCREENS = join(ROOT, 'node_modules', '.cache', 'dashboard-screens');
const DESK: Screen = { width: 1_440, height: 900, colorScheme: 'dark' };

export class DashboardRun implements AsyncDisposable {
  readonly run: TestRun;
  readonly #browser: Browser;
  /** Told by pages: console lines, errors, and requests to anybody else. */
  readonly told: string[] = [];

  private constructor(run: TestRun, browser: Browser) {
    this.run = run;
    this.#browser = browser;
  }

  static async start(browser: Browser, config: object = {}): Promise<DashboardRun> {
    mkdirSync(SCREENS, { recursive: true });
    const run = await TestRun.start({ args: ['--dashboard'], config: { dashboard: { port: 0 }, ...config } });
    const it = new DashboardRun(run, browser);
    await run.until('the dashboard', () => it.answers(), 60_000);
    return it;
  }

  answers(): Promise<boolean> {
    return fetch(`${this.url}/`).then(
      ({ ok }) => ok,
      () => false, // nobody listens there yet
    );
  }

  get url(): string {
    return `http://127.0.0.1:${this.#config()?.dashboard?.port}`;
  }

  get token(): string {
    return readFileSync(join(this.run.dir, 'run', 'dashboard.token'), 'utf8').trim();
  }

  /** As the link that `npm start` prints; '' for none. */
  async open(hash = `#token=${this.token}`, screen: Screen = DESK): Promise<Page> {
    const { width, height, colorScheme } = screen;
    const page = await this.#browser.newPage({ viewport: { width, height }, colorScheme });
    const { url } = this;
    page.on('console', (message) => this.told.push(`${message.type()}: ${message.text()}`));
    page.on('pageerror', (error) => this.told.push(`error: ${error.message}`));
    page.on('request', (request) => {
      if (!request.url().startsWith(url) && !request.url().startsWith('data:')) this.told.push(`request: ${request.url()}`);
    });
    await page.goto(`${url}/${hash}`);
    return page;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.run[Symbol.asyncDispose]();
  }

  #config(): { dashboard?: { port?: number } } | null {
    try {
      return JSON.parse(readFileSync(join(this.run.dir, 'run/start/config.json'), 'utf8'));
    } catch {
      return null; // not written yet
    }
  }
}

/** Secrets in the configuration of a lone page. */
export const PLANTED = ['planted-password', 'planted-api-key', 'planted-api-secret'] as const;

/** The page by itself, as `npm run dashboard` starts it, with nothing else there. */
export class LoneDashboard implements AsyncDisposable {
  readonly #dir = mkdtempSync(join(tmpdir(), 'mmbot-dashboard-'));
  readonly #process: ChildProcess;
  url = '';

  private constructor(redisPort: number) {
    const base = JSON.parse(readFileSync(join(ROOT, 'config.json'), 'utf8'));
    const own = {
      ...{ runDir: 'run', redis: { url: `redis://:${PLANTED[0]}@127.0.0.1:${redisPort}` }, dashboard: { port: 0 } },
      credentials: { testnet: { apiKey: PLANTED[1], secret: PLANTED[2] } },
    };
    writeFileSync(join(this.#dir, 'config.json'), JSON.stringify(overlay(base, own)), { mode: 0o600 });
    const args = ['--disable-warning=ExperimentalWarning', join(ROOT, 'scripts/dashboard.ts'), '--config', join(this.#dir, 'config.json')];
    this.#process = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
  }

  static async start(): Promise<LoneDashboard> {
    const it = new LoneDashboard(await freePort());
    const ready = await new Promise<{ url: string }>((resolve) =>
      it.#process.once('message', (message) => resolve(message as { url: string })),
    );
    it.url = ready.url;
    return it;
  }

  get token(): string {
    return readFileSync(join(this.#dir, 'run', 'dashboard.token'), 'utf8').trim();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = new Promise((resolve) => this.#process.once('exit', resolve));
    this.#process.kill('SIGTERM');
    await ended;
    rmSync(this.#dir, { recursive: true, force: true });
  }
}
