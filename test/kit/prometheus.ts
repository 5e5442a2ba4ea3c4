/** A real Prometheus of a test's own, and its tool; tests that need them skip with one clear line where they are absent. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../scripts/start/ports.ts';
import { ROOT } from './run.ts';

export const OPS_PROMETHEUS = join(ROOT, 'scripts/ops/prometheus');

/** False, with a line that says so, where there is none. */
export function hasPrometheus(): boolean {
  const found = existsSync('/usr/bin/prometheus') && existsSync('/usr/bin/promtool');
  if (!found) console.warn('No Prometheus here (apt-get install prometheus): its tests are skipped');
  return found;
}

/** Fails with what the tool says. */
export const promtool = (...args: readonly string[]): string =>
  execFileSync('/usr/bin/promtool', [...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], cwd: OPS_PROMETHEUS });

type Row = { readonly metric: Readonly<Record<string, string>>; readonly value: readonly [number, string] };

export class TestPrometheus implements AsyncDisposable {
  readonly #process: ChildProcess;
  readonly #dir: string;
  readonly #port: number;
  #log = '';

  private constructor(dir: string, port: number) {
    [this.#dir, this.#port] = [dir, port];
    this.#process = spawn(
      '/usr/bin/prometheus',
      [
        `--config.file=${join(dir, 'prometheus.yml')}`,
        `--storage.tsdb.path=${join(dir, 'data')}`,
        `--web.listen-address=127.0.0.1:${port}`,
        '--log.level=warn',
      ],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    for (const stream of [this.#process.stdout, this.#process.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#log += text;
      });
  }

  /** With the project's own configuration and rules, other ports, and a look every half second. */
  static async start(ports: Readonly<Record<string, number>>): Promise<TestPrometheus> {
    const dir = mkdtempSync(join(tmpdir(), 'mmbot-prometheus-'));
    cpSync(join(OPS_PROMETHEUS, 'rules.yml'), join(dir, 'rules.yml'));
    const shipped = readFileSync(join(OPS_PROMETHEUS, 'prometheus.yml'), 'utf8');
    const faster = shipped
      .replace(/(scrape_interval|evaluation_interval): 5s/g, '$1: 500ms')
      .replace('scrape_timeout: 3s', 'scrape_timeout: 500ms');
    const own = Object.entries(ports).reduce((text, [from, to]) => text.replaceAll(`127.0.0.1:${from}`, `127.0.0.1:${to}`), faster);
    writeFileSync(join(dir, 'prometheus.yml'), own);
    return new TestPrometheus(dir, await freePort());
  }

  /** Null: not ready yet. Fails where the query is no good. */
  async query(expr: string): Promise<readonly Row[] | null> {
    const url = `http://127.0.0.1:${this.#port}/api/v1/query?query=${encodeURIComponent(expr)}`;
    const response = await fetch(url).catch(() => null);
    if (response === null || response.status === 503) return null;
    const { status, data, error } = (await response.json()) as { status: string; data?: { result: readonly Row[] }; error?: string };
    if (status !== 'success') throw new Error(`${expr}: ${error}`);
    return data?.result ?? [];
  }

  async until(expr: string, limitMs: number): Promise<readonly Row[]> {
    const end = performance.now() + limitMs;
    while (performance.now() < end) {
      const rows = await this.query(expr);
      if (rows !== null && rows.length > 0) return rows;
      if (this.#process.exitCode !== null) break;
      await sleep(100);
    }
    throw new Error(`Not seen within ${limitMs} ms: ${expr}\n${this.#log.slice(-2_000)}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = new Promise((resolve) => this.#process.once('close', resolve));
    if (this.#process.exitCode === null) {
      this.#process.kill('SIGTERM');
      await ended;
    }
    rmSync(this.#dir, { recursive: true, force: true });
  }
}
