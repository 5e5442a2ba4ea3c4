/** Orders that rest far from the market, evenly over the symbols: placed through the gateway like a brain's, until there are as many as asked. */
import { setTimeout as sleep } from 'node:timers/promises';
import { makeClientId } from '../../../shared/client-id.ts';
import type { Header } from '../../../shared/snapshot.ts';
import type { ScaleRun } from './scale-run.ts';

/** Commands sent in a turn, and between turns: below what the gateway's own rate allows. */
const AT_ONCE = 20;
const TURN_MS = 40;
const TTL_MS = 5_000;
const SETTLE_MS = 1_000;

export class RestingOrders {
  readonly #run: ScaleRun;
  #placed = 0;

  constructor(run: ScaleRun) {
    this.#run = run;
  }

  async growTo(count: number): Promise<void> {
    while (this.#placed < count) {
      const header = await this.#run.parts.landings.header();
      const due = Math.min(AT_ONCE, count - this.#placed);
      await Promise.all(Array.from({ length: due }, () => this.#place(header)));
      await sleep(TURN_MS);
    }
    await sleep(SETTLE_MS);
    const open = await this.#run.openOrders();
    if (open !== count) throw new Error(`${count} orders were placed, ${open} are open`);
  }

  async #place({ epoch, seq }: Header): Promise<void> {
    const { client, symbols } = this.#run.parts;
    const n = this.#placed++;
    const clientId = makeClientId({ role: 'operator', epoch: client.welcome.brainEpoch, counter: n });
    const side = n % 2 === 0 ? ('buy' as const) : ('sell' as const);
    const away = (Math.floor(n / (2 * symbols.length)) % 100) + 100; // hundredths
    const price = ((side === 'buy' ? 10_000 - away : 10_001 + away) / 100).toFixed(2);
    const rest = {
      kind: 'limit',
      timeInForce: 'post-only',
      reduceOnly: false,
      reason: 'bench',
      basedOn: { epoch, seq },
      ttlMs: TTL_MS,
    } as const;
    const symbol = symbols[Math.floor(n / 2) % symbols.length] ?? '';
    const answer = await client.request({ type: 'place', clientId, symbol, side, price, size: '0.100', ...rest });
    if (answer?.type === 'refused') throw new Error(`An order of the bench was refused: ${answer.code}`);
  }
}
