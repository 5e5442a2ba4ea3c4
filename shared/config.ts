/**
 * config.json: one strict schema with ranges and units. Mistakes are data, one line each (path, value, what is allowed), never a throw;
 * unknown keys are mistakes and name the nearest known key. `config.local.json` overlays key by key.
 */
import { createHash } from 'node:crypto';
import * as z from 'zod';
import { ArbitrageParameters } from './arbitrage.ts';
import { GatewayConfig } from './config-gateway.ts';
import { AlertsConfig, WatchdogConfig } from './config-safety.ts';
import { type ConfigProblem, hidePassword, parameterProblems, problemsOf, type SchemaNode } from './config-problem.ts';
import { DashboardConfig } from './config-dashboard.ts';
import { RecordConfig } from './config-record.ts';
import { ms, percent } from './config-units.ts';
import { ExitsConfig, exitsOf, exitWarnings } from './exit-parameters.ts';
import { overlay, stable } from './json.ts';
import { Limits, type SymbolLimits, symbolName } from './limits.ts';
import { longestPeriod, MacdParameters } from './macd-parameters.ts';
import { marketMakingSchema } from './market-making-config.ts';
import { Risk } from './risk.ts';
import { type BarInterval, customSchema, namingProblems, plannedRuns, runsSchema, withFilesNamed } from './runs.ts';
import { plannedShadows, shadowProblems, shadowsSchema } from './shadow.ts';

/** Finest part of money is 1e-8. */
const money = z
  .string()
  .regex(/^\d{1,12}(\.\d{1,8})?$/, 'a decimal in quotes such as "10000"')
  .describe('decimal string');
const latency = z
  .string()
  .regex(
    /^(none|fixed:\d+(\.\d+)?|uniform:\d+(\.\d+)?:\d+(\.\d+)?|lognormal:\d+(\.\d+)?:\d+(\.\d+)?)(\+\d+(\.\d+)?:\d+(\.\d+)?)?$/,
    '"none", "fixed:MS", "uniform:MIN:MAX" or "lognormal:MEDIAN:SIGMA", each with "+PROBABILITY:MS" for spikes',
  );

