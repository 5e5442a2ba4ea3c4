import { execFileSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { KEYS, TestRun } from '../kit/run.ts';

test('npm start quotes, fills and ends with positions agreeing and nothing left open; redis-cli shows live state', async () => {
  await using run = await TestRun.start({ args: ['--seconds', '15'] });
  await run.untilQuoting();

  const cli = (key: string): string => execFileSync('redis-cli', ['-p', String(run.redisPort), 'get', key], { encoding: 'utf8' }).trim();
  expect(JSON.parse(cli(KEYS.book('BTCUSDT')))).toMatchObject({ symbol: 'BTCUSDT', status: 'live' });
  expect(JSON.parse(cli(KEYS.balance))).toMatchObject({ known: true });
  expect(cli(KEYS.entryPrice('BTCUSDT'))).toMatch(/^(none|\d+(\.\d+)?)$/);

  const seqs = new Set<number>();
  const end = performance.now() + 2_000;
  while (performance.now() < end) {
    seqs.add((await run.read(KEYS.book('BTCUSDT'))).seq);
    await sleep(5);
  }
  expect(seqs.size).toBeGreaterThanOrEqual(15);
  expect(seqs.size).toBeLessThanOrEqual(25);

  const { code, summary } = await run.summary();
  expect(summary.errors).toEqual([]);
  expect(summary).toMatchObject({ ok: true, environment: 'sim', strategy: 'market-making', trafficSeen: true });
  expect(summary.snapshots).toBeGreaterThanOrEqual(140);
  expect(summary.book).toMatchObject({ equalToExchange: true, gapsUnresolved: 0 });
  expect(summary.orders.placed).toBeGreaterThan(0);
  expect(summary.orders).toMatchObject({ openLeft: 0, unknown: 0 });
  expect(summary.fills).toBeGreaterThan(0);
  expect(summary.position.brain).toBe(summary.position.ledger);
  expect(summary.position.ledger).toBe(summary.position.exchange);
  expect(code).toBe(0);
});
