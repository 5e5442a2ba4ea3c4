import { expect, test } from 'vitest';
import { ConfigInForce } from '../../../gateway/orders/config-in-force.ts';
import { checkConfig, type Config, overlay } from '../../../shared/config.ts';
import { limitsHash } from '../../../shared/config-change.ts';
import { ConfigAnswer } from '../../../shared/command.ts';
import { err, ok } from '../../../shared/result.ts';
import { CONFIG, idOf, live, OrderSide, place } from '../../kit/order-side.ts';

const edited = (over: object): Config => {
  const checked = checkConfig(overlay(CONFIG, over));
  if ('problems' in checked) throw new Error(JSON.stringify(checked.problems));
  return checked.config;
};
const gross = (maxGrossNotional: string): Config => edited({ limits: { maxGrossNotional } });

/** One life; `disk` is what it leaves. */
function life({ config = CONFIG, saved = null as string | null, ceiling = null as Config['limits'] | null } = {}) {
  const seen = { disk: saved, fails: false, facts: [] as string[], limits: 0 };
  const inForce = new ConfigInForce({
    ...{ config, saved, ceiling, nowMs: () => 5_000 },
    save: (text) => {
      if (!seen.fails) seen.disk = text;
      return !seen.fails;
    },
    notice: ({ message }) => void seen.facts.push(message),
    onLimits: () => void seen.limits++,
  });
  return { inForce, seen };
}

test('a tighter limit is in force at once, on disk, and in the header', () => {
  const { inForce, seen } = life();
  const before = inForce.header();
  inForce.edit(ok(gross('50000')));
  expect([inForce.running.limits.maxGrossNotional, seen.limits]).toEqual(['50000', 1]);
  expect(inForce.header()).toEqual({ limitsHash: limitsHash(gross('50000')) });
  expect(inForce.header()).not.toEqual(before);
  expect(inForce.answer().log).toEqual([
    { atMs: 5_000, by: 'file', changes: ['limits.maxGrossNotional: "100000" -> "50000"'], orders: [] },
  ]);
  expect(JSON.parse(seen.disk ?? '').limits.maxGrossNotional).toBe('50000');
});

test('a looser one waits for the person who has seen just that', () => {
  const { inForce, seen } = life();
  inForce.edit(ok(gross('200000')));
  expect([inForce.running.limits.maxGrossNotional, seen.limits]).toEqual(['100000', 0]);
  expect(inForce.header().config).toMatchObject({ waiting: ['limits.maxGrossNotional: "100000" -> "200000"'] });
  const { wantedHash } = ConfigAnswer.parse(inForce.answer());
  inForce.edit(ok(gross('900000'))); // edited again while the person was reading
  expect(inForce.confirm(wantedHash)).toMatch(/other limits than those that were shown/);
  expect(inForce.running.limits.maxGrossNotional).toBe('100000');
  expect(inForce.confirm(inForce.answer().wantedHash)).toBeNull();
  expect([inForce.running.limits.maxGrossNotional, inForce.header().config, seen.limits]).toEqual(['900000', undefined, 1]);
  expect(inForce.answer().log[0]).toMatchObject({ by: 'person' });
});

test('an edit that cannot be read is told with its line and changes nothing', () => {
  const { inForce, seen } = life();
  inForce.edit(err(['config.json:7: limits.maxGrossNotional: missing: allowed is a text in quotes']));
  expect(inForce.header()).toEqual({
    limitsHash: limitsHash(CONFIG),
    config: { refused: [expect.stringContaining('config.json:7')], waiting: [], restart: [] },
  });
  expect([inForce.running, seen.limits, seen.facts]).toEqual([CONFIG, 0, ['Edit of the configuration refused: nothing is changed']]);
});

test('over a death nothing is loosened; after an end in order the file holds', () => {
  const first = life();
  first.inForce.edit(ok(gross('50000')));
  const second = life({ saved: first.seen.disk });
  expect(second.inForce.running.limits.maxGrossNotional).toBe('50000');
  expect(second.inForce.header().config?.waiting).toHaveLength(1);
  expect(second.seen.facts).toEqual(['Looser limits of the file wait for confirmation']);
  second.inForce.retry();
  second.inForce.ended();
  const third = life({ saved: second.seen.disk });
  expect(third.inForce.running.limits.maxGrossNotional).toBe('100000');
  expect(third.inForce.answer().log).toHaveLength(1);
});

