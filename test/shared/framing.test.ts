import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Framed, frame, LineSplitter, MESSAGE_BYTES_MAX } from '../../shared/framing.ts';

const line = (text: string): Framed => ({ kind: 'line', text });
const read = (chunks: readonly Buffer[], splitter = new LineSplitter()): readonly Framed[] =>
  chunks.flatMap((chunk) => splitter.push(chunk));

test('LineSplitter gives the same lines split at every byte, UTF-8 letters included', () => {
  const bytes = Buffer.from('{"a":1}\n\n{"symbol":"币安人生USDT","e":"é🙂"}\r\n   \n{"b":2}\n{"rest":');
  const want = [line('{"a":1}'), line('{"symbol":"币安人生USDT","e":"é🙂"}\r'), line('{"b":2}')];
  expect(read([bytes])).toEqual(want);
  expect(read([...bytes].map((byte) => Buffer.of(byte)))).toEqual(want);
  for (let at = 0; at <= bytes.length; at++) expect(read([bytes.subarray(0, at), bytes.subarray(at)])).toEqual(want);
});

test('LineSplitter gives back what frame() wrote, in any pieces', () => {
  fc.assert(
    fc.property(fc.array(fc.jsonValue(), { maxLength: 8 }), fc.array(fc.integer({ min: 1, max: 40 })), (messages, cuts) => {
      const bytes = Buffer.from(messages.map(frame).join(''));
      const chunks: Buffer[] = [];
      let from = 0;
      for (const cut of cuts) {
        chunks.push(bytes.subarray(from, from + cut));
        from += cut;
      }
      const framed = read([...chunks, bytes.subarray(from)]);
      const texts = framed.map((each) => (each.kind === 'line' ? each.text : 'too-large'));
      expect(texts).toEqual(messages.map((message) => JSON.stringify(message)));
    }),
  );
});

test('LineSplitter takes a line of exactly the limit, and stays silent after one byte more', () => {
  const full = 'x'.repeat(MESSAGE_BYTES_MAX);
  expect(read([Buffer.from(`${full}\n`)])).toEqual([line(full)]);
  const splitter = new LineSplitter();
  expect(read([Buffer.from('first\n'), Buffer.from(`${full}x`), Buffer.from('\nmore\n')], splitter)).toEqual([
    line('first'),
    { kind: 'too-large' },
  ]);
  expect(splitter.push(Buffer.from('again\n'))).toEqual([]);
});

test('LineSplitter refuses a flood without newline as soon as it passes the limit, in one piece or many', () => {
  const splitter = new LineSplitter(10);
  expect(splitter.push(Buffer.from('12345'))).toEqual([]);
  expect(splitter.push(Buffer.from('678901'))).toEqual([{ kind: 'too-large' }]);
  expect(read([Buffer.from('12345678901\n')], new LineSplitter(10))).toEqual([{ kind: 'too-large' }]);
});

test('LineSplitter counts bytes, not letters', () => {
  expect(read([Buffer.from('éééé\n')], new LineSplitter(7))).toEqual([{ kind: 'too-large' }]);
  expect(read([Buffer.from('éééé\n')], new LineSplitter(8))).toEqual([line('éééé')]);
});
