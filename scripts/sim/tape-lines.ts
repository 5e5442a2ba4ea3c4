/** Lines of a text file, out of gzip or the one file in a zip where it is such, in pieces; memory stays bounded by one piece of the file. */
import { type FileHandle, open } from 'node:fs/promises';
import { StringDecoder } from 'node:string_decoder';
import { createGunzip, type Gunzip } from 'node:zlib';
import { isZip, zippedText } from './zip-file.ts';

/** `problem` says why nothing follows (data cut off, not readable); `last` that nothing follows. */
export type LinePiece = { readonly lines: readonly string[]; readonly problem: string | null; readonly last: boolean };

const CHUNK_BYTES = 65_536;
/** A line longer than this is not a recording's. */
const LINE_CHARS_MAX = 16_777_216;

/** The last piece has `last` set; a line cut off by broken data is not told. */
export async function* readLines(file: string): AsyncGenerator<LinePiece, void, void> {
  const handle = await open(file).catch(faultOf);
  if (typeof handle === 'string') {
    yield { lines: [], problem: handle, last: true };
    return;
  }
  await using open_ = handle;
  const splitter = new Splitter();
  const fault = yield* readText(open_, { splitter, file });
  const tooLong = splitter.tail.length > LINE_CHARS_MAX;
  const rest = fault === null && splitter.tail !== '' ? [splitter.tail] : [];
  yield { lines: tooLong ? [] : rest, problem: tooLong ? `a line is longer than ${LINE_CHARS_MAX} characters` : fault, last: true };
}

/** Yields all but the last piece; returns what went wrong, or null. */
async function* readText(
  handle: FileHandle,
  { splitter, file }: { readonly splitter: Splitter; readonly file: string },
): AsyncGenerator<LinePiece, string | null, void> {
  let unzip: Unzip | null = null;
  for (let first = true; ; first = false) {
    const chunk = await readChunk(handle);
    if (typeof chunk === 'string') return chunk;
    if (first && chunk[0] === 0x1f && chunk[1] === 0x8b) unzip = new Unzip();
    if (first && isZip(chunk)) return yield* readZip(handle, { splitter, file });
    const texts = unzip ? await unzip.push(chunk) : [chunk];
    const lines = texts.flatMap((bytes) => splitter.push(bytes));
    if (lines.length > 0) yield { lines, problem: null, last: false };
    if (unzip?.fault) return unzip.fault;
    if (chunk.length === 0 || splitter.tail.length > LINE_CHARS_MAX) return null;
  }
}

async function* readZip(
  handle: FileHandle,
  { splitter, file }: { readonly splitter: Splitter; readonly file: string },
): AsyncGenerator<LinePiece, string | null, void> {
  for await (const part of zippedText(handle, file)) {
    if (typeof part === 'string') return part;
    const lines = splitter.push(part);
    if (lines.length > 0) yield { lines, problem: null, last: false };
    if (splitter.tail.length > LINE_CHARS_MAX) return null;
  }
  return null;
}

/** Empty at the end of the file; a sentence when it cannot be read. */
async function readChunk(handle: FileHandle): Promise<Buffer | string> {
  const read = await handle.read(Buffer.allocUnsafe(CHUNK_BYTES)).catch(faultOf);
  return typeof read === 'string' ? read : read.buffer.subarray(0, read.bytesRead);
}

/** Gunzip that keeps everything it could read before the data turned out to be broken. */
class Unzip {
  fault: string | null = null;
  readonly #stream: Gunzip = createGunzip({ chunkSize: CHUNK_BYTES });
  #out: Buffer[] = [];

  constructor() {
    this.#stream.on('data', (bytes: Buffer) => this.#out.push(bytes));
  }

  /** Decompresses a chunk whole; an empty one ends the data. */
  async push(chunk: Buffer): Promise<readonly Buffer[]> {
    const done = chunk.length === 0 ? this.#end() : this.#write(chunk);
    this.fault = await done;
    const out = this.#out;
    this.#out = [];
    return out;
  }

  #write(chunk: Buffer): Promise<string | null> {
    return new Promise((resolve) => {
      const failed = (fault: Error): void => resolve(gzipFault(fault));
      this.#stream.once('error', failed);
      this.#stream.write(chunk, () => {
        this.#stream.off('error', failed);
        resolve(null);
      });
    });
  }

  #end(): Promise<string | null> {
    return new Promise((resolve) => {
      this.#stream.once('error', (fault) => resolve(gzipFault(fault)));
      this.#stream.once('end', () => resolve(null));
      this.#stream.end();
    });
  }
}

class Splitter {
  tail = '';
  readonly #decoder = new StringDecoder('utf8');

  push(bytes: Buffer): string[] {
    const lines = (this.tail + this.#decoder.write(bytes)).split('\n');
    this.tail = lines.pop() ?? '';
    return lines;
  }
}

const gzipFault = (fault: Error): string =>
  fault.message === 'unexpected end of file'
    ? 'the gzip data ends early: the file is truncated'
    : `the gzip data is broken after this line (${fault.message})`;

function faultOf(fault: NodeJS.ErrnoException): string {
  return fault.code === 'ENOENT' ? 'there is no such file' : `cannot be read (${fault.code ?? fault.message})`;
}
