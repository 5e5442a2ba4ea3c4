import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, expect, test } from 'vitest';
import { BrainStore } from '../../../brain/io/brain-store.ts';
import { emptyPortfolio, type Portfolio } from '../../../brain/portfolio/portfolio.ts';
import { emptyLedger, filled } from '../../../brain/portfolio/sub-ledger.ts';
import { fromMemory, memoryOf, NO_RISK, type RiskMemory } from '../../../brain/risk/watch.ts';
import { type Exits, NO_EXITS } from '../../../brain/risk/exits.ts';
import { wallMs } from '../../../shared/units.ts';
import { fillDoc } from '../../kit/brain.ts';

const dir = mkdtempSync(join(tmpdir(), 'mmbot-store-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const TRACK: NonNullable<Exits['track']> = {
  ...{ side: 1, opening: { tradeId: '77', atMs: 1_700_000_000_000 }, entry: 60_000.123456, size: 0.03, heldSinceMs: 1_700_000_000_000 },
  ...{ peak: 60_400.1, trail: 60_280.1, breakEven: null },
};
const ALL: Record<string, Exits> = {
  BTCUSDT: { state: { at: 'cooling', untilMs: wallMs(1_700_000_000_000) }, takeProfits: 3, stopLosses: 1, track: null },
  ETHUSDT: {
    state: { at: 'closing', why: 'trailing-stop', askedSeq: 7, askedAtMs: 1_700_000_000_000, price: 3_000.5 },
    takeProfits: 0,
    stopLosses: 2,
    track: TRACK,
  },
  SOLUSDT: { state: { at: 'armed' }, takeProfits: 1, stopLosses: 0, track: { ...TRACK, side: -1, opening: null, peak: null, trail: null } },
};

test('BrainStore begins fresh in a folder that is not there yet', () => {
  using store = new BrainStore(join(dir, 'new/folder/brain.sqlite'));
  expect([store.fault, store.exits('BTCUSDT')]).toEqual([null, NO_EXITS]);
});

test('BrainStore remembers every exit over a restart, the newest of each', () => {
  const path = join(dir, 'kept.sqlite');
  {
    using store = new BrainStore(path);
    store.save('BTCUSDT', NO_EXITS);
    for (const [symbol, exits] of Object.entries(ALL)) store.save(symbol, exits);
  }
  using store = new BrainStore(path);
  expect(Object.fromEntries(Object.keys(ALL).map((symbol) => [symbol, store.exits(symbol)]))).toEqual(ALL);
});

test('BrainStore keeps what it wrote when its process is killed: nothing waits for the close', () => {
  const path = join(dir, 'open.sqlite');
  using store = new BrainStore(path);
  store.save('BTCUSDT', ALL['BTCUSDT']!);
  using reader = new BrainStore(path);
  expect(reader.exits('BTCUSDT')).toEqual(ALL['BTCUSDT']);
});

const broken = (name: string, row: string): string => {
  const path = join(dir, name);
  const db = new DatabaseSync(path);
  db.exec('CREATE TABLE exits (symbol TEXT PRIMARY KEY, state TEXT NOT NULL)');
  db.prepare('INSERT INTO exits VALUES (?, ?)').run('BTCUSDT', row);
  db.close();
  return path;
};
test('BrainStore reads what earlier versions wrote, which knew no track', () => {
  using store = new BrainStore(
    broken('old.sqlite', '{"state":{"at":"closing","why":"stop-loss","askedSeq":3},"takeProfits":0,"stopLosses":1}'),
  );
  expect([store.fault, store.exits('BTCUSDT')]).toEqual([
    null,
    { state: { at: 'closing', why: 'stop-loss', askedSeq: 3, askedAtMs: null, price: null }, takeProfits: 0, stopLosses: 1, track: null },
  ]);
});

const noDatabase = join(dir, 'garbage.sqlite');
writeFileSync(noDatabase, 'no database, whatever its name says '.repeat(100));

test.each([
  ['a file that is no database', noDatabase],
  ['a row that is no JSON', broken('text.sqlite', 'cooling')],
  ['a row of another shape', broken('shape.sqlite', '{"state":{"at":"cooling"},"takeProfits":0,"stopLosses":0}')],
])('BrainStore tells %s as one line, takes what is saved, and writes none of it over', (_name, path) => {
  const before = new BrainStore(path);
  before.save('BTCUSDT', ALL['BTCUSDT']!);
  expect(before.exits('BTCUSDT')).toEqual(ALL['BTCUSDT']);
  before[Symbol.dispose]();
  using after = new BrainStore(path);
  expect(after.fault?.startsWith(`${path}: `)).toBe(true);
  expect(after.fault).not.toContain('\n');
  expect(after.exits('BTCUSDT')).toEqual(NO_EXITS);
});

test('BrainStore remembers shares and states of strategies, and drops a state that was made with other parameters', () => {
  const path = join(dir, 'shares.sqlite');
  const ledger = filled(emptyLedger(['a', 'b']), fillDoc(1, { strategy: 'a', fee: null }));
  const portfolio: Portfolio = { seq: 1, ledgers: { BTCUSDT: ledger }, agreed: {}, pnl: {} };
  {
    using store = new BrainStore(path);
    expect([store.portfolio, store.seat('a BTCUSDT', 'x')]).toEqual([null, null]);
    store.savePortfolio(emptyPortfolio);
    store.savePortfolio(portfolio);
    store.saveSeats([{ key: 'a BTCUSDT', fingerprint: 'x', atMs: 1_000.5, text: '{"n":1}' }]);
    store.saveSeats([{ key: 'a BTCUSDT', fingerprint: 'x', atMs: 2_000, text: '{"n":2}' }]);
    store.saveSeats([]);
  }
  using store = new BrainStore(path);
  expect(store.portfolio).toEqual(portfolio);
  expect(store.seat('a BTCUSDT', 'x')).toEqual({ atMs: 2_000, text: '{"n":2}' });
  expect([store.seat('a BTCUSDT', 'y'), store.seat('b BTCUSDT', 'x')]).toEqual([null, null]);
});

test('shares that cannot be read open the breaker', () => {
  const path = join(dir, 'broken-shares.sqlite');
  {
    using store = new BrainStore(path);
    store.savePortfolio({ ...emptyPortfolio, seq: 1 });
  }
  const db = new DatabaseSync(path);
  db.exec(`UPDATE portfolio SET row = '{"seq":-1}'`);
  db.close();
  using store = new BrainStore(path);
  expect(store.fault).toContain(path);
  store.savePortfolio({ ...emptyPortfolio, seq: 2 });
  store.saveSeats([{ key: 'a', fingerprint: 'x', atMs: 1, text: '1' }]);
});

const RISK: RiskMemory = {
  day: { startMs: 1_700_000_000_000, total: -12.5, fees: 3, funding: 0.1, runs: { mm: -2 } },
  peak: { total: 40.25, equity: 10_040 },
  fillSeq: 7,
  parts: { BTCUSDT: { total: -12.5, fees: 3, funding: 0.1 } },
  acting: ['jumpBps BTCUSDT'],
  stopped: false,
  sides: { BTCUSDT: { side: -1, sideSinceMs: 1_700_000_000_500 } },
  breakers: {
    account: { at: 'closed', relapses: 1, sinceMs: 5 },
    ETHUSDT: { at: 'half-open', relapses: 0, sinceMs: 6 },
    BTCUSDT: {
      ...{ at: 'open', tier: 'pause', relapses: 2, sinceMs: 1_700_000_000_900 },
      findings: [{ monitor: 'jumpBps', where: 'BTCUSDT', reading: 116.67, threshold: 100, tier: 'pause' }],
    },
  },
};

test('BrainStore remembers breakers with their evidence, the day and the highest', () => {
  const path = join(dir, 'risk.sqlite');
  using open = new BrainStore(path);
  expect(open.risk).toBeNull();
  open.saveRisk(memoryOf(NO_RISK));
  open.saveRisk(RISK);
  using reader = new BrainStore(path); // the writer was not closed: as after a kill
  expect(reader.risk).toEqual(RISK);
  expect(memoryOf(fromMemory(RISK))).toEqual(RISK);
});

test.each(['{"breakers":{}}', JSON.stringify({ ...RISK, breakers: { account: { at: 'ajar' } } })])(
  'breakers that cannot be read count as open: %s',
  (row) => {
    const path = join(dir, `broken-risk-${row.length}.sqlite`);
    {
      using store = new BrainStore(path);
      store.saveRisk(RISK);
    }
    const db = new DatabaseSync(path);
    db.prepare('UPDATE risk SET row = ?').run(row);
    db.close();
    using store = new BrainStore(path);
    expect(store.fault).toContain(path);
  },
);