/** Calls carry their whole path: nothing stands behind the port. */
const origin = z.string().regex(/^https?:\/\/[^\s/?#@]+\/?$/, 'scheme, host and port such as "https://fapi.binance.com"');

const endpoints = z
  .strictObject({
    rest: origin.describe('REST base URL'),
    stream: z.url().describe('stream base URL, before the route'),
    api: z.url().optional().describe('WebSocket API, whole URL; only for gateway.orderEntry "websocket"'),
    wallet: origin.optional().describe('REST base URL of the wallet calls, which tell the rights of the key; mainnet only'),
  })
  .describe('hosts of one environment');

/** Upper case, and shorter than a key, so that a key pasted here is refused and never printed as a name. */
const environmentVariable = z
  .string()
  .regex(/^[A-Z_][A-Z0-9_]{0,59}$/, 'the name of a variable such as "MMBOT_TESTNET_API_KEY", not the key itself');

const credentials = z
  .strictObject({
    apiKeyEnv: environmentVariable.optional().describe('name of the environment variable that holds the API key'),
    secretEnv: environmentVariable.optional().describe('name of the environment variable that holds the secret'),
    file: z.string().optional().describe('path of a file with mode 0600: {"apiKey":"…","secret":"…"}'),
    keystore: z.string().min(1).optional().describe('path of an encrypted keystore (scripts/mm keys add)'),
    key: z
      .string()
      .regex(/^[a-z][a-z0-9-]{0,30}$/, 'a name in small letters')
      .optional()
      .describe('name in the keystore; default: the environment'),
    passphraseFile: z
      .string()
      .min(1)
      .optional()
      .describe('path of a 0600 file with the passphrase of the keystore; without it one is asked for'),
    passphraseEnv: environmentVariable.optional().describe('name of the environment variable that holds the passphrase of the keystore'),
    apiKey: z.string().optional().describe('inline key: only in a 0600 file that git does not track'),
    secret: z.string().optional().describe('inline secret: only in a 0600 file that git does not track'),
  })
  .describe('where the key of one environment comes from; the sim needs none');

export const MarketMakingParameters = marketMakingSchema;
export type MarketMakingParameters = Readonly<z.infer<typeof MarketMakingParameters>>;

export const OmsParameters = z.strictObject({
  sizeUnderPercent: percent(100)
    .default(50)
    .describe('a quote is left alone while no more than this share of its wanted size is missing, percent'),
  sizeOverPercent: z.number().min(0).max(100).default(0).describe('a quote may be larger than wanted by this share, percent'),
  settleSnapshots: z
    .int()
    .min(1)
    .max(100)
    .default(2)
    .describe('a quote that stands off is moved after so many snapshots in a row; pushed ones count no faster than `snapshot.intervalMs`'),
  settleFactor: z.number().min(1).max(1_000).default(4).describe('standing off by more than so many tolerances, a quote is moved at once'),
  batchWindowMs: ms(0, 1_000)
    .default(10)
    .describe('commands of turns nearer together than this leave as one message; cancels and exits never wait'),
  actionsPerSecond: z
    .number()
    .gt(0)
    .max(1_000)
    .default(20)
    .describe('order actions a second and symbol; cancels and what reduces never wait'),
  actionBurst: z.int().min(1).max(1_000).default(40).describe('order actions of a symbol at once after a quiet time'),
});
export type OmsParameters = Readonly<z.infer<typeof OmsParameters>>;

/** Strategies that come with the product: where their parameters stand in the configuration, and what those may be. */
export const BUILT_IN = {
  'market-making': { key: 'marketMaking', parameters: MarketMakingParameters },
  'macd-trend': { key: 'macdTrend', parameters: MacdParameters },
  arbitrage: { key: 'arbitrage', parameters: ArbitrageParameters },
} as const;
export type BuiltIn = keyof typeof BUILT_IN;
export const isBuiltIn = (name: string): name is BuiltIn => Object.hasOwn(BUILT_IN, name);

export const Config = z.strictObject({
  $schema: z.string().optional().describe('JSON Schema of this file, for editors'),
  environment: z.enum(['sim', 'paper', 'testnet', 'mainnet']).default('sim').describe('where it trades; mainnet needs --live as well'),
  venue: z.enum(['binance']).default('binance').describe('the exchange'),
  symbols: z
    .array(symbolName)
    .min(1)
    .max(200)
    .refine((symbols) => new Set(symbols).size === symbols.length, 'each symbol once')
    .describe('symbols to watch and trade'),
  runDir: z.string().min(1).default('run').describe('folder of socket, lock and ledger; relative to the config file'),
  redis: z
    .strictObject({
      url: z
        .string()
        .regex(/^(redis|rediss|unix):\/\//, 'redis://host:port, rediss://… or unix:///path')
        .refine((url) => !/^rediss?:/.test(url) || URL.canParse(url), 'redis://host:port; in a password / ? # are written as %2F %3F %23')
        .default('redis://127.0.0.1:6379')
        .describe('the server that carries the snapshots'),
      prefix: z.string().min(1).max(60).default('mm:binance').describe('first part of every key'),
    })
    .prefault({})
    .describe('where the snapshots go'),
  snapshot: z
    .strictObject({
      intervalMs: ms(20, 5_000).default(100).describe('period of the snapshot to Redis'),
      bookLevels: z.int().min(5).max(100).default(20).describe('levels a side in the snapshot'),
    })
    .prefault({})
    .describe('what the gateway publishes, and how often'),
  gateway: GatewayConfig,
  brain: z
    .strictObject({
      pollMs: ms(1, 1_000)
        .default(10)
        .describe('period of the Redis poll; shorter than that of the snapshots, Redis is also read just after each is due'),
      feed: z.enum(['poll', 'push']).default('poll').describe('how snapshots arrive: polled from Redis, or pushed over the socket'),
      maxSnapshotAgeMs: ms(50, 10_000).default(500).describe('an older snapshot is not acted on'),
      commandTtlMs: ms(50, 10_000).default(500).describe('life of an order command, counted from its snapshot'),
      metricsPort: z.int().min(0).max(65_535).nullable().default(9_465).describe('port of /metrics on loopback; 0 any free one, null off'),
      oms: OmsParameters.prefault({}).describe('how wanted quotes become orders'),
    })
    .prefault({})
    .describe('the process that decides'),
  strategy: z
    .strictObject({
      active: z
        .string()
        .meta({ examples: Object.keys(BUILT_IN) })
        .describe('the strategy that runs: "market-making", "macd-trend", "arbitrage", a name of custom, or a file such as "./lean.ts"'),
      marketMaking: MarketMakingParameters.describe('parameters of market-making'),
      macdTrend: MacdParameters.describe('parameters of macd-trend'),
      arbitrage: ArbitrageParameters.prefault({}).describe('parameters of arbitrage, a run over two symbols of one coin'),
      runs: runsSchema,
      custom: customSchema,
      shadow: shadowsSchema,
    })
    .describe('what decides'),
  exits: ExitsConfig.describe('hard take-profit and stop-loss over every strategy, on the net position; whichever is reached first'),
  risk: Risk.prefault({}),
  limits: Limits.describe('what no order may pass; an absent limit means zero'),
  account: z
    .strictObject({
      exclusive: z.boolean().default(false).describe('true: no person or program else trades here, so symbol-wide cancels are allowed'),
      maxLeverage: z.int().min(1).max(150).default(20).describe('leverage set at the venue above this: no start, and no new exposure'),
      leverage: z
        .record(symbolName, z.int().min(1).max(150).describe('highest leverage of the symbol'))
        .default({})
        .describe('the same for single symbols, instead of maxLeverage'),
    })
    .prefault({})
    .describe('what else happens on the account'),
  sim: z
    .strictObject({
      port: z.int().min(0).max(65_535).default(18_080).describe('port of the simulator on loopback; 0 any free one'),
      seed: z.int().min(0).max(4_294_967_295).default(1).describe('same seed, same market'),
      profile: z
        .enum(['calm', 'normal', 'fast', 'storm', 'thin', 'regimes'])
        .default('normal')
        .describe('how lively the simulated market is'),
    })
    .prefault({})
    .describe('the simulated exchange'),
  paper: z
    .strictObject({
      balances: z
        .record(z.string().regex(/^[A-Z0-9]{2,12}$/), money)
        .default({ USDT: '500000', USDC: '500000' })
        .describe('what a new paper account begins with'),
      queueModel: z
        .enum(['risk-averse', 'proportional', 'log-proportional', 'square-proportional'])
        .default('risk-averse')
        .describe('where own orders stand in line: how much of a level that shrinks without a trade stood before us'),
      fees: z
        .strictObject({ makerBps: z.number().min(-10).max(100), takerBps: z.number().min(-10).max(100) })
        .nullable()
        .default(null)
        .describe('share of the notional, basis points; null: what a regular user of the venue pays'),
      orderLatency: latency.default('lognormal:20:0.3').describe('time of an order to the exchange, and of its answer back'),
      eventLatency: latency.default('lognormal:20:0.3').describe('time of an account event on its way to us'),
    })
    .prefault({})
    .describe('the account of paper: live public data, fills simulated by the gateway'),
  endpoints: z
    .strictObject({
      sim: endpoints.optional(),
      paper: endpoints.optional().describe('public data of paper; without it those of mainnet'),
      testnet: endpoints.optional(),
      mainnet: endpoints.optional(),
    })
    .prefault({})
    .describe('hosts, when other than the usual'),
  credentials: z
    .strictObject({
      sim: credentials.optional(),
      testnet: credentials.optional(),
      mainnet: credentials.optional(),
    })
    .prefault({})
    .describe('where the keys come from'),
  record: RecordConfig.prefault({}),
  watchdog: WatchdogConfig.prefault({}),
  dashboard: DashboardConfig.prefault({}),
  alerts: AlertsConfig.prefault({}),
  log: z
    .strictObject({
      level: z.enum(['trace', 'debug', 'info', 'warn', 'error']).default('info').describe('least severe line that is written'),
      dir: z
        .string()
        .min(1)
        .nullable()
        .default(null)
        .describe('folder of log files, one a process, relative to the config file; null: stderr'),
      maxMb: z.int().min(1).max(10_000).default(50).describe('size at which a log file is put aside, MB'),
      keep: z.int().min(0).max(1_000).default(5).describe('log files put aside that are kept'),
    })
    .prefault({})
    .describe('what the processes write to their logs'),
});
export type Config = Readonly<z.infer<typeof Config>>;

/** Public constants of our own simulator, not secrets. */
export const SIM_CREDENTIALS = { apiKey: 'mmbot-sim-key', secret: 'mmbot-sim-secret' } as const;

/** Names the paper account; it needs no key. */
export const PAPER_CREDENTIALS = { apiKey: 'mmbot-paper-account', secret: 'none' } as const;

export type Checked = { readonly config: Config } | { readonly problems: readonly ConfigProblem[] };

/** Checks a parsed document. The documents are merged before, so a problem speaks of the effective value. */
export function checkConfig(document: unknown): Checked {
  const parsed = Config.safeParse(document, { jitless: true }); // read too seldom to be worth code of its own, which takes 20 ms of a start to make
  if (parsed.success) {
    const files = withFilesNamed(parsed.data.strategy, Object.keys(BUILT_IN));
    if (files.problems.length > 0) return { problems: files.problems };
    const config = { ...parsed.data, strategy: files.strategy };
    const problems = [...namingProblems(config, Object.keys(BUILT_IN)), ...shadowProblems(config), ...overrideProblems(config)];
    return problems.length === 0 ? { config } : { problems };
  }
  schemaOfProblems ??= configJsonSchema() as SchemaNode;
  const schema = schemaOfProblems;
  return { problems: parsed.error.issues.flatMap((issue) => problemsOf(issue, document, schema)) };
}
/** Made once: it costs 50 ms, and a search over parameters is refused many times. */
let schemaOfProblems: SchemaNode | null = null;

/** Parameters of a run of a built-in strategy: those of the strategy, with its own laid over them. */
export const runParameters = (config: Config, { use, with: own }: { readonly use: BuiltIn; readonly with: object }): unknown =>
  overlay(config.strategy[BUILT_IN[use].key], own);

/** What a run or a shadow of a built-in strategy changes is checked by the schema of that strategy. */
function overrideProblems(config: Config): readonly ConfigProblem[] {
  const listed = config.strategy.runs.map(({ use, with: own }, n) => ({ use, with: own, path: `strategy.runs.${n}` }));
  return [...listed, ...plannedShadows(config)].flatMap(({ use, with: own, path }) => {
    if (!isBuiltIn(use)) return [];
    const document = runParameters(config, { use, with: own });
    return parameterProblems(BUILT_IN[use].parameters, { document, path: `${path}.with` });
  });
}

/** Intervals of the bars that strategies read, and the longest average over each, bars; 0 where the strategy has none. */
export function barsRead(config: Config): ReadonlyMap<BarInterval, number> {
  const { macdTrend, custom } = config.strategy;
  const reads = new Map<BarInterval, number>();
  const add = (interval: BarInterval, period: number): void => void reads.set(interval, Math.max(period, reads.get(interval) ?? 0));
  add(macdTrend.interval, longestPeriod(macdTrend)); // always, so that a person can switch the strategy and restart only the brain
  for (const { use, with: own } of [...plannedRuns(config), ...plannedShadows(config)]) {
    const parsed = use === 'macd-trend' ? MacdParameters.safeParse(runParameters(config, { use, with: own })) : null;
    if (parsed?.success) add(parsed.data.interval, longestPeriod(parsed.data));
  }
  for (const { bars } of Object.values(custom)) if (bars !== undefined) add(bars, 0);
  return reads;
}

/** What may be shown: the effective configuration with inline keys and passwords hidden. */
export function publicConfig(config: Config): Config {
  const hide = <T extends { apiKey?: string | undefined; secret?: string | undefined }>(source: T): T => ({
    ...source,
    ...(source.apiKey === undefined ? {} : { apiKey: '(hidden)' }),
    ...(source.secret === undefined ? {} : { secret: '(hidden)' }),
  });
  const sources = Object.entries(config.credentials).map(([environment, source]) => [environment, source && hide(source)]);
  return { ...config, redis: { ...config.redis, url: hidePassword(config.redis.url) }, credentials: Object.fromEntries(sources) };
}

export { overlay };

export const problemLine = ({ path, value, allowed }: ConfigProblem): string => `${path}: ${value}: allowed is ${allowed}`;

/**
 * Twelve hex digits over what gateway and brain must agree on. What changes while they run (strategy, exits, limits) is left out: of
 * limits each keeps its own, and the tighter of both rules.
 */
export function configHash(config: Config): string {
  const { environment, venue, symbols, redis, snapshot, gateway, account } = config;
  const { metricsPort: _, ledger: __, ...gatewayAgreed } = gateway;
  const intervals = [...barsRead(config).keys()].sort();
  const agreed = { environment, venue, symbols, redis, snapshot, gateway: gatewayAgreed, account, intervals };
  return createHash('sha256').update(stable(agreed)).digest('hex').slice(0, 12);
}

/** Names the account without telling its key: twelve hex digits. */
export const accountHash = (apiKey: string): string => createHash('sha256').update(apiKey).digest('hex').slice(0, 12);

export const limitsOf = (config: Config, symbol: string): SymbolLimits | null =>
  (Object.hasOwn(config.limits.symbols, symbol) ? config.limits.symbols[symbol] : config.limits.default) ?? null;

/** Highest leverage that may be set for a symbol at the venue. */
export const leverageMaxOf = ({ account }: Pick<Config, 'account'>, symbol: string): number =>
  (Object.hasOwn(account.leverage, symbol) ? account.leverage[symbol] : undefined) ?? account.maxLeverage;

/** JSON Schema for editors; kept in shared/config.schema.json by `npm run schema`. */
export const configJsonSchema = (): unknown => z.toJSONSchema(Config, { io: 'input', unrepresentable: 'any' });

/** Percent between entry price and the stop at the venue; 0 for none. */
export const stopPercentOf = ({ gateway: { disasterStop } }: Config, symbol: string): number =>
  (Object.hasOwn(disasterStop.symbols, symbol) ? disasterStop.symbols[symbol] : null) ?? disasterStop.percent;

/** What is allowed and yet worth a line at every start. */
export function configWarnings(config: Config): readonly string[] {
  return config.symbols.flatMap((symbol) => {
    const venuePercent = stopPercentOf(config, symbol);
    if (venuePercent === 0) return [`${symbol}: gateway.disasterStop is 0, so nothing closes a position when gateway and brain are dead`];
    return exitWarnings(exitsOf(config, symbol), { symbol, venuePercent });
  });
}
