/** Gateway, brain and watchdog as processes of their own on the simulator: a slow gateway is left alone, a dead one is acted for, and its successor stays stopped. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { expect, test } from 'vitest';
import { readMemory, writeAck } from '../../scripts/alerts/desk.ts';
import { accountHash, overlay } from '../../shared/config.ts';
import { LIFE_FILE, readLife } from '../../shared/life-file.ts';
import { Header } from '../../shared/snapshot.ts';
import { parseAtoms, ZERO_ATOMS } from '../../shared/units.ts';
import { HttpReceiver } from '../kit/alert-receivers.ts';
import { OwnProcess } from '../kit/own-process.ts';
import { TestRedis } from '../kit/redis.ts';
import { KEYS, ROOT } from '../kit/run.ts';
import { KEY, openTestSim, SECRET, type SimClient } from '../kit/sim-client.ts';
import { runTool } from '../kit/tool.ts';

const SILENCE_MS = 3_000;
const LIMIT_MS = 30_000;

async function until<T>(what: string, look: () => Promise<T | false | null> | T | false | null, log: () => string): Promise<T> {
  const end = performance.now() + LIMIT_MS;
  while (performance.now() < end) {
    const seen = await look();
    if (seen) return seen;
    await sleep(20);
  }
  throw new Error(`Not seen: ${what}\n${log().slice(-4_000)}`);
}

const truth = async (sim: SimClient) => {
  const { positions, openOrders } = (await sim.admin(`/sim/account?apiKey=${KEY}`)).body as unknown as {
    readonly positions: readonly { readonly positionAmt: string }[];
    readonly openOrders: readonly unknown[];
  };
  return { position: Number(positions[0]?.positionAmt ?? 0), orders: openOrders.length };
};

function writeConfig({ dir, simPort, redis }: { readonly dir: string; readonly simPort: number; readonly redis: string }): string {
  const base = JSON.parse(readFileSync(join(ROOT, 'config.json'), 'utf8'));
  const hook = { kind: 'webhook', urlEnv: 'HOOK_URL' };
  const own = {
    ...{ runDir: 'run', redis: { url: redis }, sim: { port: simPort }, brain: { metricsPort: null } },
    gateway: { metricsPort: null, disasterStop: { percent: 5 } },
    exits: { takeProfitPercent: 50, stopLossPercent: 50 },
    credentials: { sim: { apiKey: KEY, secret: SECRET } },
    watchdog: { policy: 'flatten', silenceMs: SILENCE_MS, lookMs: 200, metricsPort: null },
    alerts: { channels: { hook }, routes: { warning: ['hook'], critical: ['hook'] }, groupMs: 0 },
  };
  const file = join(dir, 'config.json');
  writeFileSync(file, JSON.stringify(overlay(base, own)), { mode: 0o600 });
  return file;
}

test('a slow gateway is never touched; with gateway and brain gone everything is flattened; the next gateway stays stopped until a person resumes', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'mmbot-watchdog-'));
  const folder = join(dir, 'run', `sim-${accountHash(KEY)}`);
  await using redis = await TestRedis.start();
  await using http = await HttpReceiver.open();
  const accounts = [{ apiKey: KEY, secret: SECRET, balances: { USDT: parseAtoms('10000000') ?? ZERO_ATOMS } }];
  const sim = await openTestSim({ accounts, profile: 'normal', historyDays: 0, limitsEnforced: false });
  const reader = new Redis(redis.port, '127.0.0.1');
  const config = writeConfig({ dir, simPort: sim.simulator.port, redis: redis.url });
  const env = { HOOK_URL: `${http.origin}/hook` };
  /** Null: its key has run out, or nothing was written yet. */
  const seen = async () => {
    const text = await reader.get(KEYS.header);
    return text === null ? null : Header.parse(JSON.parse(text));
  };
  const codes = () => http.received.flatMap(({ body }) => body.lines.map(({ code }: { code: string }) => `${body.kind} ${code}`));
  try {
    await using gateway = await new OwnProcess('gateway', config).ready();
    await using brain = new OwnProcess('brain', config);
    await using watchdog = await new OwnProcess('watchdog', config, { env }).ready();
    const log = () => watchdog.log + gateway.log + brain.log;
    await until('quotes of the brain', async () => (await truth(sim)).orders >= 2, log);
    await sim.admin('/sim/fault', { kind: 'manual-order', apiKey: KEY, symbol: 'BTCUSDT', side: 'BUY', quantity: '0.050' });

    for (let i = 0; i < 2; i++) {
      process.kill(gateway.pid, 'SIGSTOP'); // longer than Redis keeps its keys, shorter than it may be silent
      await sleep(SILENCE_MS * 0.6);
      process.kill(gateway.pid, 'SIGCONT');
      const seq = (await until('snapshots again', seen, log)).seq;
      await until('a snapshot more', async () => ((await seen())?.seq ?? seq) > seq, log);
    }
    expect((await seen())?.emergency).toBeUndefined();
    expect(watchdog.log).not.toContain('Gateway is dead');
    const refused = await runTool('flatten', ['--config', config, '--yes']);
    expect(refused).toMatchObject({ code: 4, lines: [expect.stringMatching(/a gateway lives at this account.*use scripts\/mm panic/)] });
    expect((await truth(sim)).position).not.toBe(0);

    await Promise.all([gateway.kill(), brain.kill()]);
    await until('flat, no order', async () => ((t) => t.position === 0 && t.orders === 0)(await truth(sim)), log);
    await until('the alerts', () => codes().includes('raised gateway-silent') && codes().includes('raised watchdog-acted'), log);
    expect(watchdog.log).toContain('confirmed by the exchange');
    expect(log()).not.toContain(SECRET);

    await using again = await new OwnProcess('gateway', config).ready();
    const stopped = await until('a stopped gateway', seen, () => again.log);
    expect(stopped).toMatchObject({
      mode: 'stopped',
      emergency: { source: 'file', reason: expect.stringMatching(/^watchdog: no sign of life/) },
    });
    await until('the recovery told', () => codes().includes('recovered gateway-silent') && codes().includes('raised restart'), log);
    writeAck(folder, []);
    await until(
      'the acknowledgement',
      () => readMemory(folder)?.incidents.every((one) => one.acknowledged || one.closedMs !== null) === true,
      log,
    );
    await until(
      'flat and verified',
      async () => (await seen())?.emergency?.phase === 'done',
      () => again.log,
    );
    expect(await runTool('mm', ['resume', '--config', config])).toMatchObject({ code: 0 });
    await until(
      'lifted',
      async () => (await seen())?.emergency === undefined,
      () => again.log,
    );
    expect(await again.kill('SIGTERM')).toBe(0);
    expect(readLife(readFileSync(join(folder, LIFE_FILE), 'utf8'))).toMatchObject({ state: 'ended' }); // so nobody misses it
    expect(codes().filter((line) => line === 'raised gateway-silent')).toHaveLength(1);
    expect(await watchdog.kill('SIGTERM')).toBe(0);
  } finally {
    reader.disconnect();
    await sim.close();
    rmSync(dir, { recursive: true, force: true });
  }
});
