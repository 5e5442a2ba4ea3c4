import { expect, test } from 'vitest';
import { Barrier, type Ending } from '../../../gateway/orders/barrier.ts';
import type { Client } from '../../../gateway/orders/desk.ts';
import { type Proof, proofSentence } from '../../../gateway/orders/proof.ts';
import type { Config } from '../../../shared/config.ts';
import { lots, type MonoMs } from '../../../shared/units.ts';
import { CONFIG, idOf, OrderSide, place, settle } from '../../kit/order-side.ts';
import { fault } from '../../kit/scripted-venue.ts';

const FLATTEN: Config = { ...CONFIG, gateway: { ...CONFIG.gateway, onShutdown: 'flatten' } };

type Rig = { readonly side: OrderSide; readonly brain: Client; readonly barrier: Barrier };

/** A run with two quotes at the venue. */
async function quoting(config?: Config): Promise<Rig> {
  const side = await OrderSide.started(config);
  const brain = side.client('brain');
  side.send(brain, place(side, brain));
  side.send(brain, place(side, brain, { clientId: idOf(brain, 2), side: 'sell', price: '60001.00' }));
  await settle();
  const { core, closer, stops, desk, clock } = side;
  const deadMan = () => ({ countdownMs: 30_000, refreshMs: 10_000 });
  return { side, brain, barrier: new Barrier({ core, closer, stops, waiting: desk.waiting, deadMan, real: clock }) };
}

/** Time passes until there is a proof; with how long it took. */
async function prove({ side, barrier }: Rig, during: (ms: number) => void = () => undefined): Promise<Proof & { readonly ms: number }> {
  const from: MonoMs = side.clock.monoMs();
  let proof: Proof | null = null;
  void barrier.prove().then((proved) => {
    proof = proved;
  });
  while (proof === null) {
    during(side.clock.monoMs() - from);
    await side.run(25);
    if (side.clock.monoMs() - from > 30_000) throw new Error('It never ends');
  }
  return { ...(proof as Proof), ms: side.clock.monoMs() - from };
}

const openAtVenue = ({ side }: Rig): number => side.venue.open.size;

test('own orders are cancelled, the venue says that none is open, and the line says it', async () => {
  const rig = await quoting();
  const proof = await prove(rig);
  expect([proof.verified, proof.left, proof.positions, openAtVenue(rig)]).toEqual([true, [], [], 0]);
  expect(proof.ms).toBeLessThan(500);
  expect(proofSentence(proof)).toBe('Verified at the exchange: no order of ours is open; flat');
});

test('from the instant it is closed nothing new is taken, and what waits never leaves', async () => {
  const rig = await quoting();
  const { side, brain, barrier } = rig;
  side.venue.budgets = { ...side.venue.budgets, orders10s: { used: 300, limit: 300 } };
  const waiting = place(side, brain, { clientId: idOf(brain, 3), price: '59998.00' });
  expect(side.send(brain, waiting)).toMatchObject({ type: 'taken' }); // it waits for the budget
  const amend = {
    id: 1,
    type: 'amend',
    clientId: idOf(brain, 1),
    price: '59998.50',
    size: '0.010',
    basedOn: side.basedOn,
    ttlMs: 500,
  } as const;
  expect(side.send(brain, amend)).toMatchObject({ type: 'taken' });
  side.venue.budgets = { ...side.venue.budgets, orders10s: { used: 0, limit: 300 } };
  const before = side.venue.count('place') + side.venue.count('amend');
  barrier.close();
  expect([side.desk.waiting.size, side.status(idOf(brain, 3))]).toEqual([0, 'rejected']);
  const batch = { id: 9, type: 'batch', commands: [place(side, brain, { clientId: idOf(brain, 4) })] } as const;
  expect(side.send(brain, { ...batch, commands: [...batch.commands] })).toMatchObject({ answers: [{ code: 'shutting-down' }] });
  expect((await prove(rig)).verified).toBe(true);
  expect(side.venue.count('place') + side.venue.count('amend')).toBe(before);
});

test('an order on its way when it is closed is cancelled as soon as the venue has it', async () => {
  const rig = await quoting();
  const { side, brain } = rig;
  side.venue.held = [];
  side.send(brain, place(side, brain, { clientId: idOf(brain, 3), price: '59998.00' }));
  const proof = await prove(rig, (ms) => {
    if (ms >= 1_000) for (const release of side.venue.held?.splice(0) ?? []) release();
  });
  expect([proof.verified, openAtVenue(rig), side.status(idOf(brain, 3))]).toEqual([true, 0, 'canceled']);
  expect(proof.ms).toBeGreaterThanOrEqual(1_000);
});

test('cancels that are refused or unanswered are repeated until the venue is rid of the orders', async () => {
  const rig = await quoting();
  rig.side.venue.answers.cancel.push(
    ...[fault('busy'), fault('unknown'), fault('busy'), fault('rejected', 'x'), fault('unknown'), fault('busy')],
  );
  const proof = await prove(rig);
  expect([proof.verified, openAtVenue(rig)]).toEqual([true, 0]);
});

