import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import { systemClock, VirtualClock } from '../../../shared/clock.ts';
import { indexTape, readTapeFile, TapeFault } from '../../../shared/io/tape-reader.ts';
import { TapeWriter, type TapeWriterOptions } from '../../../shared/io/tape-writer.ts';
import type { TapeRecord } from '../../../shared/tape.ts';
import { HEADER_BYTES } from '../../../shared/tape-block.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

const HEAD = {
  ...{ process: 'gateway', venue: 'binance', environment: 'sim', symbols: ['BTCUSDT'], epoch: 3 },
  ...{ config: null },
};
const LIMITS = { fileBytes: 1e9, fileMs: 1e9, totalBytes: 1e12 };

function openWriter(over: Partial<TapeWriterOptions> = {}) {
  const folder = over.folder ?? mkdtempSync(join(tmpdir(), 'tape-'));
  if (!over.folder) folders.push(folder);
  const clock = new VirtualClock(1_700_000_000_000);
  return { folder, clock, tape: new TapeWriter({ folder, head: HEAD, clock, limits: LIMITS, ...over }) };
}

const filesOf = (folder: string): string[] =>
  readdirSync(folder)
    .sort()
    .map((name) => join(folder, name));

async function recordsOf(file: string, range = {}): Promise<TapeRecord[]> {
  const all: TapeRecord[] = [];
  for await (const records of readTapeFile(file, range)) all.push(...records);
  return all;
}

/** Three blocks of some records each. */
async function writeSample(): Promise<{ readonly file: string; readonly bytes: Buffer; readonly records: readonly TapeRecord[] }> {
  const { folder, clock, tape } = openWriter();
  for (let i = 0; i < 12; i++) {
    clock.advance(1.5);
    tape.write('stream', 'public', `{"stream":"btcusdt@depth@100ms","data":{"n":${i}}}`);
    if (i % 4 === 3) await tape.flush();
  }
  await tape[Symbol.asyncDispose]();
  const [file = ''] = filesOf(folder);
  return { file, bytes: readFileSync(file), records: await recordsOf(file) };
}

test('a tape comes back as it was written, each file beginning with what it is', async () => {
  const { records, bytes } = await writeSample();
  expect(records.map(({ source }) => source)).toEqual(['head', ...Array(12).fill('stream')]);
  expect(records.slice(1).map(({ atMs }) => atMs - 1_700_000_000_000)).toEqual(Array.from({ length: 12 }, (_, i) => 1.5 * (i + 1)));
  expect(JSON.parse(records[0]?.raw ?? '')).toMatchObject({ format: 1, process: 'gateway', file: 1, epoch: 3 });
  expect(bytes.length).toBeGreaterThan(0);
});

test('cut at any byte, every whole block before the cut is read, and what is missing is told', async () => {
  const { file, bytes, records } = await writeSample();
  const blocks = (await indexTape(file)).flatMap((part) => (part.kind === 'block' ? [part.block] : []));
  expect(blocks).toHaveLength(3);
  for (let cut = bytes.length; cut > 0; cut--) {
    truncateSync(file, cut);
    const whole = blocks.filter(({ offset, bytes: length }) => offset + HEADER_BYTES + length <= cut);
    const read = whole.reduce((sum, block) => sum + block.records, 0);
    const end = whole.reduce((_, { offset, bytes: length }) => offset + HEADER_BYTES + length, 0);
    const got = await recordsOf(file);
    expect(got.slice(0, read)).toEqual(records.slice(0, read));
    const rest = got.slice(read);
    if (cut === end) expect(rest).toEqual([]);
    else expect(rest).toMatchObject([{ source: 'gap', name: 'torn', raw: expect.stringContaining(`"bytes":${cut - end},`) }]);
  }
});

test('a byte that is wrong anywhere loses its block alone, openly', async () => {
  const { file, bytes, records } = await writeSample();
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: bytes.length - 1 }), fc.integer({ min: 1, max: 255 }), async (at, by) => {
      const broken = Buffer.from(bytes);
      broken[at] = ((broken[at] ?? 0) + by) % 256;
      writeFileSync(file, broken);
      const told = await recordsOf(file);
      expect(told.filter(({ source }) => source === 'gap')).toHaveLength(1);
      const kept = told.filter(({ source }) => source !== 'gap');
      expect(records).toEqual(expect.arrayContaining(kept));
      expect(kept.length).toBeGreaterThanOrEqual(records.length - 5);
    }),
    { numRuns: 60 },
  );
});

