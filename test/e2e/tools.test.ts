import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { simAccountDir } from '../../scripts/start/effective.ts';
import { KEYS, TestRun } from '../kit/run.ts';
import { runTool } from '../kit/tool.ts';

/** One run for all: each test leaves it trading. */
let run: TestRun;
let config = '';

beforeAll(async () => {
  run = await TestRun.start({ args: ['--seconds', '300'] });
  await run.untilQuoting();
  config = join(run.dir, 'run/start/config.json');
});
afterAll(async () => {
  await run[Symbol.asyncDispose]();
});

const mm = (...args: readonly string[]) => runTool('mm', [...args, '--config', config]);
const openRoles = async (): Promise<readonly string[]> =>
  ((await run.read(KEYS.orders('BTCUSDT')))?.orders ?? [])
    .filter(({ status }: { status: string }) => !['filled', 'canceled', 'expired', 'rejected'].includes(status))
    .map(({ role }: { role: string }) => role);

test('test-uds places and cancels through the operator socket while the brain trades, and leaves nothing', async () => {
  const { code, stdout, stderr } = await runTool('test-uds', ['--config', config, '--count', '5', '--json']);
  expect([code, stderr]).toEqual([0, '']);
  const figures = JSON.parse(stdout);
  expect(figures).toMatchObject({
    ok: true,
    environment: 'sim',
    unit: 'ms',
    hello: { n: 1 },
    place: { n: 5 },
    cancel: { n: 5 },
    gone: { n: 5 },
  });
  for (const step of ['place', 'open', 'cancel', 'gone']) {
    expect(figures[step].p50).toBeGreaterThan(0);
    expect(figures[step].p99).toBeGreaterThanOrEqual(figures[step].p50);
    expect(figures[step].max).toBeGreaterThanOrEqual(figures[step].p99);
  }
  expect(figures.open.p50).toBeGreaterThan(figures.place.p50);
  await run.until('no order of the operator', async () => !(await openRoles()).includes('operator'));
  expect((await run.exchange()).openOrders.filter(({ clientOrderId }) => clientOrderId.startsWith('4730'))).toEqual([]);
});

test('mm status, orders and why agree with Redis, and fit 80 columns', async () => {
  const [status, orders, why, json] = [await mm('status'), await mm('orders'), await mm('why'), await mm('status', '--json')];
  for (const said of [status, orders, why, json]) expect([said.code, said.stderr]).toEqual([0, '']);
  expect(status.stdout).toMatch(
    /^health +gateway up +brain up +market live +account live +books 1\/1 live\n[\s\S]*\ngateway +sim +binance[\s\S]*\nmode +normal\n[\s\S]*\nstreams +market live[\s\S]*BTCUSDT +\d+\.\d+ +\d+\.\d+ +live/,
  );
  expect(status.stdout).toMatch(/\nUSDT +\d/);
  expect(status.stdout).toMatch(/\nbrain +market-making/);
  expect(orders.stdout).toMatch(/^SYMBOL +SIDE[\s\S]*quote/);
  expect(why.stdout).toMatch(/signals +mid/);
  for (const line of [status, orders, why].flatMap(({ stdout }) => stdout.split('\n'))) expect(line.length).toBeLessThanOrEqual(80);
  expect(status.stdout + orders.stdout + why.stdout).not.toContain('\x1b');
  const state = JSON.parse(json.stdout);
  expect(state.header.symbols).toEqual(['BTCUSDT']);
  expect(state.symbols[0].book).toMatchObject({ epoch: state.header.epoch, seq: state.header.seq, status: 'live' });
  expect(state.ageMs).toBeLessThan(1_000);
});

test('mm tail tells orders and decisions as they come, and ends when it is asked to', async () => {
  const { code, stdout, stderr } = await mm('tail', '--json', '--only', 'order,decision', '--limit', '3', '--seconds', '20');
  expect([code, stderr]).toEqual([0, '']);
  const events = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { kind: string; symbol: string });
  expect(events).toHaveLength(3);
  for (const { kind, symbol } of events) expect([['order', 'decision'].includes(kind), symbol]).toEqual([true, 'BTCUSDT']);
});

test('mm fills, pnl and why of one order tell what has been, from the gateway and without it from the file, within 80 columns', async () => {
  await run.until('fills', async () => (await run.redis.xlen(KEYS.fills)) >= 2);
  const [fills, pnl] = [await mm('fills', '--json'), await mm('pnl', '--json')];
  for (const said of [fills, pnl]) expect([said.code, said.stderr]).toEqual([0, '']);
  const newest = JSON.parse(fills.stdout).at(-1);
  expect(JSON.parse(pnl.stdout).at(-1)).toMatchObject({ symbol: 'BTCUSDT', quoteAsset: 'USDT', fills: expect.any(Number) });
  const life = JSON.parse((await mm('why', newest.clientId, '--json')).stdout);
  expect(life.order).toMatchObject({ clientId: newest.clientId, symbol: 'BTCUSDT', side: newest.side });
  expect(new Set(life.entries.map(({ kind }: { kind: string }) => kind))).toEqual(
    new Set(['command', 'state', 'request', 'reply', 'fill']),
  );
  const nobody = join(run.dir, 'nobody.json');
  const effective = JSON.parse(readFileSync(config, 'utf8'));
  const gateway = { ...effective.gateway, socketPath: join(run.dir, 'nobody.sock') };
  writeFileSync(nobody, JSON.stringify({ ...effective, runDir: join(run.dir, 'run'), gateway }));
  for (const args of [
    ['why', newest.clientId],
    ['fills', '--limit', '3', '--symbol', 'BTCUSDT', '--from', '2020-01-01'],
  ]) {
    const [live, file] = [await mm(...args), await runTool('mm', [...args, '--config', nobody])];
    expect([live.code, live.stderr, file.code]).toEqual([0, '', 0]);
    expect(file.lines).toEqual([expect.stringMatching(/no gateway answers: read from .*ledger\.sqlite$/)]);
    for (const line of [live, file].flatMap(({ stdout }) => stdout.split('\n'))) expect(line.length).toBeLessThanOrEqual(80);
    const titles = ({ stdout }: { readonly stdout: string }) => stdout.split('\n')[0]?.split(/\s+/);
    expect(titles(file)).toEqual(titles(live));
  }
  expect(await mm('why', '4710000000000000001')).toMatchObject({ code: 1, stdout: expect.stringContaining('does not hold it') });
});