test('a venue that cannot be reached: not verified, what may be open by name, the countdown, and the ledger for the position', async () => {
  const rig = await quoting();
  const { venue } = rig.side;
  const cut = (): void => {
    for (const list of [venue.answers.account, venue.answers.cancel, venue.answers.query])
      while (list.length < 4) list.push(fault('unreachable'));
  };
  cut();
  const proof = await prove(rig, cut);
  expect(proof).toMatchObject({ verified: false, positionsBy: 'ledger', countdownMs: 30_000, left: [{ symbol: 'BTCUSDT' }, {}] });
  expect([proof.ms >= 12_000, proof.ms < 12_500]).toEqual([true, true]);
  expect(proofSentence(proof)).toMatch(
    /^NOT verified \(the exchange could not be read: .*\): 2 of our orders may be open \(BTCUSDT \d{19} \w+, .*\); the exchange cancels them within 30 s by its countdown; flat \(by the ledger\)$/,
  );
});

test('a venue that is silent: hurried, it is asked once more for two seconds and no longer; without a second signal for twelve', async () => {
  for (const [hurried, least] of [
    [true, 2_000],
    [false, 12_000],
  ] as const) {
    const rig = await quoting();
    rig.side.venue.orders.account = () => new Promise(() => undefined);
    rig.barrier.close();
    if (hurried) rig.barrier.hurry();
    const proof = await prove(rig);
    expect([proof.verified, proof.problems]).toEqual([false, ['the exchange does not answer']]);
    expect([proof.ms >= least - 50, proof.ms <= least + 600]).toEqual([true, true]);
    expect(openAtVenue(rig)).toBe(0); // the cancels went all the same
  }
});

test('hurried is not unproved: where the venue answers the proof is whole', async () => {
  const rig = await quoting();
  rig.barrier.close();
  rig.barrier.hurry();
  expect(await prove(rig)).toMatchObject({ verified: true, left: [] });
});

test('with a dead private stream the answers and the list are proof enough', async () => {
  const rig = await quoting();
  const { side, brain } = rig;
  side.venue.tell({ kind: 'stream', state: 'lost', reason: 'closed' });
  side.venue.answers.place.push(fault('unknown'));
  side.venue.reachesAnyway = true;
  side.core.keeper.setKnown(true); // known for a last moment, so that an order still leaves
  side.send(brain, place(side, brain, { clientId: idOf(brain, 3), price: '59998.00' }));
  side.core.keeper.setKnown(false);
  await settle();
  expect(side.status(idOf(brain, 3))).toBe('unknown');
  const proof = await prove(rig);
  expect([proof.verified, openAtVenue(rig), side.status(idOf(brain, 3))]).toEqual([true, 0, 'canceled']);
});

test('an order that never reached the venue is proved gone only when it could not arrive any more; its end is left to the next start', async () => {
  const rig = await quoting();
  const { side, brain } = rig;
  side.venue.answers.place.push(fault('unknown'));
  side.send(brain, place(side, brain, { clientId: idOf(brain, 3), price: '59998.00' }));
  side.venue.tell({ kind: 'stream', state: 'lost', reason: 'closed' }); // so that its absence is never believed
  const proof = await prove(rig);
  expect(proof).toMatchObject({ verified: true, untold: 1 });
  expect(proof.ms).toBeGreaterThanOrEqual(CONFIG.gateway.recvWindowMs + 3_000 - 100);
  expect(proofSentence(proof)).toContain('the end of 1 was not told');
});

test('keep-position: the position stays, with its stop, and the line tells both', async () => {
  const rig = await quoting();
  const { side, brain } = rig;
  side.venue.fillOrder(idOf(brain, 1), { size: 10, told: true });
  await side.run(500);
  const proof = await prove(rig);
  expect([proof.verified, side.venue.position, proof.positions]).toEqual([true, 10, [{ symbol: 'BTCUSDT', size: '0.010', stop: '0.010' }]]);
  expect(proofSentence(proof)).toContain('BTCUSDT 0.010 is held, with stops for 0.010');
});

test('flatten: closed, though the ledger does not know yet what a person bought', async () => {
  const rig = await quoting(FLATTEN);
  const { side, brain } = rig;
  side.venue.fillOrder(idOf(brain, 1), { size: 10, told: true });
  side.venue.manualBuy(25);
  await side.run(200);
  const proof = await prove(rig);
  expect([proof.verified, proof.positions, side.venue.position]).toEqual([true, [], 0]);
});

test('take-back, when another has our place: orders go, position and stops are left to it', async () => {
  const rig = await quoting(FLATTEN);
  const { side, brain, barrier } = rig;
  side.venue.fillOrder(idOf(brain, 1), { size: 10, told: true });
  await side.run(500);
  const stops = side.venue.stops.calls.length;
  barrier.close('take-back' satisfies Ending);
  const proof = await prove(rig);
  expect([proof.verified, openAtVenue(rig), side.venue.position]).toEqual([true, 0, 10]);
  expect(side.venue.stops.calls.slice(stops)).toEqual([]);
  expect(side.core.keeper.ledger.positions.row('BTCUSDT').size).toBe(lots(10));
});
