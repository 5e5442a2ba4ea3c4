import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Bench } from '../../../../scripts/lib/probe/bench.ts';
import { cleanUp, cleanUpLater, markOf, PositionMark } from '../../../../scripts/lib/probe/clean-up.ts';
import { reportLines } from '../../../../scripts/lib/probe/lines.ts';
import { QUESTIONS } from '../../../../scripts/lib/probe/probe.ts';
import { taken } from '../../../../scripts/lib/probe/question.ts';
import { askAll, hindrance } from '../../../../scripts/lib/probe/run.ts';
import { ProbeWire } from '../../../../scripts/lib/probe/wire.ts';
import { ProbeReport } from '../../../../gateway/doctor/probe-report.ts';
import { OPEN_FACTS } from '../../../../gateway/venues/binance/unverified.ts';
import { accountHash } from '../../../../shared/config.ts';
import { type Loaded, loadConfig } from '../../../../shared/config-file.ts';
import { KEY, openTestSim, SECRET, type SimClient } from '../../../kit/sim-client.ts';

const BASE = JSON.parse(readFileSync(join(import.meta.dirname, '../../../../config.json'), 'utf8'));
const dir = mkdtempSync(join(tmpdir(), 'mmbot-probe-'));
const sims: SimClient[] = [];

type Rig = { readonly sim: SimClient; readonly bench: Bench; readonly mark: PositionMark; readonly loaded: Loaded };

async function rig(name: string, over: Parameters<typeof openTestSim>[0] = {}): Promise<Rig> {
  const sim = await openTestSim({ historyDays: 0, ...over });
  sims.push(sim);
  const file = join(dir, `${name}.json`);
  writeFileSync(file, JSON.stringify({ ...BASE, runDir: dir, sim: { port: sim.simulator.port } }));
  const loaded = loadConfig(file);
  if (!loaded.ok) throw new Error(loaded.error.join());
  const wire = new ProbeWire(loaded.value.config, { apiKey: KEY, secret: SECRET });
  const bench = (await wire.syncClock()) ? await Bench.open(wire, 'BTCUSDT') : null;
  if (!bench) throw new Error('The simulator does not tell its symbol');
  return {
    sim,
    bench,
    mark: new PositionMark(dir, { environment: name, account: accountHash(KEY), symbol: 'BTCUSDT' }),
    loaded: loaded.value,
  };
}

let as: Rig;
beforeAll(async () => {
  as = await rig('sim');
});
afterAll(async () => {
  await Promise.all(sims.map((sim) => sim.close()));
  rmSync(dir, { recursive: true });
});

const account = async ({ sim }: Rig) =>
  (await sim.get(`/sim/account?apiKey=${KEY}`)).body as { positions: unknown[]; openOrders: unknown[]; stops: unknown[] };
const questionOf = (id: string) => QUESTIONS.find((question) => question.id === id) ?? expect.fail(`no question ${id}`);

test('there is one question for each open fact, and none else', () => {
  expect(QUESTIONS.map(({ id }) => id).sort()).toEqual(OPEN_FACTS.map(({ id }) => id).sort());
});

test('a whole run: every answer as assumed, the report is whole and read back, and the account is as before', async () => {
  const reports: ProbeReport[] = [];
  const charge = { loaded: as.loaded, credentials: { apiKey: KEY, secret: SECRET }, symbol: 'BTCUSDT' };
  const quiet = { ending: new AbortController().signal, onAnswer: () => undefined, onReport: (one: ProbeReport) => reports.push(one) };
  const questions = QUESTIONS.filter(({ id }) => id !== 'countdown-spares-stops' && id !== 'test-hosts-answer'); // seconds of waiting: below, and by hand
  const report = await askAll({ bench: as.bench, charge, facts: OPEN_FACTS, questions, ...quiet });
  expect(report.facts.filter(({ verdict }) => verdict !== 'as-assumed')).toEqual([]);
  expect(report.facts).toHaveLength(questions.length);
  expect(report).toMatchObject({ left: [], finishedMs: expect.any(Number) });
  expect(reports[0]).toMatchObject({ finishedMs: null, facts: [] });
  expect(ProbeReport.parse(JSON.parse(JSON.stringify(report)))).toEqual(report);
  expect(reportLines(report).filter((line) => line.length > 80)).toEqual([]);
  expect(JSON.stringify(report)).not.toMatch(new RegExp(`${SECRET}|${KEY}`));
  expect(await account(as)).toMatchObject({ positions: [], openOrders: [], stops: [] });
  expect(as.mark.isSet).toBe(false);
});