test('mm shows unknown, not zero, for what Redis does not hold', async () => {
  const bare = JSON.parse((await mm('config')).stdout);
  expect(bare.redis.url).toMatch(/^unix:\/\/.*\/run\/redis\/redis\.sock$/);
  const other = join(run.dir, 'other.json');
  writeFileSync(other, JSON.stringify({ ...bare, redis: { ...bare.redis, prefix: 'mm:other' } }));
  const { code, stdout, lines } = await runTool('mm', ['status', '--config', other]);
  expect(code).toBe(3);
  expect(lines).toEqual([expect.stringContaining('mm:other:seq')]);
  expect(stdout).toMatch(/^health +gateway unknown +brain unknown[\s\S]*\ngateway +unknown/);
  expect(stdout).toMatch(/BTCUSDT +unknown +unknown +unknown +unknown +unknown +unknown\n/);
  expect(stdout).toContain('own orders: unknown');
  expect(stdout).toContain('balances: unknown');
  expect(stdout).not.toMatch(/\b0(\.0+)?\b/);
});

test('test-order works beside a running gateway, which books nothing and goes on quoting', async () => {
  const { code, stdout, stderr } = await runTool('test-order', ['--config', config]);
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout.trimEnd().split('\n').at(-1)).toMatch(/^gone: order \d{19}/);
  await run.until('no order of test-order', async () => !(await openRoles()).includes('test'));
  await run.untilQuoting();
  const roles = async (): Promise<string[]> =>
    (await run.redis.xrange(KEYS.fills, '-', '+')).map(([, fields]) => JSON.parse(fields[1] ?? '{}').role);
  await run.until('a fill of a quote', async () => (await roles()).includes('quote'));
  expect(await roles()).not.toContain('test');
});

test('mm pause pulls the quotes, resume brings them back', async () => {
  expect(await mm('pause')).toMatchObject({ code: 0, stderr: '', stdout: expect.stringMatching(/^paused/) });
  await run.until('no quotes', async () => (await run.header())?.paused === true && (await openRoles()).length === 0);
  expect((await mm('status')).stdout).toMatch(/mode +reduce-only, paused\nreasons +paused\n/);
  const refused = await runTool('test-uds', ['--config', config]);
  expect(refused.lines).toEqual([expect.stringMatching(/the gateway refused \(paused\)/)]);
  expect(refused.code).toBe(4);
  expect(await mm('resume')).toMatchObject({ code: 0, stderr: '' });
  await run.untilQuoting();
});

test('mm panic ends flat with no own order, stays stopped, and resume lets it trade again', async () => {
  await run.until('a position', async () => Number((await run.read(KEYS.position('BTCUSDT')))?.size ?? 0) !== 0);
  const said = await mm('panic');
  expect(said).toMatchObject({ code: 0, stderr: '', stdout: expect.stringMatching(/\nstopped: no own order open, no position/) });
  const { positions, openOrders } = await run.exchange();
  expect(positions.filter(({ positionAmt }) => Number(positionAmt) !== 0)).toEqual([]);
  expect(openOrders).toEqual([]);
  expect(said.stdout).toMatch(/^taken: nothing new[^\n]*net position/);
  await run.until('the snapshot that says so', async () => (await run.header())?.emergency?.phase === 'done'); // the socket said it first
  expect(await run.header()).toMatchObject({ mode: 'stopped', emergency: { phase: 'done', source: 'operator', left: [] } });
  expect((await mm('status')).stdout).toMatch(/\nstop +done +by operator: mm panic/);
  expect(await mm('resume')).toMatchObject({ code: 0 });
  await run.untilQuoting();
});

test('SIGUSR2, and a file PANIC that is there before the start, stop it the same way', async () => {
  process.kill(run.pid('gateway'), 'SIGUSR2');
  const stopped = (source: string) => async () => {
    const emergency = (await run.header())?.emergency;
    return emergency?.source === source && emergency.phase === 'done';
  };
  await run.until('the stop by signal', stopped('signal'));
  expect((await run.exchange()).openOrders).toEqual([]);
  expect(await mm('resume')).toMatchObject({ code: 0 });
  await run.untilQuoting();
  const [gateway, file] = [run.pid('gateway'), join(simAccountDir(join(run.dir, 'run')), 'PANIC')];
  process.kill(gateway, 'SIGSTOP'); // it cannot see the file in this life
  writeFileSync(file, 'a person\n');
  process.kill(gateway, 'SIGKILL');
  await run.until('the stop by file', stopped('file'));
  expect((await run.header())?.emergency).toMatchObject({ reason: 'a person' });
  expect((await run.exchange()).positions.filter(({ positionAmt }) => Number(positionAmt) !== 0)).toEqual([]);
  expect(await mm('resume')).toMatchObject({ code: 0 });
  expect([existsSync(file), existsSync(`${file}.taken`)]).toEqual([false, false]);
  await run.untilQuoting();
});
