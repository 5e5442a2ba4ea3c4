import { expect, test } from 'vitest';
import { Rest } from '../../../../gateway/venues/binance/rest.ts';
import { secretOf } from '../../../../gateway/venues/binance/sign.ts';
import { RestAccount } from '../../../../scripts/lib/flatten/venue-account.ts';
import { VirtualClock } from '../../../../shared/clock.ts';
import { settle } from '../../../kit/order-side.ts';

/** An account that is empty, told after so long. */
function accountAfter(ms: () => number) {
  const clock = new VirtualClock();
  const rest = new Rest({
    send: async () => {
      await clock.sleep(ms());
      return { kind: 'answer', status: 200, headers: new Map(), text: '[]' };
    },
    ...{ clock, apiKey: 'key', secret: secretOf('secret'), recvWindowMs: 5_000, onCall: () => undefined },
  });
  const account = new RestAccount({ rest, clock });
  /** Whether the next look was answered, and how long it took. */
  return async (): Promise<readonly [boolean, number]> => {
    const from = clock.monoMs();
    let answered: boolean | null = null;
    void account.look(['BTCUSDT']).then(({ orders, conditionals, positions }) => {
      answered = orders.ok && conditionals.ok && positions.ok;
    });
    for (; answered === null; clock.advance(50)) await settle();
    return [answered, clock.monoMs() - from - 50];
  };
}

test('a read that hangs costs a second; a venue that answers slowly is waited for longer, and no longer than that', async () => {
  let ms = 3_500;
  const look = accountAfter(() => ms);
  expect([await look(), await look(), await look(), await look()]).toEqual([
    [false, 1_000],
    [false, 2_000],
    [true, 3_500],
    [true, 3_500],
  ]);
  ms = 100;
  expect(await look()).toEqual([true, 100]);
  ms = 3_500;
  expect(await look()).toEqual([false, 1_000]);
});
