/**
 * Writes the values that redis.md and socket.md show anew, from a run on the simulator (`npm start`) that trades: what stands in Redis, and a
 * conversation on the operator's socket. The conversation places, amends and cancels, stops everything, and resumes.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { writeFileSync } from 'node:fs';
import type { Redis } from 'ioredis';
import { makeClientId } from '../shared/client-id.ts';
import type { Answer } from '../shared/command.ts';
import type { GatewayClient, Request } from '../shared/io/gateway-client.ts';
import { InstrumentDoc, keysOf } from '../shared/snapshot.ts';
import { stepped } from './lib/reference/stepped.ts';
import { SAMPLES_FILE, type Samples } from './lib/reference/samples.ts';
import { headerNow, openOperator } from './lib/operator.ts';
import { openRedis } from './lib/redis.ts';
import { configOf, EXIT, type ExitCode, newTool, print, Problem, runTool } from './lib/tool.ts';

const options = newTool('reference-samples', 'Writes the values that redis.md and socket.md show, from a run on the simulator that trades.')
  .option('--config <file>', 'configuration of the run', 'run/start/config.json')
  .parse()
  .opts<{ readonly config: string }>();

/** A list in an answer is cut after so many; the page says so by an ellipsis. */
const SHOWN = 3;
const SETTLE_MS = 300;
const FLAT_MS = 15_000;
const TTL_MS = 2_000;

async function main(): Promise<ExitCode> {
  const loaded = configOf(options.config);
  if (loaded.config.environment !== 'sim')
    throw new Problem(EXIT.usage, ['--config: allowed is a run on the simulator: it is stopped on the way']);
  const symbol = loaded.config.symbols[0] ?? '';
  using open = await openRedis(loaded);
  const redis = await redisSamples(open.redis, {
    prefix: loaded.config.redis.prefix,
    symbol,
    interval: loaded.config.strategy.macdTrend.interval,
  });
  await using client = await openOperator(loaded, 'reference');
  const socket = await converse(client, { symbol, redis });
  writeFileSync(SAMPLES_FILE, `${JSON.stringify({ redis, socket }, null, 2)}\n`);
  print(`${Object.keys(redis).length} keys and ${socket.length} exchanges written to ${SAMPLES_FILE}: now npm run schema`);
  return EXIT.done;
}

type Names = { readonly prefix: string; readonly symbol: string; readonly interval: string };

async function redisSamples(redis: Redis, { prefix, symbol, interval }: Names): Promise<Readonly<Record<string, string>>> {
  const found: Record<string, string> = {};
  for (const [name, key] of Object.entries(keysOf(prefix))) {
    const at = typeof key === 'string' ? key : key(symbol, interval);
    const stream = name === 'fills' || name === 'trades';
    const text = stream ? (await redis.xrevrange(at, '+', '-', 'COUNT', 1))[0]?.[1][1] : await redis.get(at);
    if (text === null || text === undefined) throw new Problem(EXIT.failed, [`${at} is not there: let the run trade for a while`]);
    found[name] = cut(text);
  }
  return found;
}

/** JSON whose long lists are cut. */
function cut(text: string): string {
  if (!text.startsWith('{')) return text;
  return JSON.stringify(
    JSON.parse(text, (_key, value: unknown) => (Array.isArray(value) && value.length > 2 * SHOWN ? value.slice(0, SHOWN) : value)),
  );
}

type Scene = { readonly symbol: string; readonly redis: Readonly<Record<string, string>> };
type Exchange = Samples['socket'][number];

async function converse(client: GatewayClient, { symbol, redis }: Scene): Promise<readonly Exchange[]> {
  const said: Exchange[] = [];
  const say = async (title: string, request: Request): Promise<Answer> => {
    const answer = await client.request(request);
    if (answer === null) throw new Problem(EXIT.unreachable, [`the gateway did not answer "${request.type}"`]);
    said.push({
      title,
      request: JSON.stringify({ id: said.length, ...request }),
      answer: cut(JSON.stringify({ ...answer, id: said.length })),
    });
    return answer;
  };
  const { environment, ...welcome } = client.welcome;
  const hello = { id: 0, type: 'hello', role: 'operator', schema: welcome.schema, environment, name: 'reference' };
  said.push({
    title: 'The client says who it is, and is welcomed:',
    request: JSON.stringify(hello),
    answer: JSON.stringify({ id: 0, type: 'taken', seq: client.visibleFrom, welcome: { environment, ...welcome } }),
  });
  await orders({ client, say, symbol, redis });
  await questions(say, { symbol, clientId: idOf(client, 1) });
  await persons({ client, say, symbol });
  return said;
}

