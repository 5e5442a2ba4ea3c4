import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  accountHash,
  type Config,
  checkConfig,
  configHash,
  configJsonSchema,
  configWarnings,
  limitsOf,
  overlay,
  problemLine,
  publicConfig,
} from '../../shared/config.ts';
import { exitsOf } from '../../shared/exit-parameters.ts';

const FILE = join(import.meta.dirname, '../../config.json');
type Json = Record<string, ReturnType<typeof JSON.parse>>;
const shipped = (): Json => JSON.parse(readFileSync(FILE, 'utf8'));

function lines(over: unknown): readonly string[] {
  const checked = checkConfig(overlay(shipped(), over));
  return 'problems' in checked ? checked.problems.map(problemLine) : [];
}
function good(over: unknown = {}): Config {
  const checked = checkConfig(overlay(shipped(), over));
  if ('problems' in checked) throw new Error(checked.problems.map(problemLine).join('\n'));
  return checked.config;
}

test('config.json as shipped is right', () => {
  expect(lines({})).toEqual([]);
  expect(good().environment).toBe('sim');
});

const SLACK = { kind: 'slack', urlEnv: 'MMBOT_SLACK_URL' };

test.each<[string, unknown, string]>([
  [
    'a route to no channel',
    { alerts: { routes: { info: ['phone'] } } },
    'alerts.routes.info.0: "phone": allowed is the name of a channel in alerts.channels; there is none',
  ],
  [
    'a route to an unknown channel',
    { alerts: { channels: { team: SLACK }, routes: { critical: ['team', 'boss'] } } },
    'alerts.routes.critical.1: "boss": allowed is the name of a channel: team',
  ],
  [
    'a secret where its name belongs',
    { alerts: { channels: { team: { kind: 'slack', urlEnv: 'https://hooks.slack.com/services/T0/B0/verysecret' } } } },
    'alerts.channels.team.urlEnv: (hidden): allowed is the name of a variable such as "MMBOT_SLACK_URL", not the secret itself',
  ],
  [
    'a mistyped key of a channel',
    { alerts: { channels: { team: { kind: 'slack', urlEnvv: 'X' } } } },
    'alerts.channels.team.urlEnvv: unknown key: allowed is urlEnv (nearest known key)',
  ],
  [
    'a watchdog that one lost answer would set off',
    { watchdog: { silenceMs: 4_000, lookMs: 2_000 } },
    'watchdog.silenceMs: 4000: allowed is at least three times lookMs, so that one lost answer kills nobody',
  ],
  [
    'an unknown rule',
    { alerts: { rules: { 'gateway-silence': {} } } },
    'alerts.rules.gateway-silence: unknown key: allowed is gateway-silent (nearest known key)',
  ],
  ['a choice', { environment: 'live' }, 'environment: "live": allowed is one of "sim", "paper", "testnet", "mainnet"'],
  ['a single choice', { venue: 'okx' }, 'venue: "okx": allowed is "binance"'],
  ['too small', { snapshot: { intervalMs: 1 } }, 'snapshot.intervalMs: 1: allowed is at least 20'],
  ['too large', { sim: { port: 70_000 } }, 'sim.port: 70000: allowed is at most 65535'],
  ['not more than zero', { exits: { stopLossPercent: 0 } }, 'exits.stopLossPercent: 0: allowed is more than 0'],
  ['not whole', { brain: { pollMs: 1.5 } }, 'brain.pollMs: 1.5: allowed is a whole number'],
  ['text for a number', { sim: { seed: 'one' } }, 'sim.seed: "one": allowed is a number'],
  ['a number for text', { runDir: 5 }, 'runDir: 5: allowed is a text in quotes'],
  ['an empty text', { runDir: '' }, 'runDir: "": allowed is at least 1 characters'],
  ['text for yes or no', { account: { exclusive: 'yes' } }, 'account.exclusive: "yes": allowed is true or false'],
  ['text for an object', { redis: 'localhost' }, 'redis: "localhost": allowed is an object {…}'],
  ['an object for a list', { symbols: 'BTCUSDT' }, 'symbols: "BTCUSDT": allowed is a list […]'],
  ['an empty list', { symbols: [] }, 'symbols: []: allowed is at least 1 entries'],
  ['a doubled symbol', { symbols: ['BTCUSDT', 'BTCUSDT'] }, 'symbols: ["BTCUSDT","BTCUSDT"]: allowed is each symbol once'],
  ['a symbol with a space', { symbols: ['BTC USDT'] }, 'symbols.0: "BTC USDT": allowed is a venue symbol such as "BTCUSDT"'],
  [
    'a number for a decimal',
    { strategy: { marketMaking: { orderSize: 0.01 } } },
    'strategy.marketMaking.orderSize: 0.01: allowed is a text in quotes',
  ],
  [
    'a size of zero',
    { strategy: { marketMaking: { orderSize: '0.000' } } },
    'strategy.marketMaking.orderSize: "0.000": allowed is a decimal above zero in quotes such as "0.010"',
  ],
  [
    'a negative limit',
    { limits: { maxGrossNotional: '-1' } },
    'limits.maxGrossNotional: "-1": allowed is a decimal in quotes such as "0.010"',
  ],
  [
    'an exponent',
    { limits: { maxGrossNotional: '1e4' } },
    'limits.maxGrossNotional: "1e4": allowed is a decimal in quotes such as "0.010"',
  ],
  [
    'slow below fast',
    { strategy: { macdTrend: { slowPeriod: 5 } } },
    'strategy.macdTrend.slowPeriod: 5: allowed is a number above fastPeriod',
  ],
  [
    'a countdown armed too seldom',
    { gateway: { deadManRefreshMs: 20_000 } },
    'gateway.deadManRefreshMs: 20000: allowed is at most half of deadManMs, so that one lost call does not cancel the quotes',
  ],
  [
    'a host that is none',
    { endpoints: { testnet: { rest: 'https://x', stream: 'y' } } },
    'endpoints.testnet.stream: "y": allowed is a URL such as "https://host"',
  ],
  [
    'a stream host in the place of REST',
    { endpoints: { testnet: { rest: 'wss://x', stream: 'wss://y' } } },
    'endpoints.testnet.rest: "wss://x": allowed is scheme, host and port such as "https://fapi.binance.com"',
  ],
  [
    'a host with a path',
    { endpoints: { mainnet: { rest: 'https://x', stream: 'wss://y', wallet: 'https://x/sapi' } } },
    'endpoints.mainnet.wallet: "https://x/sapi": allowed is scheme, host and port such as "https://fapi.binance.com"',
  ],
  [
    'exits without a stop-loss',
    { exits: { stopLossPercent: undefined } },
    'exits.stopLossPercent: missing: allowed is at least one of stopLossPercent, stopLossDistance and stopLossAmount',
  ],
  [
    'a stop-loss switched off on one symbol',
    { exits: { symbols: { BTCUSDT: { stopLossPercent: null } } } },
    'exits.symbols.BTCUSDT.stopLossPercent: null: allowed is at least one of stopLossPercent, stopLossDistance and stopLossAmount',
  ],
  [
    'exits whose only stop-loss is switched off',
    { exits: { stopLossPercent: null } },
    'exits.stopLossPercent: null: allowed is at least one of stopLossPercent, stopLossDistance and stopLossAmount',
  ],
  [
    'a trailing stop of no distance',
    { exits: { trailing: { activationPercent: 1 } } },
    'exits.trailing: {"activationPercent":1}: allowed is one of percent and distance',
  ],
  [
    'a break-even stop of two profits',
    { exits: { breakEven: { afterPercent: 1, afterDistance: '10' } } },
    'exits.breakEven: {"afterPercent":1,"afterDistance":"10"}: allowed is one of afterPercent and afterDistance',
  ],
  ['a distance that is a number', { exits: { stopLossDistance: 300 } }, 'exits.stopLossDistance: 300: allowed is a text in quotes'],
  ['an unknown key', { simbols: [] }, 'simbols: unknown key: allowed is symbols (nearest known key)'],
  [
    'an unknown key deep down',
    { limits: { symbols: { BTCUSDT: { maxPositon: '1' } } } },
    'limits.symbols.BTCUSDT.maxPositon: unknown key: allowed is maxPosition (nearest known key)',
  ],
  ['a key like no other', { log: { zzzzzzzz: 1 } }, 'log.zzzzzzzz: unknown key: allowed is level, dir, maxMb, keep'],
  [
    'a limit for what is no symbol',
    { limits: { symbols: { 'a:b': { maxPosition: '1', maxOrderNotional: '1', maxOpenOrders: 1, collarPercent: 1 } } } },
    'limits.symbols.a:b: {"maxPosition":"1","maxOrderNotional":"1","maxOpenOrders":1,"collarPercent":1}: allowed is a key that is a venue symbol such as "BTCUSDT"',
  ],
])('checkConfig() tells %s in one line', (_name, over, want) => {
  expect(lines(over)).toEqual([want]);
});