test('files put one behind the other are one tape, and zstd reads it as text', async () => {
  const { file, bytes } = await writeSample();
  writeFileSync(file, Buffer.concat([bytes.subarray(0, bytes.length - 5), bytes]));
  const got = await recordsOf(file).catch((problem: unknown) => problem);
  expect(got).toBeInstanceOf(TapeFault); // the second copy is of an earlier time: told, with the record
  expect(String(got)).toMatch(/record \d+: is of an earlier time/);
  expect(zstdDecompressSync(bytes.subarray(HEADER_BYTES, HEADER_BYTES + (await firstBytes(file)))).toString()).toMatch(/^\d+\thead\t/);
});

async function firstBytes(file: string): Promise<number> {
  const [part] = await indexTape(file);
  return part?.kind === 'block' ? part.block.bytes : 0;
}

test('a range of time reads no more than the blocks that touch it', async () => {
  const { file } = await writeSample();
  const got = await recordsOf(file, { fromMs: 1_700_000_000_007, toMs: 1_700_000_000_010 });
  expect(got.map(({ raw }) => JSON.parse(raw).data.n)).toEqual([4, 5, 6, 7]);
});

test('a queue that is full drops records, counts them and tells it at their place', async () => {
  const { folder, tape } = openWriter({ queueBytes: 400 });
  for (let i = 0; i < 10; i++) tape.write('stream', 'public', 'x'.repeat(100));
  const kept = 10 - tape.dropped;
  expect(kept).toBeLessThan(4);
  await tape.flush();
  tape.write('clock', '', '{}');
  await tape[Symbol.asyncDispose]();
  const got = await recordsOf(filesOf(folder)[0] ?? '');
  expect(got.map(({ source }) => source)).toEqual(['head', ...Array(kept).fill('stream'), 'gap', 'clock']);
  expect(JSON.parse(got[kept + 1]?.raw ?? '')).toMatchObject({ reason: 'queue-full', records: 10 - kept });
});

test('files follow each other by size and by age, each readable alone, and the oldest go', async () => {
  const limits = { fileBytes: 200, fileMs: 60_000, totalBytes: 1_000 };
  const { folder, clock, tape } = openWriter({ limits, begin: (begun) => begun.write('clock', 'begin', '{}') });
  for (let i = 0; i < 12; i++) {
    clock.advance(61_000);
    tape.write('stream', 'public', `{"n":${i}}`);
    await tape.flush();
  }
  await tape[Symbol.asyncDispose]();
  const files = filesOf(folder);
  expect(files.length).toBeGreaterThan(1);
  expect(files.reduce((sum, file) => sum + statSync(file).size, 0)).toBeLessThan(1_400);
  for (const file of files) expect((await recordsOf(file)).slice(0, 2).map(({ source }) => source)).toEqual(['head', 'clock']);
  const numbers = await Promise.all(files.map(async (file) => JSON.parse((await recordsOf(file))[0]?.raw ?? '').file));
  expect(numbers).toEqual(numbers.map((_, i) => (numbers[0] as number) + i));
  expect(numbers[0]).toBeGreaterThan(1);
});

test('a disk that fails is told once, holds nobody up, and its gap stands in the file that comes after it', async () => {
  const faults: (string | null)[] = [];
  const { folder, tape } = openWriter({ clock: systemClock(), onFault: (fault) => faults.push(fault) });
  rmSync(folder, { recursive: true, force: true });
  writeFileSync(folder, 'a file is in the way');
  tape.write('stream', 'public', '{"n":1}');
  const failed = tape.flush();
  await expect.poll(() => faults.length).toBe(1);
  rmSync(folder);
  await failed;
  tape.write('stream', 'public', '{"n":2}');
  await tape[Symbol.asyncDispose]();
  const got = await recordsOf(filesOf(folder)[0] ?? '');
  expect(got.map(({ source, name }) => `${source} ${name}`)).toEqual(['head gateway', 'gap disk', 'stream public']);
  expect(faults).toEqual([expect.stringContaining('cannot be written'), null]);
});

test.each([
  ['something else', 'is no tape'],
  [null, 'there is no such file'],
])('readTapeFile() of %j says so', async (content, why) => {
  const folder = mkdtempSync(join(tmpdir(), 'tape-'));
  folders.push(folder);
  const file = join(folder, 'x');
  if (content !== null) writeFileSync(file, content);
  await expect(recordsOf(file)).rejects.toThrow(`${file}: ${why}`);
});