type Say = (title: string, request: Request) => Promise<Answer>;
const idOf = (client: GatewayClient, counter: number): string =>
  makeClientId({ role: 'operator', epoch: client.welcome.brainEpoch, counter });

async function orders({ client, say, symbol, redis }: Scene & { readonly client: GatewayClient; readonly say: Say }): Promise<void> {
  const { price, lower, size } = stepped({
    instrument: InstrumentDoc.parse(JSON.parse(redis['instrument'] ?? '')),
    book: redis['book'] ?? '',
  });
  const fresh = async () => {
    const { epoch, seq } = await headerNow(client);
    return { basedOn: { epoch, seq }, ttlMs: TTL_MS };
  };
  const kind = { symbol, side: 'buy', kind: 'limit', timeInForce: 'post-only', reduceOnly: false } as const;
  const first = { type: 'place', clientId: idOf(client, 1), ...kind, price, size, reason: 'far from the market' } as const;
  await say('An order far below the market:', { ...first, ...(await fresh()) });
  await sleep(SETTLE_MS);
  await say('Another price for it:', { type: 'amend', clientId: first.clientId, price: lower, size, ...(await fresh()) });
  await say('The same id for another order is refused:', { ...first, side: 'sell', ...(await fresh()) });
  await sleep(SETTLE_MS);
  const { basedOn, ttlMs } = await fresh();
  const second = { id: 101, type: 'place', clientId: idOf(client, 2), ...kind, price, size, basedOn, ttlMs } as const;
  await say('Two commands in one message:', { type: 'batch', commands: [second, { id: 102, type: 'cancel', clientId: first.clientId }] });
  await sleep(SETTLE_MS);
  await say('All orders of ours on the symbol are cancelled:', { type: 'cancelAll', symbol });
  await sleep(SETTLE_MS);
}

async function questions(say: Say, { symbol, clientId }: { readonly symbol: string; readonly clientId: string }): Promise<void> {
  await say('One order:', { type: 'query', what: 'order', clientId });
  await say('Its whole life:', { type: 'query', what: 'life', clientId });
  await say('Orders that have not ended:', { type: 'query', what: 'orders', symbol, open: true, limit: 2 });
  await say('The first fills above number 0:', { type: 'query', what: 'fills', after: 0, limit: 2 });
  await say('Positions:', { type: 'query', what: 'positions' });
  await say('The whole book (lists are cut here):', { type: 'query', what: 'book', symbol });
  await say('Profit by day:', { type: 'query', what: 'pnl' });
  await say('Counters and latencies:', { type: 'query', what: 'stats' });
  await say('The configuration in force:', { type: 'query', what: 'config' });
}

async function persons({
  client,
  say,
  symbol,
}: {
  readonly client: GatewayClient;
  readonly say: Say;
  readonly symbol: string;
}): Promise<void> {
  await say('A heartbeat is for a brain:', { type: 'heartbeat', processed: null });
  await say('A person pauses:', { type: 'pause', reason: 'looking at something' });
  await say('A person resumes:', { type: 'resume' });
  await say('Nothing waits to be confirmed under this hash:', { type: 'confirmConfig', limitsHash: '000000000000' });
  await say('A test of the way to the channels:', { type: 'alarm', code: 'test', sentence: 'Testing the channels' });
  await say('Alarms of this run:', { type: 'query', what: 'alarms', after: 0 });
  await say('A close of the position on one symbol:', { type: 'closePosition', symbol, reason: 'enough', ladder: 'taker' });
  await say('An emergency stop:', { type: 'emergencyStop', reason: 'something is wrong' });
  const end = performance.now() + FLAT_MS;
  while ((await headerNow(client)).emergency?.phase !== 'done' && performance.now() < end) await sleep(SETTLE_MS);
  await say('The header while it holds:', { type: 'query', what: 'status' });
  await say('Only a person ends it:', { type: 'resume' });
  await say('From now on snapshots come unasked:', { type: 'subscribe', what: 'snapshot' });
}

await runTool('reference-samples', main);