const reply = (method: string, path: string, body: unknown, over: object = {}) => ({
  ...{ kind: 'reply', method, path, status: 200, body: JSON.stringify(body), count: 2 },
  ...over,
});
const refusal = (code: number) => ({ status: 400, body: JSON.stringify({ code, msg: 'planted' }) });
const ORDER = '/fapi/v1/order';
const ALGO = '/fapi/v1/algoOrder';
const row = (over: object = {}) => ({ status: 'NEW', price: '1', origQty: '1', executedQty: '0', clientOrderId: 'x', ...over });

describe('the other way:', () => {
  test.each<[string, readonly object[]]>([
    ['id-refused-while-open', [reply('POST', ORDER, row())]],
    [
      'id-free-after-end',
      [
        reply('POST', ORDER, row(), { count: 1 }),
        reply('DELETE', ORDER, row(), { count: 1 }),
        reply('POST', ORDER, {}, { count: 1, ...refusal(-4116) }),
      ],
    ],
    ['amend-total-size', [reply('PUT', ORDER, row(), { count: 1 })]],
    [
      'post-only-refused',
      [reply('POST', ORDER, row(), { count: 1 }), reply('GET', ORDER, row({ status: 'FILLED', executedQty: '0.002' }), { count: 1 })],
    ],
    ['late-order-refused', [reply('POST', ORDER, row(), { count: 1 })]],
    ['unknown-order-codes', [reply('GET', ORDER, {}, { count: 1, ...refusal(-2026) })]],
    ['hmac-or-ed25519-rest', [reply('GET', '/fapi/v3/balance', {}, { count: 1, ...refusal(-1022) })]],
    ['position-risk-flat-absent', [reply('GET', '/fapi/v3/positionRisk', [{ symbol: 'BTCUSDT', positionAmt: '0.5' }], { count: 1 })]],
    ['stop-reduce-only-quantity', [reply('POST', ALGO, {}, { count: 1, ...refusal(-1106) })]],
    ['order-calls-hide-stops', [reply('GET', ORDER, row(), { count: 1 })]],
    ['stop-would-trigger', [reply('POST', ALGO, {}, { count: 1 })]],
    ['one-close-position-stop', [reply('POST', ALGO, {})]],
    // the first call is only slow: the second one meets the refusal
    [
      'two-reduce-only-stops',
      [{ kind: 'slow', method: 'POST', path: ALGO, byMs: 1, count: 1 }, reply('POST', ALGO, {}, { count: 1, ...refusal(-4130) })],
    ],
    ['cancel-all-spares-stops', [reply('GET', '/fapi/v1/openAlgoOrders', [], { count: 1 })]],
    ['private-events-arrive', [{ kind: 'silence', route: 'private', ms: 9_000 }]],
  ])('%s', async (id, faults) => {
    await as.sim.admin('/sim/fault', { kind: 'clear' });
    for (const fault of faults) expect((await as.sim.admin('/sim/fault', fault)).status).toBe(200);
    const answer = await questionOf(id).ask(as.bench);
    await as.sim.admin('/sim/fault', { kind: 'clear' });
    expect(answer).toMatchObject({ verdict: 'differs', answer: expect.stringMatching(/\w/) });
    await cleanUp(as.bench, as.mark);
    expect(await account(as)).toMatchObject({ openOrders: [], stops: [] });
  });

  test('countdown-spares-stops, of a venue that spares them and of one that does not', async () => {
    const sweeping = await rig('sweeping', { algos: { countdownSweeps: true } });
    const { ask } = questionOf('countdown-spares-stops');
    const [spares, sweeps] = await Promise.all([ask(as.bench), ask(sweeping.bench)]);
    expect(spares).toMatchObject({ verdict: 'as-assumed', answer: expect.stringMatching(/still there/) });
    expect(sweeps).toMatchObject({ verdict: 'differs', answer: expect.stringMatching(/gone, too/) });
  });

  test('test-hosts-answer: without data, an open stream is no answer that counts', async () => {
    const wire = { ...as.bench.wire, streams: () => Promise.resolve([{ state: 'silent', sentence: 'nothing came' } as const]) };
    expect(await questionOf('test-hosts-answer').ask({ wire, symbol: 'BTCUSDT' } as never)).toMatchObject({
      verdict: 'differs',
      answer: 'nothing came',
    });
  });
});

test.each(QUESTIONS.filter(({ id }) => id !== 'test-hosts-answer').map(({ id }) => id))(
  '%s: a venue with trouble gives no answer',
  async (id) => {
    await as.sim.admin('/sim/fault', { kind: 'clear' });
    await as.sim.admin('/sim/fault', { kind: 'error', error: 'internal-error', probability: 1 });
    const answer = await questionOf(id).ask(as.bench);
    await as.sim.admin('/sim/fault', { kind: 'clear' });
    expect(answer.verdict).toBe('unanswered');
  },
);

