/**
 * Blocks of a tape file. Each stands for itself: a zstd skippable frame that tells what follows, then one zstd frame with whole lines. So
 * `zstd -dc` reads the file, whatever was cut off or appended; the headers are its index by time; and a torn end is known as such.
 */
import { crc32, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { err, ok, type Result } from './result.ts';
import { tapeLine, type TapeRecord } from './tape.ts';

export type BlockInfo = {
  /** Of the zstd frame behind the header, and of its text. */
  readonly bytes: number;
  readonly textBytes: number;
  readonly records: number;
  readonly firstMs: number;
  readonly lastMs: number;
  readonly checksum: number;
};

const SKIPPABLE = 0x184d2a5d;
const MARK = 'mmt1';
const CONTENT_BYTES = 40;
export const HEADER_BYTES = 8 + CONTENT_BYTES;
/** A header that says more is damaged. */
const TEXT_BYTES_MAX = 1_073_741_824;

/** The first bytes of each header. */
export const BLOCK_START = Buffer.alloc(12);
BLOCK_START.writeUInt32LE(SKIPPABLE, 0);
BLOCK_START.writeUInt32LE(CONTENT_BYTES, 4);
BLOCK_START.write(MARK, 8, 'latin1');

export const headerOf = (info: Omit<BlockInfo, 'bytes' | 'checksum'>, frame: Buffer): Buffer => {
  const header = Buffer.alloc(HEADER_BYTES);
  BLOCK_START.copy(header);
  header.writeUInt32LE(frame.length, 12);
  header.writeUInt32LE(info.textBytes, 16);
  header.writeUInt32LE(info.records, 20);
  header.writeBigUInt64LE(BigInt(Math.round(info.firstMs * 1_000)), 24);
  header.writeBigUInt64LE(BigInt(Math.round(info.lastMs * 1_000)), 32);
  header.writeUInt32LE(crc32(frame), 40);
  header.writeUInt32LE(crc32(header.subarray(0, 44)), 44);
  return header;
};

/** A whole block; at least one record, in order of time. */
export function blockOf(records: readonly [TapeRecord, ...TapeRecord[]]): Buffer {
  const text = Buffer.from(records.map(tapeLine).join(''), 'utf8');
  const frame = zstdCompressSync(text);
  const [firstMs, lastMs] = [records[0].atMs, records.at(-1)?.atMs ?? records[0].atMs];
  return Buffer.concat([headerOf({ textBytes: text.length, records: records.length, firstMs, lastMs }, frame), frame]);
}

/** Null: no whole header stands there. */
export function readHeader(bytes: Buffer): BlockInfo | null {
  if (bytes.length < HEADER_BYTES || !bytes.subarray(0, BLOCK_START.length).equals(BLOCK_START)) return null;
  if (bytes.readUInt32LE(44) !== crc32(bytes.subarray(0, 44))) return null;
  const info = {
    bytes: bytes.readUInt32LE(12),
    textBytes: bytes.readUInt32LE(16),
    records: bytes.readUInt32LE(20),
    firstMs: Number(bytes.readBigUInt64LE(24)) / 1_000,
    lastMs: Number(bytes.readBigUInt64LE(32)) / 1_000,
    checksum: bytes.readUInt32LE(40),
  };
  return info.textBytes > TEXT_BYTES_MAX ? null : info;
}

/** Text of a block; a sentence when its frame is not what the header says. */
export function readBlock(frame: Buffer, info: BlockInfo): Result<string, string> {
  if (frame.length !== info.bytes || crc32(frame) !== info.checksum) return err('its checksum is wrong');
  try {
    return ok(zstdDecompressSync(frame, { maxOutputLength: Math.max(1, info.textBytes) }).toString('utf8'));
  } catch {
    return err('it cannot be decompressed');
  }
}