test('checkConfig() names what is missing, and every mistake once', () => {
  const { strategy, ...rest } = shipped();
  expect(strategy).toBeDefined();
  const checked = checkConfig({ ...rest, environment: 'x', extra: 1 });
  const found = 'problems' in checked ? checked.problems.map(problemLine) : [];
  expect(found).toHaveLength(3);
  expect(found).toContain('strategy: missing: allowed is an object {…}');
});

test.each([[null], [5], ['SECRETKEY'], [['SECRETKEY']]])('checkConfig() refuses %j as a whole without showing it', (document) => {
  const checked = checkConfig(document);
  const found = 'problems' in checked ? checked.problems.map(problemLine) : [];
  expect(found).toHaveLength(1);
  expect(found[0]).toMatch(/^\(whole file\): (null|a number|a string|an array): allowed is an object/);
});

test.each([
  [{ credentials: { testnet: 'SECRETKEY' } }],
  [{ credentials: 'SECRETKEY' }],
  [{ credentials: { testnet: { apiKey: { secret: 'SECRETKEY' } } } }],
  [{ credentials: { testnet: { apiKeyEnv: 'SECRETKEYsecretkey' } } }],
  [{ credentials: { testnet: { secretEnv: ['SECRETKEY'] } } }],
  [{ credentials: { testnet: { apikey: 'SECRETKEY' } } }],
  [{ redis: { url: 'http://user:SECRETKEY@host' } }],
  [{ redis: { url: 'redis://:SECRETKEY/SECRETKEY@host:1' } }],
])('checkConfig() shows no secret of %j', (over) => {
  const found = lines(over);
  expect(found).toHaveLength(1);
  expect(found.join()).not.toContain('SECRETKEY');
});

