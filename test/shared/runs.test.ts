import { describe, expect, test } from 'vitest';
import { makeRuns, readsOf } from '../../brain/runs.ts';
import { sealAlone } from '../../brain/strategy/seat.ts';
import { BUILT_IN, barsRead, checkConfig, type Config, configHash, overlay, problemLine } from '../../shared/config.ts';
import { plannedRuns } from '../../shared/runs.ts';
import { config } from '../kit/brain.ts';

const KNOWN = Object.keys(BUILT_IN)
  .map((name) => JSON.stringify(name))
  .join(', ');
const SYMBOLS = ['BTCUSDT', 'ETHUSDT', 'SOLUSDT'];
const base = (strategy: object): unknown => overlay(JSON.parse(JSON.stringify(config({ symbols: SYMBOLS }))), { strategy });
const good = (strategy: object): Config => {
  const checked = checkConfig(base(strategy));
  if ('problems' in checked) throw new Error(checked.problems.map(problemLine).join('\n'));
  return checked.config;
};
const lines = (strategy: object): string[] => {
  const checked = checkConfig(base(strategy));
  return 'problems' in checked ? checked.problems.map(problemLine) : [];
};
const RUNS = [
  { id: 'mm-btc', use: 'market-making', symbols: ['BTCUSDT'], with: { spreadBps: 9 }, maxPosition: '0.01' },
  { id: 'trend', use: 'macd-trend', symbols: ['BTCUSDT', 'ETHUSDT'], with: { interval: '1h', slowPeriod: 60 } },
];

describe('which strategies run where', () => {
  const planned = (strategy: object) => plannedRuns(good(strategy)).map(({ id, use, symbols }) => [id, use, symbols.join()]);

  test.each<[string, object, string[][]]>([
    ['active alone: everywhere', {}, [['market-making', 'market-making', SYMBOLS.join()]]],
    [
      'runs, and active where none of them is',
      { runs: RUNS },
      [
        ['mm-btc', 'market-making', 'BTCUSDT'],
        ['trend', 'macd-trend', 'BTCUSDT,ETHUSDT'],
        ['market-making', 'market-making', 'SOLUSDT'],
      ],
    ],
    [
      'a run without symbols: all of them, and active nowhere',
      { runs: [{ id: 'all', use: 'macd-trend' }] },
      [['all', 'macd-trend', SYMBOLS.join()]],
    ],
    [
      'an own strategy by its file, twice, and once more by the name it has by that',
      {
        active: './own/lean.ts',
        runs: [
          { id: 'a', use: 'own/lean.ts', symbols: ['BTCUSDT'] },
          { id: 'b', use: 'lean', symbols: ['ETHUSDT'] },
        ],
      },
      [
        ['a', 'lean', 'BTCUSDT'],
        ['b', 'lean', 'ETHUSDT'],
        ['lean', 'lean', 'SOLUSDT'],
      ],
    ],
    ['an own strategy by its name', { active: 'mine', custom: { mine: { file: 'mine.ts' } } }, [['mine', 'mine', SYMBOLS.join()]]],
  ])('%s', (_name, strategy, want) => {
    expect(planned(strategy)).toEqual(want);
  });

  test.each<[string, object, string]>([
    [
      'a file whose name is no name',
      { runs: [{ id: 'a', use: './My Strategy.ts' }] },
      `strategy.runs.0.use: "./My Strategy.ts": allowed is a file named by 1 to 16 of a-z, 0-9 and "-", such as "./lean.ts", or a name of strategy.custom`,
    ],
    [
      'a file that is called as a built-in strategy',
      { active: './arbitrage.ts' },
      'strategy.active: "./arbitrage.ts": allowed is another file name: there is another strategy "arbitrage"',
    ],
    [
      'two files of one name',
      { active: 'one/lean.ts', runs: [{ id: 'a', use: 'two/lean.ts', symbols: ['BTCUSDT'] }] },
      'strategy.runs.0.use: "two/lean.ts": allowed is another file name: there is another strategy "lean"',
    ],
    ['an unknown active', { active: 'mm' }, `strategy.active: "mm": allowed is one of ${KNOWN}`],
    [
      'an unknown use',
      { runs: [{ id: 'a', use: 'x' }], custom: { y: { file: 'y.ts' } } },
      `strategy.runs.0.use: "x": allowed is one of ${KNOWN}, "y"`,
    ],
    [
      'a symbol that is not traded',
      { runs: [{ id: 'a', use: 'macd-trend', symbols: ['DOGEUSDT'] }] },
      'strategy.runs.0.symbols.0: "DOGEUSDT": allowed is one of symbols: BTCUSDT, ETHUSDT, SOLUSDT',
    ],
    [
      'a symbol twice',
      { runs: [{ id: 'a', use: 'macd-trend', symbols: ['BTCUSDT', 'BTCUSDT'] }] },
      'strategy.runs.0.symbols.1: "BTCUSDT": allowed is each symbol once',
    ],
    [
      'the id of active',
      { runs: [{ id: 'market-making', use: 'macd-trend', symbols: ['BTCUSDT'] }] },
      'strategy.runs.0.id: "market-making": allowed is an id that no other run has, strategy.active included',
    ],
    [
      'an id that is too long',
      { runs: [{ id: 'a'.repeat(17), use: 'macd-trend' }] },
      `strategy.runs.0.id: "${'a'.repeat(17)}": allowed is 1 to 16 of a-z, 0-9 and "-", such as "mm-btc"`,
    ],
    [
      'the id of nobody',
      { runs: [{ id: 'unassigned', use: 'macd-trend' }] },
      'strategy.runs.0.id: "unassigned": allowed is another name: what belongs to no run is told as "unassigned"',
    ],
    [
      'a parameter out of range',
      { runs: [{ id: 'a', use: 'market-making', with: { spreadBps: 0 } }] },
      'strategy.runs.0.with.spreadBps: 0: allowed is more than 0',
    ],
    [
      'a parameter that is none',
      { runs: [{ id: 'a', use: 'market-making', with: { sprdBps: 1 } }] },
      'strategy.runs.0.with.sprdBps: unknown key: allowed is spreadBps (nearest known key)',
    ],
    [
      'parameters that do not fit together',
      { runs: [{ id: 'a', use: 'macd-trend', with: { slowPeriod: 5 } }] },
      'strategy.runs.0.with.slowPeriod: 5: allowed is a number above fastPeriod',
    ],
    [
      'a built-in name for an own strategy',
      { custom: { 'macd-trend': { file: 'x.ts' } } },
      'strategy.custom.macd-trend: the name of a built-in strategy: allowed is another name',
    ],
    [
      'a limit that is no decimal',
      { runs: [{ id: 'a', use: 'macd-trend', maxPosition: 1 }] },
      'strategy.runs.0.maxPosition: 1: allowed is a text in quotes',
    ],
  ])('%s is one line', (_name, strategy, want) => {
    expect(lines(strategy)).toEqual([want]);
  });

  test('an id twice is told at both', () => {
    expect(
      lines({
        runs: [
          { id: 'a', use: 'macd-trend' },
          { id: 'a', use: 'macd-trend' },
        ],
      }),
    ).toHaveLength(2);
  });
});

