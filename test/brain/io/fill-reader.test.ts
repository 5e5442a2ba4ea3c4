import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { FillReader } from '../../../brain/io/fill-reader.ts';
import type { PositionsAnswer } from '../../../shared/command.ts';
import { rootLog } from '../../../shared/log.ts';
import type { FillDoc } from '../../../shared/snapshot.ts';
import { fillDoc, SYMBOL } from '../../kit/brain.ts';

const answer = (fillSeq: number, position = '0'): PositionsAnswer => ({
  fillSeq,
  positions: [{ symbol: SYMBOL, baseline: '0', position }],
});
const numbers = (fills: readonly FillDoc[]): number[] => fills.map(({ n }) => n);

/** A reader and the ledger it asks; `silent` answers nothing. */
function readerOf(ledger: readonly FillDoc[] = [], silent = false) {
  const asked: number[] = [];
  const reader = new FillReader({
    ask: ({ after, limit }) => {
      asked.push(after);
      return Promise.resolve(silent ? null : { fills: ledger.filter(({ n }) => n > after).slice(0, limit) });
    },
    log: rootLog({ process: 'test', level: 'info', stream: new PassThrough().resume() }),
  });
  return { reader, asked };
}
const upTo = (last: number): FillDoc[] => Array.from({ length: last }, (_, n) => fillDoc(n + 1));

describe('fills come in order of number, each once', () => {
  test('and none before it is known where counting begins', () => {
    const { reader } = readerOf();
    reader.add(upTo(2));
    reader.begin(answer(2), null);
    reader.add([fillDoc(1), fillDoc(2), fillDoc(3), fillDoc(3), fillDoc(5), fillDoc(4)]);
    expect([numbers(reader.take(9)), reader.fillSeq, reader.position(SYMBOL)]).toEqual([[3, 4], 4, '0.02']);
  });

  test('and none that is newer than the snapshot it is taken for', () => {
    const { reader } = readerOf();
    reader.begin(answer(0), null);
    reader.add(upTo(3));
    expect([numbers(reader.take(2)), numbers(reader.take(2)), numbers(reader.take(3))]).toEqual([[1, 2], [], [3]]);
  });

  test('from where the shares were left: the gateway is asked for what came since, page by page', async () => {
    const { reader, asked } = readerOf(upTo(450));
    reader.begin(answer(450, '4.5'), 30);
    expect(reader.isBehind(450)).toBe(true);
    await Promise.all([reader.catchUp(() => 450), reader.catchUp(() => 450)]);
    expect([asked, numbers(reader.take(450)).length, reader.position(SYMBOL), reader.isBehind(450)]).toEqual([
      [30, 230, 430],
      420,
      '4.5',
      false,
    ]);
  });

  test('and anew where numbers went back: that is another ledger', () => {
    const { reader } = readerOf();
    reader.begin(answer(7), 9);
    reader.add([fillDoc(8), fillDoc(10)]);
    expect(numbers(reader.take(99))).toEqual([8]);
    reader.begin(answer(1), 8);
    reader.add([fillDoc(2)]);
    expect(numbers(reader.take(99))).toEqual([2]);
  });

  test('as far as the gateway answers', async () => {
    const { reader, asked } = readerOf(upTo(3), true);
    reader.begin(answer(0), null);
    await reader.catchUp(() => 3);
    expect([asked, reader.isBehind(3)]).toEqual([[0], true]);
    const failing = new FillReader({
      ask: () => Promise.reject(new Error('gone')),
      log: rootLog({ process: 'test', level: 'info', stream: new PassThrough().resume() }),
    });
    failing.begin(answer(0), null);
    await failing.catchUp(() => 3);
    expect(failing.isBehind(3)).toBe(true);
  });
});

test('fees that were not told are asked for until they are, each time from another one on', async () => {
  const ledger = [fillDoc(1, { fee: null }), fillDoc(2, { fee: '0.1' }), fillDoc(3, { fee: '0.2' })];
  const { reader, asked } = readerOf(ledger);
  await reader.askFees([]);
  await reader.askFees([1, 3]);
  expect([asked, numbers(reader.takeFees()), reader.takeFees()]).toEqual([[0], [3], []]);
  await reader.askFees([1, 3]);
  expect([asked, numbers(reader.takeFees())]).toEqual([[0, 2], [3]]);
});
