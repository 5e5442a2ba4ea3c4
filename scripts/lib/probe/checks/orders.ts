/** Questions about orders of the book, hosts and streams. Each leaves nothing open. */
import * as z from 'zod';
import { accepted } from '../wire.ts';
import { assumed, differs, type Question, refusedWith, saysNothing, taken, unanswered } from '../question.ts';
import { eventOf } from '../private-events.ts';

const STREAM_MS = 10_000;
const EVENT_MS = 8_000;
const LATE_MS = 5_000;
const SHORT_WINDOW_MS = 1_000;
const Row = z.object({ status: z.string(), price: z.string(), origQty: z.string(), executedQty: z.string(), clientOrderId: z.string() });

export const ORDER_QUESTIONS: readonly Question[] = [
  {
    id: 'test-hosts-answer',
    done: 'GET time; opened the routed public and market streams and waited for data',
    ask: async ({ wire, symbol }) => {
      const facts = await wire.streams(symbol, STREAM_MS);
      const said = facts.map((fact) => (fact.state === 'data' ? 'data' : fact.sentence)).join('; ');
      return facts.every(({ state }) => state === 'data') ? assumed(said) : differs(said);
    },
  },
  {
    id: 'hmac-or-ed25519-rest',
    done: 'a signed read with the configured key',
    ask: async ({ wire }) => {
      const reply = await wire.get('/fapi/v3/balance');
      const said = `${wire.keyKind}: ${reply.words}`;
      if (accepted(reply)) return assumed(said);
      return reply.code === -1022 ? differs(said) : unanswered(said);
    },
  },
  {
    id: 'position-risk-flat-absent',
    done: 'read positionRisk of the flat symbol',
    ask: async ({ wire, symbol }) => {
      const reply = await wire.get('/fapi/v3/positionRisk', [['symbol', symbol]]);
      const rows = z.array(z.object({ symbol: z.string(), positionAmt: z.string() })).safeParse(reply.value);
      if (!accepted(reply) || !rows.success) return unanswered(reply.words);
      const row = rows.data.find((one) => one.symbol === symbol);
      if (!row) return assumed('missing');
      return Number(row.positionAmt) === 0 ? assumed('a row with size 0') : differs(`a row with size ${row.positionAmt}`);
    },
  },
  {
    id: 'unknown-order-codes',
    done: 'queried and cancelled an id that never was',
    ask: async (bench) => {
      const id = bench.nextId();
      const [query, cancel] = [await bench.query(id), await bench.cancel(id)];
      const said = `query: ${query.words}; cancel: ${cancel.words}`;
      if (query.code === -2013 && cancel.code === -2011) return assumed(said);
      const isNone = (code: number | null): boolean => code === null || saysNothing(code);
      return isNone(query.code) || isNone(cancel.code) ? unanswered(said) : differs(said);
    },
  },
  {
    id: 'private-events-arrive',
    done: 'opened the private stream, placed a far order, and waited for its event',
    ask: async (bench) => {
      const id = bench.nextId();
      const heard = await eventOf(bench, { id, waitMs: EVENT_MS });
      await bench.cancel(id);
      if (heard.kind === 'event') return assumed(`the event came after ${heard.afterMs.toFixed(0)} ms`);
      return heard.kind === 'silent' ? differs(heard.sentence) : unanswered(heard.sentence);
    },
  },
  {
    id: 'id-refused-while-open',
    done: 'placed a far order twice with one id',
    ask: async (bench) => {
      const newClientOrderId = bench.nextId();
      const first = await bench.place({ newClientOrderId });
      if (!accepted(first)) return unanswered(`the first was refused: ${first.words}`);
      const second = await bench.place({ newClientOrderId });
      await bench.cancel(newClientOrderId);
      if (accepted(second)) await bench.cancel(newClientOrderId);
      return refusedWith(second, [-4116]);
    },
  },
  {
    id: 'id-free-after-end',
    done: 'placed a far order, cancelled it, placed another one with the same id',
    ask: async (bench) => {
      const newClientOrderId = bench.nextId();
      const first = await bench.place({ newClientOrderId });
      const canceled = await bench.cancel(newClientOrderId);
      if (!accepted(first) || !accepted(canceled)) return unanswered(`${first.words}; ${canceled.words}`);
      const second = await bench.place({ newClientOrderId });
      if (accepted(second)) await bench.cancel(newClientOrderId);
      return taken(second);
    },
  },
  {
    id: 'amend-total-size',
    done: 'placed a far order, amended price and size, read it back',
    ask: async (bench) => {
      const id = bench.nextId();
      const placed = await bench.place({ newClientOrderId: id });
      const [price, quantity] = [bench.price(0.79), bench.size(0.79, 2)];
      const fields = { symbol: bench.symbol, side: 'BUY', quantity, price, origClientOrderId: id };
      const amended = await bench.wire.signed('PUT', '/fapi/v1/order', Object.entries(fields));
      const row = Row.safeParse((await bench.query(id)).value);
      await bench.cancel(id);
      if (!accepted(placed) || !row.success) return unanswered(`${placed.words}; ${amended.words}`);
      if (!accepted(amended)) return taken(amended);
      const { status, price: at, origQty, clientOrderId } = row.data;
      const said = `${status}, price ${at}, size ${origQty}`;
      const asAsked = Number(at) === Number(price) && Number(origQty) === Number(quantity) && clientOrderId === id && status === 'NEW';
      return asAsked ? assumed(said) : differs(said);
    },
  },
  {
    id: 'post-only-refused',
    done: 'placed a post-only order that would take',
    ask: async (bench) => {
      const id = bench.nextId();
      const reply = await bench.place({
        newClientOrderId: id,
        timeInForce: 'GTX',
        price: bench.price(1.02),
        quantity: bench.size(1),
        newOrderRespType: 'RESULT',
      });
      if (!accepted(reply)) return reply.code === -5022 ? assumed(reply.words) : unanswered(reply.words);
      const row = Row.safeParse((await bench.query(id)).value);
      await bench.cancel(id);
      if (!row.success) return unanswered('accepted, and cannot be queried');
      const said = `accepted, then ${row.data.status}, filled ${row.data.executedQty}`;
      return Number(row.data.executedQty) === 0 ? assumed(said) : differs(said);
    },
  },
  {
    id: 'late-order-refused',
    done: `placed a far order dated ${LATE_MS} ms ago with a recvWindow of ${SHORT_WINDOW_MS} ms`,
    ask: async (bench) => {
      const id = bench.nextId();
      const reply = await bench.place({ newClientOrderId: id }, { recvWindowMs: SHORT_WINDOW_MS, shiftMs: -LATE_MS });
      if (accepted(reply)) await bench.cancel(id);
      return refusedWith(reply, [-1021, -5028]);
    },
  },
];