test('bars of all intervals that some strategy reads are kept, and both processes must agree on them', () => {
  const plain = good({});
  expect([...barsRead(plain)]).toEqual([['5m', 26]]);
  const more = good({ runs: RUNS, custom: { mine: { file: 'mine.ts', bars: '3m' } } });
  expect([...barsRead(more)]).toEqual([
    ['5m', 26],
    ['1h', 60],
    ['3m', 0],
  ]);
  expect(configHash(more)).not.toBe(configHash(plain));
  expect(configHash(good({ runs: RUNS.slice(0, 1) }))).toBe(configHash(plain));
});

test('makeRuns() gives each run its strategy with its own parameters, and a seat a symbol', () => {
  const custom = good({ runs: RUNS, active: 'mine', custom: { mine: { file: 'mine.ts', with: { a: 1 } } } });
  const seen: unknown[] = [];
  const still = {
    name: 'mine',
    role: 'custom',
    reads: { trades: true },
    initial: () => null,
    decide: () => ({ wish: { quotes: [], target: null, reason: 'x', signals: {} }, state: null }),
  } as const;
  const make = (document: unknown) => {
    seen.push(document);
    return sealAlone(still);
  };
  const runs = makeRuns(custom, new Map([['mine', make]]));
  expect(runs.map(({ id, strategy, seats, maxPosition }) => [id, strategy.name, seats.map(({ key }) => key), maxPosition])).toEqual([
    ['mm-btc', 'market-making', ['mm-btc BTCUSDT'], '0.01'],
    ['trend', 'macd-trend', ['trend BTCUSDT', 'trend ETHUSDT'], null],
    ['mine', 'mine', ['mine SOLUSDT'], null],
  ]);
  expect([seen, readsOf(runs), readsOf(runs.slice(0, 1))]).toEqual([
    [{ a: 1 }],
    { intervals: ['1h'], trades: true },
    { intervals: [], trades: false },
  ]);
  expect(new Set(runs.map(({ fingerprint }) => fingerprint)).size).toBe(3);
  expect(() => makeRuns(custom)).toThrow('no strategy is named mine');
});
