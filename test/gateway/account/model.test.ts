/** A seeded sample of `npm run test:soak -- --model`, and scripts that it once found. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { VirtualClock } from '../../../shared/clock.ts';
import { makeClientId } from '../../../shared/client-id.ts';
import { lots, ticks } from '../../../shared/units.ts';
import { checkHistories, withLedgerDir } from '../../kit/model/check.ts';
import { Effects, ModelStore } from '../../kit/model/effects.ts';
import { MID, ModelExchange, START_MS } from '../../kit/model/exchange.ts';
import { liveHistory, MODEL_CONFIG } from '../../kit/model/history.ts';
import { Line } from '../../kit/model/line.ts';
import { Oracle } from '../../kit/model/oracle.ts';
import type { Script } from '../../kit/model/script.ts';
import { settle } from '../../kit/order-side.ts';
import { VirtualGateway } from '../../kit/virtual-gateway.ts';

test('whatever is late, lost, doubled or killed, the ledger ends equal to the exchange, and 1 to 5 of the invariants hold at every step', async () => {
  const { counted, finding } = await checkHistories({ seed: 20_261_120, histories: 100, shrinkMs: 5_000 });
  expect(finding).toBeNull();
  expect([counted.histories, Math.min(counted.orders, counted.fills, counted.kills) > 25]).toEqual([100, true]);
}, 60_000);

/** A gateway that knows its account, on an exchange that tells it nothing more; and its judge. */
async function judged(dir: string) {
  const clock = new VirtualClock(START_MS);
  const [exchange, effects, path] = [new ModelExchange(clock), new Effects(), join(dir, 'judged.sqlite')];
  const oracle = new Oracle(exchange, MODEL_CONFIG);
  const store = new ModelStore({ path, clock, effects });
  const line = new Line({
    ...{ exchange, clock, effects, faults: { calls: [], events: [] }, timeoutMs: 1_500, recvWindowMs: 1_000 },
    ...{ transit: oracle.transit, onSend: (sent) => oracle.onSend(sent) },
  });
  const config = MODEL_CONFIG;
  const gateway = new VirtualGateway({
    config,
    clock,
    venue: line,
    ledgerFile: path,
    store,
    onError: (message) => oracle.onError(message),
  });
  oracle.gateway = gateway;
  const started = gateway.start();
  for (let n = 0; n < 50; n++) {
    clock.advance(10);
    await settle();
  }
  await started;
  return { exchange, oracle, gateway };
}

test('the judge of the histories sees what would be wrong', async () => {
  await withLedgerDir(async (dir) => {
    const { exchange, oracle, gateway } = await judged(dir);
    const clientId = makeClientId({ role: 'quote', epoch: 5, counter: 1 });
    const terms = { symbol: 'BTCUSDT', clientId, side: 'buy', price: ticks(MID - 1), size: lots(5) } as const;
    oracle.look();
    expect([oracle.differences(), [...oracle.violations]]).toEqual([[], []]);
    oracle.onSend({ what: 'place', arg: { ...terms, size: lots(61) } });
    exchange.shown = 'stale';
    oracle.onSend({ what: 'amend', arg: [terms] });
    await exchange.orders.place({ ...terms, kind: 'limit', timeInForce: 'post-only', reduceOnly: false });
    oracle.look();
    exchange.fill(0, 2);
    exchange.accepted.push(clientId);
    oracle.look();
    oracle.judge();
    await gateway[Symbol.asyncDispose]();
    expect([...oracle.violations].map((sentence) => sentence.replaceAll(clientId, 'ID'))).toEqual([
      'place ID: buy side may reach 61, limit is 60',
      'amend ID left blind',
      'ID rests and is not in the ledger',
      'a client id was accepted twice by the exchange',
      'in the end position is 0 in the ledger, 2 at the exchange',
      'in the end ID (partially-filled) is not in the ledger',
      expect.stringMatching(/^in the end trade \d+ is not booked$/),
      expect.stringMatching(/^fees are 0, at the exchange 0\.0/),
    ]);
  });
});