test('overlay() goes object by object; arrays and plain values replace', () => {
  expect(overlay({ a: { b: 1, c: [1, 2] }, d: 1 }, { a: { c: [3] }, e: null })).toEqual({ a: { b: 1, c: [3] }, d: 1, e: null });
  expect(overlay({ a: 1 }, 5)).toBe(5);
  expect(overlay([1], { a: 1 })).toEqual({ a: 1 });
});

test('configHash() is of what both processes must agree on: strategy, exits, limits and keys are free', () => {
  const hash = configHash(good());
  expect(hash).toMatch(/^[0-9a-f]{12}$/);
  const free = {
    strategy: { active: 'macd-trend', marketMaking: { spreadBps: 9 } },
    exits: { takeProfitPercent: 5 },
    limits: { maxGrossNotional: '1' },
    log: { level: 'debug' },
  };
  expect(configHash(good(free))).toBe(hash);
  const bound = [{ symbols: ['ETHUSDT'] }, { gateway: { leaseMs: 999 } }, { environment: 'testnet' }];
  for (const over of [...bound, { strategy: { macdTrend: { interval: '1m' } } }]) expect(configHash(good(over))).not.toBe(hash);
  expect(configHash(JSON.parse(JSON.stringify(good())))).toBe(hash);
});

test('accountHash() tells accounts apart and never holds the key', () => {
  expect(accountHash('key-one')).toMatch(/^[0-9a-f]{12}$/);
  expect(accountHash('key-one')).not.toBe(accountHash('key-two'));
});

test('limitsOf() takes the own entry, then the default, else none at all', () => {
  const config = good({ symbols: ['BTCUSDT', 'ETHUSDT'], limits: { symbols: { BTCUSDT: { maxPosition: '9' } } } });
  expect(limitsOf(config, 'BTCUSDT')?.maxPosition).toBe('9');
  expect(limitsOf(config, 'ETHUSDT')).toEqual(config.limits.default);
  expect(limitsOf(config, 'constructor')).toEqual(config.limits.default);
  const { default: _none, ...limits } = config.limits;
  expect(limitsOf({ ...config, limits }, 'ETHUSDT')).toBeNull();
});

test('publicConfig() hides inline keys and passwords, and nothing else', () => {
  const config = good({
    redis: { url: 'redis://user:SECRETKEY@host:1' },
    credentials: { testnet: { apiKey: 'SECRETKEY', secret: 'SECRETKEY' }, mainnet: { apiKeyEnv: 'A', secretEnv: 'B' } },
  });
  const shown = JSON.stringify(publicConfig(config));
  expect(shown).not.toContain('SECRETKEY');
  expect(shown).toContain('redis://(hidden)@host:1');
  expect(publicConfig(config).credentials.mainnet).toEqual({ apiKeyEnv: 'A', secretEnv: 'B' });
  expect(publicConfig(good())).toEqual(good());
});

test('configJsonSchema() describes every value and closes every object, so that an editor complains', () => {
  type Node = { type?: string; properties?: Record<string, Node>; additionalProperties?: unknown; description?: string };
  const bare: string[] = [];
  const open: string[] = [];
  const walk = (node: Node, path: string): void => {
    if (node.type === 'object' && node.properties && node.additionalProperties !== false) open.push(path);
    if (node.type !== 'object' && node.description === undefined && path !== '.$schema') bare.push(path);
    for (const [key, child] of Object.entries(node.properties ?? {})) walk(child, `${path}.${key}`);
    if (typeof node.additionalProperties === 'object') walk(node.additionalProperties as Node, `${path}.*`);
  };
  walk(configJsonSchema() as Node, '');
  expect({ bare, open }).toEqual({ bare: [], open: [] });
});

