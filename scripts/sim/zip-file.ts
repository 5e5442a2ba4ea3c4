/**
 * The one file in a zip archive, as the venue publishes its data: found by the central directory, inflated as it is read, its length and
 * checksum proved at the end (PKWARE APPNOTE 6.3: end record 4.3.16, directory 4.3.12, local header 4.3.7).
 */
import { createReadStream } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { crc32, createInflateRaw } from 'node:zlib';

type Entry = { readonly method: number; readonly crc: number; readonly packed: number; readonly size: number; readonly offset: number };

const END_BYTES = 22;
const COMMENT_BYTES_MAX = 65_535;
const [STORED, DEFLATED] = [0, 8];
/** Larger ones stand in an extra field. */
const TOO_LARGE = 0xffffffff;

export const isZip = (start: Buffer): boolean => start.length >= 4 && start.readUInt32LE(0) === 0x04034b50;

/** Bytes of its text; a sentence when nothing sound follows. */
export async function* zippedText(handle: FileHandle, file: string): AsyncGenerator<Buffer | string, void, void> {
  const entry = await findEntry(handle);
  if (typeof entry === 'string') {
    yield entry;
    return;
  }
  const local = await readAt(handle, entry.offset, 30);
  const start = entry.offset + 30 + local.readUInt16LE(26) + local.readUInt16LE(28);
  const raw = createReadStream(file, { start, end: start + Math.max(1, entry.packed) - 1 });
  const text = entry.method === STORED ? raw : pipeline(raw, createInflateRaw(), () => undefined); // what fails is thrown by the loop
  let [crc, size] = [0, 0];
  try {
    for await (const chunk of text as AsyncIterable<Buffer>) {
      crc = crc32(chunk, crc);
      size += chunk.length;
      yield chunk;
    }
  } catch (problem) {
    yield `the zip data is broken after this line (${problem instanceof Error ? problem.message : String(problem)})`;
    return;
  }
  if (size !== entry.size || crc !== entry.crc) yield 'the zip data does not have the length and checksum that its directory names';
}

async function findEntry(handle: FileHandle): Promise<Entry | string> {
  const { size } = await handle.stat();
  const tail = await readAt(handle, Math.max(0, size - END_BYTES - COMMENT_BYTES_MAX), END_BYTES + COMMENT_BYTES_MAX);
  const at = tail.lastIndexOf(Buffer.from([0x50, 0x4b, 0x05, 0x06]));
  if (at < 0 || at + END_BYTES > tail.length) return 'the zip archive ends early: the file is truncated';
  const files = tail.readUInt16LE(at + 10);
  if (files !== 1) return `the zip archive holds ${files} files, allowed is one`;
  const head = await readAt(handle, tail.readUInt32LE(at + 16), 46);
  if (head.length < 46 || head.readUInt32LE(0) !== 0x02014b50) return 'the zip archive has no readable directory';
  const entry = {
    method: head.readUInt16LE(10),
    crc: head.readUInt32LE(16),
    packed: head.readUInt32LE(20),
    size: head.readUInt32LE(24),
    offset: head.readUInt32LE(42),
  };
  if (entry.packed === TOO_LARGE || entry.size === TOO_LARGE) return 'the zip archive is larger than 4 GB: unzip it first';
  if (entry.method !== STORED && entry.method !== DEFLATED) return `the zip archive uses method ${entry.method}: unzip it first`;
  return entry;
}

async function readAt(handle: FileHandle, offset: number, bytes: number): Promise<Buffer> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(bytes), 0, bytes, offset);
  return buffer.subarray(0, bytesRead);
}
