import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseTapeRecord, TAPE_SOURCES, tapeLine, type TapeRecord } from '../../shared/tape.ts';

const anyRecord: fc.Arbitrary<TapeRecord> = fc.record({
  atMs: fc.integer({ min: 0, max: 4e15 }).map((us) => us / 1_000),
  source: fc.constantFrom(...TAPE_SOURCES),
  name: fc.string({ unit: 'binary' }).map((name) => name.replace(/[\t\n\r]/g, '')),
  raw: fc.oneof(fc.string({ unit: 'binary' }), fc.json(), fc.constantFrom('"', '\t\t', 'a\nb', '\r', '{"a":\n1}', '')),
});

test('a record comes back from its one line as it was, whatever its text', () => {
  fc.assert(
    fc.property(anyRecord, (record) => {
      const line = tapeLine(record);
      expect(line.indexOf('\n')).toBe(line.length - 1);
      expect(parseTapeRecord(line.slice(0, -1))).toEqual({ ok: true, value: record });
    }),
  );
});

test.each([
  ['', 'with tabs between'],
  ['1\tstream\tpublic', 'with tabs between'],
  ['x\tstream\tpublic\t{}', 'is not in microseconds'],
  ['1\tvideo\tpublic\t{}', 'source "video" is none of'],
  ['1\tstream\tpublic\t"{}', 'is not one JSON string'],
])('parseTapeRecord() refuses %j', (line, why) => {
  expect(parseTapeRecord(line)).toMatchObject({ ok: false, error: expect.stringContaining(why) });
});
