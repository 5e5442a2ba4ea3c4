/** What a hostile client says, from a seed: bytes that are no message, messages that are no command, and commands that want too much. */
import { makeClientId, type Role, ROLES } from '../../shared/client-id.ts';
import type { Random } from '../../shared/random.ts';
import type { Stamp } from '../../shared/snapshot.ts';

/** What it knows of the moment, as any client does. */
export type Moment = {
  readonly symbol: string;
  readonly mid: number;
  readonly epoch: number;
  readonly stamp: Stamp;
  readonly counter: () => number;
};
type Speaking = { readonly random: Random; readonly moment: Moment };
type Word = (speaking: Speaking) => string;

const line = (value: unknown): string => JSON.stringify(value);
const id = (random: Random): number => random.int({ min: 0, max: 1_000_000 });

/** Sizes and prices that fit, and those that nobody should take. */
const SIZES = [
  '0.001',
  '0.010',
  '0.020',
  '0.050',
  '0.099',
  '0.100',
  '0.101',
  '1',
  '50',
  '999999',
  '0',
  '-1',
  '0.0001',
  '1e3',
  'NaN',
  '',
  '00.010',
] as const;
const OFFSETS = [-0.5, -0.05, -0.019, -0.001, -0.00001, 0, 0.00001, 0.001, 0.019, 0.05, 0.5] as const;
const PRICES = ['0', '-5', '60000.123456', 'Infinity', '99999999999999999999', '0.10', ''] as const;

function price({ random, moment }: Speaking): string {
  if (random.chance(0.1)) return random.pick(PRICES);
  return (Math.round(moment.mid * (1 + random.pick(OFFSETS)) * 10) / 10).toFixed(2);
}

function clientId({ random, moment }: Speaking): string {
  const role = random.chance(0.8) ? 'quote' : random.pick(Object.keys(ROLES) as [Role, ...Role[]]);
  const epoch = random.chance(0.85) ? moment.epoch : random.int({ min: 0, max: 999_999 });
  const made = makeClientId({ role, epoch, counter: random.chance(0.9) ? moment.counter() : random.int({ min: 0, max: 5 }) });
  return random.chance(0.03) ? `${made.slice(0, -1)}${random.int({ min: 0, max: 9 })}` : made;
}

const basedOn = ({ random, moment: { stamp } }: Speaking): Stamp =>
  random.chance(0.85)
    ? stamp
    : { epoch: stamp.epoch + random.int({ min: -1, max: 1 }), seq: Math.max(0, stamp.seq + random.int({ min: -5_000, max: 5_000 })) };

function place(speaking: Speaking): object {
  const { random, moment } = speaking;
  const market = random.chance(0.15);
  return {
    ...{ id: id(random), type: 'place', clientId: clientId(speaking), symbol: random.chance(0.95) ? moment.symbol : 'NOSUCHCOIN' },
    ...{ side: random.pick(['buy', 'sell']), kind: market ? 'market' : 'limit' },
    timeInForce: market ? 'ioc' : random.pick(['gtc', 'ioc', 'fok', 'post-only']),
    ...(market && random.chance(0.9) ? {} : { price: price(speaking) }),
    ...{ size: random.pick(SIZES), reduceOnly: random.chance(0.15) },
    ...{ basedOn: basedOn(speaking), ttlMs: random.pick([500, 60_000, 1, 1_000_000]) },
  };
}

/** An ordinary quote, as fast as it can: what only the limits hold back. */
const greedy = ({ random, moment }: Speaking): object => ({
  ...{ id: id(random), type: 'place', symbol: moment.symbol, side: random.pick(['buy', 'buy', 'sell']), kind: 'limit' },
  clientId: makeClientId({ role: 'quote', epoch: moment.epoch, counter: moment.counter() }),
  ...{ timeInForce: random.pick(['ioc', 'gtc', 'post-only']), price: (Math.round(moment.mid * 1.0005 * 10) / 10).toFixed(2) },
  ...{ size: random.pick(['0.010', '0.030', '0.070']), reduceOnly: false, basedOn: moment.stamp, ttlMs: 5_000 },
});

