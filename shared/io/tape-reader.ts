/**
 * Reads tape files block by block; memory is bounded by one block. A torn end, and damage in the middle, are told as `gap` records at their
 * place: all that is whole is read, and nothing is passed over silently.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { BLOCK_START, type BlockInfo, HEADER_BYTES, readBlock, readHeader } from '../tape-block.ts';
import { parseTapeRecord, type TapeGap, type TapeRecord } from '../tape.ts';

/** One line for a person: file, record number, what is wrong. */
export class TapeFault extends Error {
  override readonly name = 'TapeFault';
}

/** Inclusive, ms since the epoch. Blocks outside are not even decompressed. */
export type TapeRange = { readonly fromMs?: number; readonly toMs?: number };
export type IndexedBlock = BlockInfo & { readonly offset: number };
/** Bytes that belong to no whole block. `torn`: at the end of the file; `no-tape`: all of it. */
export type Damage = { readonly reason: 'torn' | 'unreadable' | 'no-tape'; readonly offset: number; readonly bytes: number };
export type TapePart = { readonly kind: 'block'; readonly block: IndexedBlock } | { readonly kind: 'damage'; readonly damage: Damage };

const SCAN_BYTES = 1_048_576;

/** What a file is made of, from its headers alone. */
export async function indexTape(file: string): Promise<readonly TapePart[]> {
  await using handle = await openFile(file);
  const parts: TapePart[] = [];
  for await (const part of partsOf(handle)) parts.push(part);
  return parts;
}

/** Records of one file, a block at a time; throws TapeFault for what is no tape. */
export async function* readTapeFile(file: string, { fromMs, toMs }: TapeRange = {}): AsyncGenerator<readonly TapeRecord[], void, void> {
  await using handle = await openFile(file);
  let [atMs, number] = [0, 0];
  for await (const part of partsOf(handle)) {
    if (part.kind === 'damage') {
      if (part.damage.reason === 'no-tape') throw new TapeFault(`${file}: is no tape`);
      yield [gapOf(part.damage, atMs)];
      continue;
    }
    const { block } = part;
    const [skip, first] = [block.lastMs < (fromMs ?? -Infinity) || block.firstMs > (toMs ?? Infinity), number + 1];
    number += block.records;
    if (block.firstMs < atMs) throw new TapeFault(`${file}: record ${first}: is of an earlier time than the one before it`);
    atMs = block.lastMs;
    if (skip) continue;
    yield await recordsOf(handle, { file, block, first });
  }
}

type Wanted = { readonly file: string; readonly block: IndexedBlock; readonly first: number };

async function recordsOf(handle: FileHandle, { file, block, first }: Wanted): Promise<readonly TapeRecord[]> {
  const frame = await readAt(handle, block.offset + HEADER_BYTES, block.bytes);
  const text = readBlock(frame, block);
  if (!text.ok) return [gapOf({ reason: 'unreadable', offset: block.offset, bytes: HEADER_BYTES + block.bytes }, block.firstMs, block)];
  const lines = text.value.split('\n');
  if (lines.pop() !== '' || lines.length !== block.records)
    throw new TapeFault(`${file}: record ${first}: the block holds ${lines.length} records, its header says ${block.records}`);
  return lines.map((line, i) => {
    const record = parseTapeRecord(line);
    if (!record.ok) throw new TapeFault(`${file}: record ${first + i}: ${record.error}`);
    return record.value;
  });
}

/** Walks from header to header; where none stands the next one is searched. */
async function* partsOf(handle: FileHandle): AsyncGenerator<TapePart, void, void> {
  const { size } = await handle.stat();
  for (let offset = 0; offset < size; ) {
    const info = readHeader(await readAt(handle, offset, HEADER_BYTES));
    const end = info ? offset + HEADER_BYTES + info.bytes : 0;
    if (info && end <= size) {
      yield { kind: 'block', block: { ...info, offset } };
      offset = end;
      continue;
    }
    const next = await findStart(handle, { from: offset + 1, size });
    const isTorn = info !== null || offset > 0 || (await startsLikeTape(handle, size));
    const until = next ?? size;
    const reason = next !== null ? 'unreadable' : isTorn ? 'torn' : 'no-tape';
    yield { kind: 'damage', damage: { reason, offset, bytes: until - offset } };
    offset = until;
  }
}

/** Of a file that was cut off within its first header. */
async function startsLikeTape(handle: FileHandle, size: number): Promise<boolean> {
  const start = await readAt(handle, 0, Math.min(size, BLOCK_START.length));
  return start.equals(BLOCK_START.subarray(0, start.length)) && size < HEADER_BYTES;
}

async function findStart(handle: FileHandle, { from, size }: { readonly from: number; readonly size: number }): Promise<number | null> {
  for (let at = from; at < size; at += SCAN_BYTES - HEADER_BYTES) {
    const bytes = await readAt(handle, at, SCAN_BYTES);
    for (let i = bytes.indexOf(BLOCK_START); i >= 0; i = bytes.indexOf(BLOCK_START, i + 1)) {
      if (readHeader(bytes.subarray(i, i + HEADER_BYTES)) !== null) return at + i;
    }
  }
  return null;
}

async function readAt(handle: FileHandle, offset: number, bytes: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(bytes);
  let filled = 0;
  while (filled < bytes) {
    const { bytesRead } = await handle.read(buffer, filled, bytes - filled, offset + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}

function gapOf({ reason: told, bytes }: Damage, atMs: number, block: BlockInfo | null = null): TapeRecord {
  const reason = told === 'torn' ? told : 'unreadable';
  const gap: TapeGap = { reason, bytes, records: block?.records ?? null, fromMs: block?.firstMs ?? atMs, toMs: block?.lastMs ?? null };
  return { atMs, source: 'gap', name: reason, raw: JSON.stringify(gap) };
}

async function openFile(file: string): Promise<FileHandle> {
  try {
    return await open(file);
  } catch (problem) {
    const code = problem instanceof Error && 'code' in problem ? String(problem.code) : String(problem);
    throw new TapeFault(`${file}: ${code === 'ENOENT' ? 'there is no such file' : `cannot be read (${code})`}`);
  }
}