test('load, clock, key and money say nothing about a question', () => {
  const with_ = (code: number) => taken({ status: 400, code, value: null, words: 'x' }).verdict;
  expect([-1003, -1021, -2015, -2019].map(with_)).toEqual(Array(4).fill('unanswered'));
  expect([-1106, -1116, -2021, -4130].map(with_)).toEqual(Array(4).fill('differs'));
});

test('REST with a private key: signatures of its kind are taken', async () => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const secret = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const other = await rig('ed25519', { accounts: [{ apiKey: KEY, secret, balances: {} }] });
  const signing = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const wire = new ProbeWire(other.loaded.config, { apiKey: KEY, secret: signing });
  await wire.syncClock();
  const answer = await questionOf('hmac-or-ed25519-rest').ask({ wire } as Bench);
  expect(answer).toEqual({ verdict: 'as-assumed', answer: 'ed25519: accepted' });
});

describe('what a killed probe left', () => {
  test('is taken away before the next one asks: orders, stops, and the position that it had marked', async () => {
    as.mark.set(as.bench.size(1));
    expect(await as.bench.buy()).toBe('bought');
    await as.bench.place({ newClientOrderId: as.bench.nextId() });
    await as.bench.stop({
      quantity: as.bench.size(1),
      reduceOnly: 'true',
      triggerPrice: as.bench.price(0.8),
      clientAlgoId: as.bench.nextId(),
    });
    expect(await hindrance(as.bench, as.mark)).toBeNull();
    expect(await account(as)).toMatchObject({ positions: [], openOrders: [], stops: [] });
  });

  test('a position that comes late, when the account was found flat already, is taken away as well', async () => {
    as.mark.set(as.bench.size(1));
    expect(await cleanUp(as.bench, as.mark, { mayBeLate: true })).toEqual([]);
    expect(await as.bench.buy()).toBe('bought'); // it was on its way
    expect(await cleanUp(as.bench, as.mark)).toEqual([]);
    expect(await account(as)).toMatchObject({ positions: [] });
    expect(as.mark.isSet).toBe(false);
  });

  test('is taken away as soon as the venue answers again', async () => {
    await as.bench.place({ newClientOrderId: as.bench.nextId() });
    const benches = [null, null, as.bench];
    const open = () => Promise.resolve(benches.shift() ?? null);
    const waiting = { mark: as.mark, pauseMs: 1 };
    expect(await cleanUpLater(open, { ...waiting, tries: 2 })).toEqual(['the venue does not answer']);
    expect(await cleanUpLater(open, { ...waiting, tries: 2 })).toEqual([]);
    expect(await account(as)).toMatchObject({ openOrders: [] });
  });

  test('a larger position than it had marked is of somebody else: it stays, and the mark is told of', async () => {
    as.mark.set(as.bench.size(1));
    for (let i = 0; i < 2; i++) expect(await as.bench.buy()).toBe('bought');
    expect(await hindrance(as.bench, as.mark)).toMatch(
      /a position of 0\.\d+ on BTCUSDT, where the probe bought 0\.\d+ at most: .*remove .*\.open$/,
    );
    expect(await account(as)).toMatchObject({ positions: [expect.anything()] });
    as.mark.clear();
    await as.bench.close((await as.bench.position()) ?? '0');
  });

  test('of another account leaves the position of this one alone', async () => {
    const other = markOf({ loaded: as.loaded, credentials: { apiKey: 'another', secret: SECRET }, symbol: 'BTCUSDT' });
    const own = markOf({ loaded: as.loaded, credentials: { apiKey: KEY, secret: SECRET }, symbol: 'BTCUSDT' });
    other.set(as.bench.size(1));
    expect([other.isSet, own.isSet, own.path]).toEqual([true, false, as.mark.path]);
    other.clear();
  });

  test('is told from what is somebody else: that is left alone, and the probe asks nothing', async () => {
    expect(await as.bench.buy()).toBe('bought');
    await as.bench.place({ newClientOrderId: 'a-persons-order' });
    expect(await hindrance(as.bench, as.mark)).toMatch(/a position of 0\.\d+ and 1 open orders: .*--symbol/);
    expect(await account(as)).toMatchObject({ openOrders: [expect.objectContaining({ clientOrderId: 'a-persons-order' })] });
    await as.bench.close((await as.bench.position()) ?? '0');
    await as.bench.cancel('a-persons-order');
    await as.sim.signed('POST', '/fapi/v1/positionSide/dual', { dualSidePosition: 'true' });
    expect(await hindrance(as.bench, as.mark)).toMatch(/hedge mode/);
    await as.sim.signed('POST', '/fapi/v1/positionSide/dual', { dualSidePosition: 'false' });
  });
});