test('a disk that fails is tried again; a row of another version is told and not believed', () => {
  const { inForce, seen } = life({ saved: '{"limits":7}' });
  expect([seen.facts, inForce.running]).toEqual([[expect.stringContaining('cannot be read')], CONFIG]);
  seen.fails = true;
  inForce.edit(ok(gross('50000')));
  expect(seen.disk).toBe('{"limits":7}');
  seen.fails = false;
  inForce.retry();
  expect(JSON.parse(seen.disk ?? '').limits.maxGrossNotional).toBe('50000');
});

test('a quote at rest that a tighter limit does not allow goes at once, the one that fits stays', async () => {
  const side = await OrderSide.started();
  const brain = side.client('brain');
  const [small, large] = [1, 2].map((n) =>
    place(side, brain, { clientId: idOf(brain, n), size: n === 1 ? '0.010' : '0.020', price: `5999${n}.00` }),
  );
  if (!small || !large) throw new Error('There are two');
  for (const command of [small, large]) side.send(brain, command);
  await live(side, brain, 500);
  expect([small, large].map(({ clientId }) => side.status(clientId))).toEqual(['open', 'open']);
  side.core.inForce.edit(ok(edited({ limits: { default: { maxOrderNotional: '1000' } } })));
  await live(side, brain, 300);
  expect([small, large].map(({ clientId }) => side.status(clientId))).toEqual(['open', 'canceled']);
  const again = place(side, brain, { clientId: idOf(brain, 3), size: '0.020' });
  expect(side.send(brain, again)).toMatchObject({ type: 'refused', code: 'limit-order-notional' });
});

test('confirmConfig is an operator’s', async () => {
  const side = await OrderSide.started();
  const [brain, person] = [side.client('brain'), side.client('operator', 2)];
  side.core.inForce.edit(ok(gross('200000')));
  const command = { id: 4, type: 'confirmConfig', limitsHash: side.core.inForce.answer().wantedHash } as const;
  expect(side.send(brain, command)).toMatchObject({ type: 'refused', code: 'not-allowed' });
  expect(side.send(person, { ...command, limitsHash: 'x' })).toMatchObject({ type: 'refused', code: 'wrong-config' });
  expect(side.core.config.limits.maxGrossNotional).toBe('100000');
  expect(side.send(person, command)).toMatchObject({ type: 'taken' });
  expect(side.core.config.limits.maxGrossNotional).toBe('200000');
});

test('a beginning anew loosens nothing that was in force before it, whatever the file says by now', () => {
  const first = life({ config: gross('100000') });
  first.seen.fails = true; // no disk keeps it
  first.inForce.edit(ok(gross('10000')));
  const { limits } = first.inForce.running;
  const second = life({ config: gross('100000'), ceiling: limits });
  expect(second.inForce.running.limits.maxGrossNotional).toBe('10000');
  const disk = life({ config: gross('5000') }).inForce.running.limits;
  const third = life({ config: gross('100000'), ceiling: limits, saved: JSON.stringify({ limits: disk, log: [] }) });
  expect(third.inForce.running.limits.maxGrossNotional).toBe('5000'); // the tightest of all
});

test('a traded symbol without limits has none after a death, and takes those of the others with it nowhere', () => {
  const only = { maxPosition: '1', maxOrderNotional: '100000', maxOpenOrders: 20, collarPercent: 2 };
  const { default: _, ...rest } = CONFIG.limits;
  const limited = (maxPosition: string): Config => ({ ...CONFIG, limits: { ...rest, symbols: { BTCUSDT: { ...only, maxPosition } } } });
  const [held, file] = [limited('1'), { ...limited('100'), symbols: ['BTCUSDT', 'ETHUSDT'] }];
  const { inForce } = life({ config: file, saved: JSON.stringify({ limits: held.limits, log: [] }) });
  expect(inForce.running.limits.symbols['BTCUSDT']?.maxPosition).toBe('1');
  expect(inForce.running.limits.symbols['ETHUSDT']?.maxPosition ?? '0').toBe('0');
});

test('what the disk holds and cannot be read is told, and the file holds', () => {
  const { inForce, seen } = life({ config: gross('100000'), saved: '{"limits":' });
  expect(inForce.running.limits.maxGrossNotional).toBe('100000');
  expect(seen.facts).toEqual(['Limits of the life before cannot be read: those of the file hold']);
});
