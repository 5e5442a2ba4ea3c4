/** Questions about conditional orders, asked while the smallest position is held. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench } from '../bench.ts';
import { type Answer, assumed, differs, type Question, refusedWith, taken, unanswered } from '../question.ts';
import { accepted, type Reply } from '../wire.ts';

const COUNTDOWN_MS = 2_000;
const COUNTDOWN_WAIT_MS = 15_000;
const LOOK_MS = 500;

const held = (id: string, done: string, ask: Question['ask']): Question => ({ id, done, held: true, ask });

const stopWith = async (bench: Bench, share: number): Promise<{ readonly id: string; readonly reply: Reply }> => {
  const id = bench.nextId();
  const reply = await bench.stop({ quantity: bench.size(1), reduceOnly: 'true', triggerPrice: bench.price(share), clientAlgoId: id });
  return { id, reply };
};

/** What stops were there before a deed, and are still after it. */
async function survived(bench: Bench, id: string): Promise<boolean | null> {
  const open = await bench.openStops();
  return open === null ? null : open.includes(id);
}

/** Runs with one stop resting, which is taken away afterwards. */
async function beside(bench: Bench, ask: (id: string) => Promise<Answer>): Promise<Answer> {
  const { id, reply } = await stopWith(bench, 0.85);
  if (!accepted(reply)) return unanswered(`the stop was refused: ${reply.words}`);
  const answer = await ask(id);
  await cancelStop(bench, id);
  return answer;
}

const cancelStop = (bench: Bench, id: string): Promise<Reply> => bench.wire.signed('DELETE', '/fapi/v1/algoOrder', [['clientAlgoId', id]]);

const spared = (still: boolean | null, what: string): Answer =>
  still === null
    ? unanswered('the stops cannot be read')
    : still
      ? assumed(`${what}; the stop is still there`)
      : differs(`${what}; the stop is gone, too`);

export const STOP_QUESTIONS: readonly Question[] = [
  held('stop-reduce-only-quantity', 'placed a reduce-only STOP_MARKET with quantity and triggerPrice', async (bench) => {
    const { id, reply } = await stopWith(bench, 0.85);
    if (accepted(reply)) await cancelStop(bench, id);
    return taken(reply);
  }),
  held('two-reduce-only-stops', 'placed a second reduce-only stop beside the first one', (bench) =>
    beside(bench, async () => {
      const { id, reply } = await stopWith(bench, 0.84);
      if (accepted(reply)) await cancelStop(bench, id);
      return taken(reply);
    }),
  ),
  held('order-calls-hide-stops', 'queried a resting stop, and cancelled it, as an order of the book', (bench) =>
    beside(bench, async (id) => {
      const [query, open] = [await bench.query(id), await bench.openOrders()];
      const cancel = await bench.cancel(id);
      const said = `query: ${query.words}; cancel: ${cancel.words}`;
      if (open === null || query.status === null || cancel.status === null) return unanswered(said);
      if (query.code === -2013 && cancel.code === -2011 && !open.includes(id)) return assumed(said);
      return accepted(query) || accepted(cancel) || open.includes(id) ? differs(said) : unanswered(said);
    }),
  ),
  held('cancel-all-spares-stops', 'cancelled all open orders of the symbol', (bench) =>
    beside(bench, async (id) => {
      const reply = await bench.wire.signed('DELETE', '/fapi/v1/allOpenOrders', [['symbol', bench.symbol]]);
      return accepted(reply) ? spared(await survived(bench, id), 'done') : unanswered(reply.words);
    }),
  ),
  held('countdown-spares-stops', `placed a far order, let the countdown of ${COUNTDOWN_MS} ms run out`, (bench) =>
    beside(bench, async (id) => {
      const order = bench.nextId();
      const placed = await bench.place({ newClientOrderId: order });
      if (!accepted(placed)) return unanswered(`the order was refused: ${placed.words}`);
      const armed = await bench.wire.signed('POST', '/fapi/v1/countdownCancelAll', [
        ['symbol', bench.symbol],
        ['countdownTime', COUNTDOWN_MS],
      ]);
      const gone = accepted(armed) && (await goneWithin(bench, order));
      if (!gone) {
        await bench.cancel(order);
        return unanswered(accepted(armed) ? `the order was still open after ${COUNTDOWN_WAIT_MS} ms` : armed.words);
      }
      return spared(await survived(bench, id), 'the order was cancelled');
    }),
  ),
  held('stop-would-trigger', 'placed a sell stop above the mark', async (bench) => {
    const { id, reply } = await stopWith(bench, 1.03);
    if (accepted(reply)) await cancelStop(bench, id);
    return refusedWith(reply, [-2021]);
  }),
  held('one-close-position-stop', 'placed two closePosition stops of one direction', async (bench) => {
    const close = (share: number, clientAlgoId: string) =>
      bench.stop({ closePosition: 'true', triggerPrice: bench.price(share), clientAlgoId });
    const [first, second] = [bench.nextId(), bench.nextId()];
    const one = await close(0.83, first);
    if (!accepted(one)) return unanswered(`the first was refused: ${one.words}`);
    const two = await close(0.82, second);
    await cancelStop(bench, first);
    if (accepted(two)) await cancelStop(bench, second);
    return refusedWith(two, [-4130]);
  }),
];

async function goneWithin(bench: Bench, id: string): Promise<boolean> {
  const end = performance.now() + COUNTDOWN_WAIT_MS;
  while (performance.now() < end) {
    const open = await bench.openOrders();
    if (open !== null && !open.includes(id)) return true;
    await sleep(LOOK_MS);
  }
  return false;
}
