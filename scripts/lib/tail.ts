/** `mm tail`: orders, fills and decisions as they come, read from Redis; it asks nothing of the gateway. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { FillDoc, keysOf } from '../../shared/snapshot.ts';
import { fitted } from './fit.ts';
import { openRedis } from './redis.ts';
import { readState, type State } from './state.ts';
import { eventsBetween, fillEvent, passes, TAIL_KINDS, type TailEvent, type TailFilter, type TailKind, tailLine } from './tail-events.ts';
import { configOf, EXIT, type ExitCode, Problem, print } from './tool.ts';

export type TailOptions = {
  readonly config: string;
  readonly json: boolean;
  readonly symbol?: string;
  readonly run?: string;
  readonly only?: readonly TailKind[];
  readonly limit?: number;
  readonly seconds?: number;
};

/** As often as the gateway writes; an order that has ended is shown for 5 s, so none is passed over. */
const PERIOD_MS = 100;
const FILLS_AT_ONCE = 200;

export async function showTail(options: TailOptions): Promise<ExitCode> {
  const loaded = configOf(options.config);
  const { symbol = null, run = null, only = TAIL_KINDS, json, limit = Number.POSITIVE_INFINITY, seconds } = options;
  if (symbol !== null && !loaded.config.symbols.includes(symbol))
    throw new Problem(EXIT.usage, [`--symbol: ${symbol}: allowed is one of ${loaded.config.symbols.join(', ')}`]);
  const filter: TailFilter = { symbol, run, kinds: new Set(only) };
  using open = await openRedis(loaded);
  const fills = new FillCursor(open.redis, keysOf(loaded.config.redis.prefix).fills);
  await fills.begin();
  let before: State | null = null;
  let told = 0;
  const end = seconds === undefined ? Number.POSITIVE_INFINITY : performance.now() + seconds * 1_000;
  while (performance.now() < end) {
    const after: State = await readState(open.redis, loaded.config);
    const events = [...eventsBetween(before, after), ...(await fills.read())].filter((event) => passes(filter, event));
    for (const event of events.slice(0, limit - told)) print(...shown(event, json));
    told += events.length;
    if (told >= limit) return EXIT.done;
    before = after;
    await sleep(Math.min(PERIOD_MS, Math.max(0, end - performance.now())));
  }
  return EXIT.done;
}

const shown = (event: TailEvent, json: boolean): readonly string[] => (json ? [JSON.stringify(event)] : fitted([tailLine(event)]));

/** New entries of the stream of own fills. */
class FillCursor {
  readonly #redis: Redis;
  readonly #key: string;
  #after = '0';

  constructor(redis: Redis, key: string) {
    [this.#redis, this.#key] = [redis, key];
  }

  /** From now on. */
  async begin(): Promise<void> {
    const [newest] = await this.#redis.xrevrange(this.#key, '+', '-', 'COUNT', 1);
    this.#after = newest?.[0] ?? '0';
  }

  async read(): Promise<readonly TailEvent[]> {
    const entries = await this.#redis.xrange(this.#key, `(${this.#after}`, '+', 'COUNT', FILLS_AT_ONCE);
    this.#after = entries.at(-1)?.[0] ?? this.#after;
    return entries.flatMap(([, fields]) => {
      const fill = FillDoc.safeParse(JSON.parse(fields[1] ?? 'null'));
      return fill.success ? [fillEvent(fill.data)] : [];
    });
  }
}