const PLACE = { does: 'place', timeInForce: 'post-only', reduceOnly: false, side: 'buy', at: 0, size: 1 } as const;
const KILL = { does: 'kill', afterSteps: 0, phase: 'before', downMs: 10, lost: 0, wipes: 'nothing' } as const;
const UNTOLD = { does: 'event-fault', faults: [{ delaysMs: [] }, { delaysMs: [] }, { delaysMs: [] }] } as const;
const SOON = (what: 'place' | 'amend') =>
  ({ does: 'call-fault', fault: { what, thereMs: 1, backMs: 1, executed: false, says: 'truth' } }) as const;
const wait = (ms: number) => ({ does: 'wait', ms }) as const;

const FOUND: readonly (readonly [name: string, script: Script])[] = [
  [
    'the fill of an order that ended before a crash goes to that order',
    [{ does: 'batch', count: 2, side: 'buy', at: 0, size: 2 }, KILL, { does: 'break', ms: 20 }, { does: 'fill', n: 0, size: 1 }, wait(20)],
  ],
  [
    'fills told before the baseline was adopted are counted once',
    [PLACE, { ...KILL, lost: 8 }, { does: 'cancel', n: 0 }, wait(1), PLACE, { does: 'move', ticks: -15_000 }],
  ],
  [
    'an order that was filled in part before its ledger was lost ends as it did at the exchange',
    [{ ...PLACE, size: 2 }, wait(20), { does: 'fill', n: 0, size: 1 }, { ...KILL, wipes: 'folder' }, wait(200), { does: 'cancel', n: 0 }],
  ],
  [
    'an epoch granted right before the power went is not granted again',
    [{ ...KILL, afterSteps: 3, lost: 8 }, PLACE, wait(5_000), { does: 'fill', n: 0, size: 1 }, wait(2_000), PLACE, PLACE, wait(1)],
  ],
  [
    'a late fill is booked where it belongs although a restart lies between',
    [
      ...[PLACE, { does: 'manual', side: 'buy', size: 1 } as const, { does: 'batch', count: 2, side: 'buy', at: 0, size: 1 } as const],
      ...[UNTOLD, { does: 'fill', n: 0, size: 1 } as const, { does: 'forced', size: 1 } as const, { does: 'cancel', n: 0 } as const],
      ...[{ ...KILL, afterSteps: 7, phase: 'after' } as const, { does: 'cancel', n: 0 } as const, PLACE],
    ],
  ],
  [
    'a fee that only the lost event told is read from the list of trades',
    [
      ...[{ does: 'manual', side: 'buy', size: 1 } as const, UNTOLD, { does: 'event-fault', faults: [{ delaysMs: [1, 5] }] } as const],
      ...[UNTOLD, { does: 'stop' } as const, PLACE, { does: 'cancel', n: 0 } as const, wait(1), wait(2_000)],
    ],
  ],
  [
    'a stop that closes a position leaves no more room on the other side than there was',
    [
      ...[{ ...PLACE, timeInForce: 'ioc', at: 2 } as const, wait(60), { does: 'batch', count: 2, side: 'sell', at: 0, size: 21 } as const],
      ...[
        { does: 'cancel', n: 0 } as const,
        { does: 'move', ticks: -15_000 } as const,
        { ...PLACE, side: 'sell', size: 19 } as const,
        wait(1),
      ],
    ],
  ],
  [
    'the fill of an order of ours whose own word is lost is asked about by its order',
    [
      PLACE,
      wait(20),
      { does: 'fill', n: 0, size: 1 },
      wait(100),
      { ...KILL, afterSteps: 1, phase: 'after', lost: 1 },
      { does: 'move', ticks: -15_000 },
      wait(700),
    ],
  ],
  [
    'fills that a new baseline holds already go to their order, although a newer trade was seen before',
    [
      ...[
        { ...PLACE, size: 4 } as const,
        wait(20),
        { does: 'fill', n: 0, size: 2 } as const,
        { does: 'manual', side: 'buy', size: 1 } as const,
      ],
      ...[wait(20), { ...KILL, lost: 8 } as const, wait(20), PLACE, wait(200)],
    ],
  ],
  [
    'an order made larger, whose amend the ledger lost, is not taken for filled by the size that it had before',
    [
      ...[{ does: 'batch', count: 3, side: 'buy', at: 0, size: 1 } as const, wait(200), { does: 'amend', n: 0, at: 0, size: 2 } as const],
      ...[{ does: 'batch', count: 2, side: 'buy', at: 0, size: 1 } as const],
      ...[
        { does: 'amend-all', at: 0, size: 1, crowdMs: 0 } as const,
        { does: 'fill', n: 0, size: 1 } as const,
        { ...KILL, lost: 8 } as const,
      ],
      ...[wait(200), { ...PLACE, timeInForce: 'gtc', side: 'sell', at: 3, size: 33 } as const, wait(700), wait(5_000)],
    ],
  ],
  [
    'an order filled whole while an amend that makes it larger is on its way counts with what the amend adds',
    [
      ...[PLACE, wait(200), { does: 'amend', n: 0, at: 0, size: 38 } as const],
      ...[{ does: 'event-fault', faults: [{ delaysMs: [] }, { delaysMs: [1, 5] }, { delaysMs: [] }] } as const],
      ...[{ does: 'move', ticks: 400 } as const, { does: 'fill', n: 0, size: 1 } as const, { ...PLACE, size: 23 } as const],
    ],
  ],
  [
    'an amend told once more by the stream does not answer the next one, and what that one adds still counts',
    [
      ...[SOON('place'), PLACE, SOON('amend'), { does: 'amend', n: 0, at: 0, size: 6 } as const],
      ...[{ does: 'amend', n: 0, at: 0, size: 40 } as const, { does: 'fill', n: 1, size: 5 } as const],
      ...[{ does: 'amend', n: 3, at: -18, size: 20 } as const, { ...PLACE, at: -9, size: 5 } as const],
      { does: 'batch', count: 2, side: 'buy', at: -3, size: 10 },
    ],
  ],
  [
    'an epoch that only a stop had, ended since, is not granted again when all files are gone',
    [
      ...[{ does: 'manual', side: 'sell', size: 1 } as const, wait(700), { ...KILL, wipes: 'folder' } as const, wait(1)],
      ...[{ does: 'manual', side: 'buy', size: 2 } as const, { does: 'move', ticks: 15_000 } as const],
    ],
  ],
  [
    'profit is not measured from a moment when fills were missing',
    [
      ...[
        PLACE,
        wait(60),
        { does: 'amend', n: 0, at: -1, size: 4 } as const,
        wait(2_000),
        UNTOLD,
        { does: 'fill', n: 0, size: 4 } as const,
      ],
      ...[PLACE, wait(1), { does: 'stop' } as const, { does: 'event-fault', faults: [{ delaysMs: [] }] } as const, wait(5_000)],
      ...[{ does: 'move', ticks: 400 } as const, wait(200)],
    ],
  ],
];

