import { afterAll, beforeAll, expect, test } from 'vitest';
import { openBinance } from '../../../../../gateway/venues/binance/io/venue.ts';
import { type Endpoints, simEndpoints } from '../../../../../gateway/venues/binance/limits.ts';
import { systemClock } from '../../../../../shared/clock.ts';
import { Config } from '../../../../../shared/config.ts';
import { rootLog } from '../../../../../shared/log.ts';
import { makeMetrics } from '../../../../../shared/metrics.ts';
import { Random } from '../../../../../shared/random.ts';
import { readKey } from '../../../../../scripts/sim/accounts.ts';
import { KEY, openTestSim, SECRET, type SimClient } from '../../../../kit/sim-client.ts';

const ROUTE = '/sapi/v1/account/apiRestrictions';

let sim: SimClient;
beforeAll(async () => {
  const rights = { bound: ':ip=127.0.0.1', withdrawing: ':withdrawals:ip=127.0.0.1', reading: ':no-trading:ip=127.0.0.1' };
  const keys = Object.entries(rights).map(([name, text]) => readKey(`${KEY}:${name}:${name}-secret${text}`));
  sim = await openTestSim({ historyDays: 0, keys });
});
afterAll(() => sim.close());

type Opened = { readonly environment?: Config['environment']; readonly over?: Partial<Endpoints>; readonly apiKey?: string };

/** Opened on the simulator as if it were the exchange of real money, and closed again. */
async function open({ environment = 'mainnet', over = {}, apiKey = KEY }: Opened) {
  const { port } = sim.simulator;
  const endpoints = { ...simEndpoints(port), wallet: `http://127.0.0.1:${port}`, ...over };
  const config = Config.parse({
    environment,
    symbols: ['BTCUSDT'],
    endpoints: { [environment]: endpoints },
    gateway: { requestTimeoutMs: 10_000, recvWindowMs: 10_000 },
    strategy: {
      active: 'market-making',
      marketMaking: { spreadBps: 5, skewBps: 1, orderSize: '0.01', maxInventory: '1' },
      macdTrend: { orderSize: '0.01' },
    },
    exits: { takeProfitPercent: 1, stopLossPercent: 1 },
    limits: { maxGrossNotional: '10000' },
  });
  const lines: { level: number; warning?: string }[] = [];
  const stream = { write: (line: string) => void lines.push(JSON.parse(line) as { level: number; warning?: string }) };
  const result = await openBinance({
    config,
    credentials: { apiKey, secret: apiKey === KEY ? SECRET : `${apiKey}-secret` },
    ...{ clock: systemClock(), random: new Random(1), metrics: makeMetrics('test') },
    log: rootLog({ process: 'test', level: 'info', stream }),
  });
  if (result.ok) await result.value[Symbol.asyncDispose]();
  return { fault: result.ok ? null : result.error, warnings: lines.flatMap(({ warning }) => warning ?? []) };
}

test.each([
  ['withdrawing', /refused: it may withdraw: switch off/],
  ['reading', /refused: it may not trade futures: switch on/],
])('mainnet refuses the %s key, and says what to do', async (apiKey, sentence) => {
  const { fault } = await open({ apiKey });
  expect(fault).toEqual({ kind: 'auth', reason: 'key-rights', sentence: expect.stringMatching(sentence) });
  expect(JSON.stringify(fault)).not.toContain('-secret');
});

test.each<[string, Opened, readonly RegExp[]]>([
  ['a key bound to this address passes without a word', { apiKey: 'bound' }, []],
  ['a key for any address passes with a warning', {}, [/^The API key works from any address/]],
  ['no wallet host', { over: { wallet: undefined } }, [/could not be read: endpoints\.mainnet\.wallet is missing/]],
  [
    'a wallet host that is down',
    { over: { wallet: 'http://127.0.0.1:1' } },
    [/could not be read: http:\/\/127\.0\.0\.1:1: .*ECONNREFUSED/],
  ],
])('mainnet: %s', async (_name, options, warnings) => {
  expect(await open(options)).toEqual({ fault: null, warnings: warnings.map((line) => expect.stringMatching(line)) });
});

test.each([
  ['an error of the venue', { kind: 'error', error: 'internal-error' }, /could not be read: .*HTTP 503/],
  ['a page of somebody else', { kind: 'reply', status: 200, body: '<html>' }, /could not be read: .*not as documented/],
  ['a refusal', { kind: 'reply', status: 401, body: '{"code":-2015,"msg":"no"}' }, /could not be read: .*-2015/],
])('mainnet: rights answered with %s are a warning', async (_name, fault, warning) => {
  const started = await sim.admin('/sim/fault', { path: ROUTE, apiKey: 'bound', count: 1, ...fault });
  expect(started.status, started.text).toBe(200);
  expect(await open({ apiKey: 'bound' })).toEqual({ fault: null, warnings: [expect.stringMatching(warning)] });
});

test.each(['sim', 'testnet'] as const)('%s asks for no rights', async (environment) => {
  expect(await open({ environment, apiKey: 'withdrawing' })).toEqual({ fault: null, warnings: [] });
});
