import { beforeEach, describe, expect, test } from 'vitest';
import { Closer } from '../../../gateway/orders/closer.ts';
import { lots, type MonoMs } from '../../../shared/units.ts';
import { OrderSide, settle } from '../../kit/order-side.ts';
import { instrument } from '../../kit/orders.ts';

type Read = { readonly at: MonoMs; readonly tell: (sizes: Readonly<Record<string, number>> | null) => Promise<void> };

/** A closer whose reads of the position are answered by hand. */
class Rig {
  readonly reads: Read[] = [];
  readonly side: OrderSide;
  readonly closer: Closer;

  constructor(side: OrderSide, symbols: readonly string[]) {
    this.side = side;
    const instruments = new Map(symbols.map((symbol) => [symbol, instrument({ symbol })]));
    const venue: typeof side.core.venue = Object.assign(Object.create(side.core.venue), { instruments });
    this.closer = new Closer({ core: { ...side.core, venue }, readPositions: () => this.#read(), save: () => true });
  }

  close(symbol: string): void {
    this.closer.start({ symbol, reason: 'stop-loss', ladder: 'taker' });
  }

  /** Time passes; the ladder looks every 25 ms. */
  async run(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 25) {
      this.side.clock.advance(25);
      this.closer.tick();
      await settle();
    }
  }

  get readAt(): number[] {
    return this.reads.map(({ at }) => at);
  }

  #read(): Promise<boolean> {
    const at = this.side.clock.monoMs();
    return new Promise((resolve) => {
      const tell: Read['tell'] = async (sizes) => {
        const positions = Object.entries(sizes ?? {}).map(([symbol, size]) => ({
          ...({ kind: 'position', symbol, size: lots(size), entryPrice: '0', atMs: this.side.venue.nowMs() } as const),
        }));
        if (sizes) this.closer.onAccount({ positions, balances: [], liquidationPrice: {} }, at);
        resolve(sizes !== null);
        await settle();
      };
      this.reads.push({ at, tell });
    });
  }
}

describe('Closer reads the position', () => {
  let rig: Rig;
  let from: number;
  beforeEach(async () => {
    rig = new Rig(await OrderSide.started(), ['BTCUSDT', 'ETHUSDT']);
    from = rig.side.clock.monoMs();
    rig.close('BTCUSDT');
  });
  const waits = () => rig.readAt.map((at) => at - from);

  test('once, and is done where the venue says flat', async () => {
    await rig.reads[0]?.tell({ BTCUSDT: 0, ETHUSDT: 0 });
    await rig.run(25);
    expect([rig.closer.closing, waits()]).toEqual([[], [0]]);
  });

  test('again beside a read that hangs, whose late answer does not count any more', async () => {
    await rig.run(175);
    expect(waits()).toEqual([0]);
    await rig.run(25);
    expect(waits()).toEqual([0, 200]);
    await rig.reads[1]?.tell({ BTCUSDT: 0, ETHUSDT: 0 });
    await rig.reads[0]?.tell({ BTCUSDT: 5, ETHUSDT: 0 });
    await rig.run(25);
    expect([rig.closer.closing, rig.side.venue.calls.filter(({ what }) => what === 'place')]).toEqual([[], []]);
  });

  test('of a venue that always answers late: a question asked again does not undo the one before', async () => {
    await rig.run(1_500);
    await rig.reads[0]?.tell({ BTCUSDT: 0, ETHUSDT: 0 });
    expect(rig.closer.closing).toEqual([]);
  });

  test('again soon after one that failed', async () => {
    await rig.run(100);
    await rig.reads[0]?.tell(null);
    await rig.run(75);
    expect(waits()).toEqual([0]);
    await rig.run(25);
    expect(waits()).toEqual([0, 200]);
  });

  test('at once again for the symbol that asked while one was under way', async () => {
    await rig.run(50);
    rig.close('ETHUSDT');
    expect(waits()).toEqual([0]);
    await rig.run(50);
    await rig.reads[0]?.tell({ BTCUSDT: 0, ETHUSDT: 0 });
    expect(waits()).toEqual([0, 100]);
    await rig.run(25);
    expect(rig.closer.closing).toEqual(['ETHUSDT']); // what was read before it asked is no answer
    await rig.reads[1]?.tell({ BTCUSDT: 0, ETHUSDT: 0 });
    await rig.run(25);
    expect([rig.closer.closing, waits()]).toEqual([[], [0, 100]]);
  });
});