const amend = (speaking: Speaking): object => ({
  ...{ id: id(speaking.random), type: 'amend', clientId: clientId(speaking), price: price(speaking), size: speaking.random.pick(SIZES) },
  ...{ basedOn: basedOn(speaking), ttlMs: 500 },
});
const cancel = (speaking: Speaking): object => ({ id: id(speaking.random), type: 'cancel', clientId: clientId(speaking) });
const beat = ({ random, moment }: Speaking): object => ({
  id: id(random),
  type: 'heartbeat',
  processed: random.chance(0.9) ? moment.stamp : random.pick([null, { epoch: -1, seq: 1.5 }, { epoch: 9e15, seq: 9e15 }]),
});

function batch(speaking: Speaking): object {
  const { random } = speaking;
  const commands = Array.from({ length: random.int({ min: 1, max: 45 }) }, () =>
    random.pick<(speaking: Speaking) => object>([place, greedy, amend, cancel])(speaking),
  );
  return { id: id(random), type: 'batch', commands };
}

const other = ({ random, moment }: Speaking): object =>
  random.pick<object>([
    { id: id(random), type: 'query', what: random.pick(['status', 'orders', 'order', 'fills', 'positions', 'book', 'stats', 'keys']) },
    { id: id(random), type: 'query', what: 'fills', after: random.int({ min: 0, max: 100 }), limit: random.int({ min: -1, max: 300 }) },
    { id: id(random), type: 'subscribe', what: 'snapshot' },
    { id: id(random), type: 'cancelAll', symbol: random.pick([moment.symbol, 'NOSUCHCOIN', '']) },
    { id: id(random), type: 'closePosition', symbol: 'NOSUCHCOIN', reason: 'x'.repeat(random.int({ min: 0, max: 300 })), ladder: 'taker' },
    { id: id(random), type: random.pick(['resume', 'pause', 'shutdown', '__proto__']) },
    {
      id: id(random),
      type: 'hello',
      role: random.pick(['brain', 'operator', 'observer', 'root']),
      schema: random.int({ min: 0, max: 3 }),
      environment: 'sim',
    },
  ]);

/** Any JSON value. */
function value(random: Random, depth = 0): unknown {
  const kinds = depth > 3 ? 4 : 6;
  switch (random.int({ min: 0, max: kinds - 1 })) {
    case 0:
      return random.pick<number>([0, -1, 1.5, 1e308, Number.MAX_SAFE_INTEGER + 1]);
    case 1:
      return random.pick(['', 'place', '\u0000', '😀'.repeat(20), '__proto__', 'x'.repeat(500)]);
    case 2:
      return random.chance(0.5);
    case 3:
      return null;
    case 4:
      return Array.from({ length: random.int({ min: 0, max: 4 }) }, () => value(random, depth + 1));
    default:
      return Object.fromEntries(
        Array.from({ length: random.int({ min: 0, max: 5 }) }, () => [
          random.pick(['id', 'type', 'x', 'constructor']),
          value(random, depth + 1),
        ]),
      );
  }
}

function bytes({ random }: Speaking): string {
  const length = random.int({ min: 1, max: 300 });
  return String.fromCharCode(...Array.from({ length }, () => random.int({ min: 32, max: 255 }))).replaceAll('\n', ' ');
}

/** Longer than a message may be: the client is cut off. */
const huge: Word = () => `{"id":1,"type":"place","clientId":"${'9'.repeat(70_000)}"}`;
const deep: Word = ({ random }) => '['.repeat(random.int({ min: 1, max: 20_000 }));

const WORDS: readonly (readonly [share: number, word: Word])[] = [
  [30, (speaking) => line(greedy(speaking))],
  [25, (speaking) => line(place(speaking))],
  [8, (speaking) => line(amend(speaking))],
  [6, (speaking) => line(cancel(speaking))],
  [8, (speaking) => line(beat(speaking))],
  [4, (speaking) => line(batch(speaking))],
  [8, (speaking) => line(other(speaking))],
  [5, ({ random }) => line(value(random))],
  [5, bytes],
  [0.9, deep],
  [0.1, huge],
];
const ALL = WORDS.reduce((sum, [share]) => sum + share, 0);

/** One line without its end. */
export function hostileLine(speaking: Speaking): string {
  let at = speaking.random.float() * ALL;
  for (const [share, word] of WORDS) {
    at -= share;
    if (at < 0) return word(speaking);
  }
  return '';
}