test.each(FOUND)('found once: %s', async (_name, script) => {
  expect((await withLedgerDir((dir) => liveHistory(script, dir))).violations).toEqual([]);
});

const CLOSES = (['taker', 'maker-first'] as const).flatMap((ladder) =>
  (['before', 'after'] as const).map((phase) => [ladder, phase] as const),
);

test.each(CLOSES)(
  'a %s ladder killed %s any of its steps is resumed, closes all, and never turns the position over',
  async (ladder, phase) => {
    for (let afterSteps = 0; afterSteps < 14; afterSteps++) {
      const script: Script = [
        ...[{ ...PLACE, timeInForce: 'gtc', at: 4, size: 50 } as const, wait(200), { ...KILL, afterSteps, phase } as const],
        ...[{ does: 'close', ladder } as const, wait(2_000), { does: 'move', ticks: 400 } as const, wait(5_000), wait(5_000)],
      ];
      const { violations, position, lowest, highest, kills } = await withLedgerDir((dir) => liveHistory(script, dir));
      const wasTaken = afterSteps > 0 || phase === 'after';
      expect({ afterSteps, violations, position, lowest, highest }).toEqual({
        ...{ afterSteps, violations: [], lowest: 0, highest: 50 },
        position: wasTaken ? 0 : 50,
      });
      if (afterSteps < 5) expect(kills).toBe(1);
    }
  },
);
