import { expect, test } from 'vitest';
import { encodeCommands, Replies, type Reply, RespError } from '../../../gateway/publish/resp.ts';

const WIRE =
  '+OK\r\n-NOPERM no\r\n:-12\r\n$5\r\nhällo\r\n$-1\r\n*-1\r\n*3\r\n+QUEUED\r\n$0\r\n\r\n*1\r\n:7\r\n$2\r\n\r\n\r\n+after\r\n'.replace(
    '$5',
    '$6', // bytes, not letters
  );
const READ: readonly Reply[] = ['OK', new RespError('NOPERM no'), -12, 'hällo', null, null, ['QUEUED', '', [7]], '\r\n', 'after'];

test('commands are counted in bytes, whatever they hold', () => {
  expect(
    encodeCommands([
      ['SET', 'k', 'ü\r\n'],
      ['GET', ''],
    ]),
  ).toBe('*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$4\r\nü\r\n\r\n*2\r\n$3\r\nGET\r\n$0\r\n\r\n');
});

test('replies are the same wherever the bytes are cut', () => {
  const bytes = Buffer.from(WIRE);
  expect(new Replies().push(bytes)).toEqual(READ);
  for (let cut = 0; cut <= bytes.length; cut++) {
    const replies = new Replies();
    expect([...replies.push(bytes.subarray(0, cut)), ...replies.push(bytes.subarray(cut))]).toEqual(READ);
  }
  const slow = new Replies();
  expect([...bytes].flatMap((_, i) => slow.push(bytes.subarray(i, i + 1)))).toEqual(READ);
});

test.each(['hello\r\n', '$x\r\n', '*\r\n', ':1.5\r\n', '\r\n'])('bytes that are no reply are told, not guessed at: %j', (wire) => {
  expect(() => new Replies().push(Buffer.from(wire))).toThrow(RangeError);
});
