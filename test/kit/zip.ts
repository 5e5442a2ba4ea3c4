/** Zip archives for tests, as the venue publishes its data: deflated, without a comment. */
import { crc32, deflateRawSync } from 'node:zlib';

export function zipOf(files: Readonly<Record<string, string>>): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, text] of Object.entries(files)) {
    const raw = deflateRawSync(text);
    const sums = Buffer.alloc(12);
    for (const [i, n] of [crc32(text), raw.length, Buffer.byteLength(text)].entries()) sums.writeUInt32LE(n, 4 * i);
    const local = Buffer.concat([bytes([0x04034b50, 4], [20, 2], [0, 2], [8, 2], [0, 4]), sums, bytes([name.length, 2], [0, 2])]);
    const start = bytes([0x02014b50, 4], [20, 2], [20, 2], [0, 2], [8, 2], [0, 4]);
    const end = bytes([name.length, 2], [0, 2], [0, 2], [0, 2], [0, 2], [0, 4], [offset, 4]);
    directory.push(start, sums, end, Buffer.from(name));
    parts.push(local, Buffer.from(name), raw);
    offset += local.length + name.length + raw.length;
  }
  const index = Buffer.concat(directory);
  const count = Object.keys(files).length;
  const tail = bytes([0x06054b50, 4], [0, 2], [0, 2], [count, 2], [count, 2], [index.length, 4], [offset, 4], [0, 2]);
  return Buffer.concat([...parts, index, tail]);
}

function bytes(...numbers: readonly (readonly [value: number, width: 2 | 4])[]): Buffer {
  return Buffer.concat(
    numbers.map(([value, width]) => {
      const part = Buffer.alloc(width);
      part.writeUIntLE(value, 0, width);
      return part;
    }),
  );
}