test.each([
  ['a wider stop at the venue', {}, []],
  [
    'none on one symbol',
    { symbols: { ETHUSDT: 0 } },
    ['ETHUSDT: gateway.disasterStop is 0, so nothing closes a position when gateway and brain are dead'],
  ],
  [
    'one that is nearer than ours',
    { percent: 0.5 },
    ['BTCUSDT', 'ETHUSDT'].map(
      (symbol) => `${symbol}: the stop at the venue (0.5 %) acts before exits.stopLossPercent (0.5 %): allowed, hardly meant`,
    ),
  ],
])('configWarnings() on %s', (_name, disasterStop, want) => {
  expect(configWarnings(good({ symbols: ['BTCUSDT', 'ETHUSDT'], gateway: { disasterStop } }))).toEqual(want);
});

const wide = { stopLossPercent: undefined };
test.each<[string, object, readonly string[]]>([
  ['a distance', { ...wide, stopLossDistance: '300' }, ['exits.stopLossDistance (300) at entry prices up to 15000']],
  ['money', { ...wide, stopLossAmount: '100' }, ['exits.stopLossAmount (100) on positions worth up to 5000']],
  ['a distance beside a percent that is near enough', { stopLossPercent: 1.99, stopLossDistance: '300' }, []],
  [
    'percent and money, neither always near enough',
    { stopLossPercent: 2, stopLossAmount: '100' },
    ['exits.stopLossPercent (2 %)', 'exits.stopLossAmount (100) on positions worth up to 5000'],
  ],
  ['a trailing stop that begins nearer than that', { trailing: { activationPercent: 2, percent: 3.9 } }, []],
  ['a trailing stop that begins as far away', { trailing: { activationPercent: 2, percent: 4 } }, ['exits.trailing']],
  ['a trailing stop that begins at once', { trailing: { percent: 2 } }, ['exits.trailing']],
  ['a trailing stop by price', { trailing: { distance: '300' } }, ['exits.trailing at entry prices up to 15000']],
  [
    'a trailing stop by price after a percent',
    { trailing: { activationPercent: 1, distance: '300' } },
    ['exits.trailing at entry prices up to 10000'],
  ],
  [
    'a trailing stop by percent after a price',
    { trailing: { activationDistance: '300', percent: 5 } },
    ['exits.trailing at entry prices from 10000'],
  ],
  ['a trailing stop by percent near enough', { trailing: { activationDistance: '300', percent: 1.5 } }, []],
  ['a trailing stop by prices, never too far', { trailing: { activationDistance: '300', distance: '200' } }, []],
])('configWarnings() compares the stop at the venue, 2 % away, with %s', (_name, exits, want) => {
  const lines = want.map((rule) => `BTCUSDT: the stop at the venue (2 %) acts before ${rule}: allowed, hardly meant`);
  expect(configWarnings(good({ exits }))).toEqual(lines);
});

test('configWarnings() judges each symbol by its own rules', () => {
  const symbols = ['BTCUSDT', 'ETHUSDT'];
  const config = good({ symbols, exits: { symbols: { ETHUSDT: { stopLossPercent: 3 } } } });
  expect(configWarnings(config)).toEqual([expect.stringMatching(/^ETHUSDT: .*stopLossPercent \(3 %\)/)]);
});

describe('exitsOf()', () => {
  const exits = {
    trailing: { activationPercent: 1, percent: 0.5 },
    timeStop: { maxHoldMs: 60_000 },
    symbols: {
      ETHUSDT: { takeProfitPercent: null, stopLossDistance: '20', trailing: { distance: '5' }, timeStop: null, cooldownMs: 0 },
    },
  };
  const base = { takeProfitPercent: 1, stopLossPercent: 0.5, cooldownMs: 30_000, maxMarkAgeMs: 3_000 };

  test('is what stands for all where a symbol says nothing', () => {
    expect(exitsOf(good({ exits }), 'BTCUSDT')).toEqual({
      ...{ ...base, trailing: exits.trailing, timeStop: { maxHoldMs: 60_000, evenInProfit: false } },
    });
  });

  test('lays what a symbol says over it, key by key; null switches off', () => {
    expect(exitsOf(good({ exits }), 'ETHUSDT')).toEqual({
      ...{ stopLossPercent: 0.5, stopLossDistance: '20', trailing: { distance: '5' }, cooldownMs: 0, maxMarkAgeMs: 3_000 },
    });
  });

  test('does not take a name of every object for a symbol', () => {
    expect(exitsOf(good({ exits }), 'constructor')).toEqual(exitsOf(good({ exits }), 'BTCUSDT'));
  });
});
