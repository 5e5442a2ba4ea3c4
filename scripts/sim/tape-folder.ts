/** The files of a tape: one file, or all of a folder in the order in which they were written, with the holes between them. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { readTapeFile, TapeFault, type TapeRange } from '../../shared/io/tape-reader.ts';
import { TAPE_END } from '../../shared/io/tape-writer.ts';
import { type TapeGap, TapeHead, type TapeRecord } from '../../shared/tape.ts';

/** A folder, or a file by its name; what is no tape of ours is read by its content elsewhere. */
export const isOwnTape = (path: string): boolean => path.endsWith(TAPE_END) || (existsSync(path) && statSync(path).isDirectory());

/** Whether a folder holds a tape whose name `only` wants; a file is one. */
export const holdsTape = (path: string, only: (name: string) => boolean): boolean =>
  !statSync(path).isDirectory() || readdirSync(path).some((name) => name.endsWith(TAPE_END) && only(name));

/** Oldest first; of a folder those that `only` wants by their name. */
export function tapeFiles(path: string, only: (name: string) => boolean = () => true): readonly string[] {
  if (!existsSync(path)) throw new TapeFault(`${path}: there is no such file or folder`);
  if (!statSync(path).isDirectory()) return [path];
  const names = readdirSync(path).filter((name) => name.endsWith(TAPE_END) && only(name));
  if (names.length === 0) throw new TapeFault(`${path}: holds no tape: none of its files is named …${TAPE_END}`);
  const stampOf = (name: string): string => /-(\d{8}T\d{9}Z)-/.exec(name)?.[1] ?? name;
  return names
    .sort((a, b) => (stampOf(a) < stampOf(b) ? -1 : stampOf(a) > stampOf(b) ? 1 : a < b ? -1 : 1))
    .map((name) => join(path, name));
}

/** Records of a file or a folder, a block at a time; a file of a run that is missing is a `gap` record. Throws TapeFault. */
export async function* readTapes(
  path: string,
  { only, ...range }: TapeRange & { readonly only?: (name: string) => boolean } = {},
): AsyncGenerator<readonly TapeRecord[], void, void> {
  const numbers = new Map<string, number>();
  for (const file of tapeFiles(path, only)) {
    let first = true;
    for await (const records of readTapeFile(file)) {
      const head = first ? headOf(records[0]) : null;
      first = false;
      if (head) {
        const missing = head.file - 1 - (numbers.get(head.run) ?? 0);
        if (missing > 0) yield [missingFiles(missing, records[0]?.atMs ?? 0)];
        numbers.set(head.run, head.file);
      }
      const wanted = within(records, range);
      if (wanted.length > 0) yield wanted;
    }
  }
}

/** What a file says of itself; null where its beginning is damaged. */
export function headOf(record: TapeRecord | undefined): TapeHead | null {
  if (record?.source !== 'head') return null;
  const parsed = TapeHead.safeParse(JSON.parse(record.raw));
  if (!parsed.success)
    throw new TapeFault(`the first record is no head that this program reads: ${parsed.error.issues[0]?.path.join('.')}`);
  return parsed.data;
}

/** What begins a file is told whatever its time: nothing after it can be read without. */
function within(records: readonly TapeRecord[], { fromMs = -Infinity, toMs = Infinity }: TapeRange): readonly TapeRecord[] {
  const [first, last] = [records[0], records.at(-1)];
  if (first && last && first.atMs >= fromMs && last.atMs <= toMs) return records;
  return records.filter(({ atMs, source }) => (atMs >= fromMs || LASTING.has(source)) && atMs <= toMs);
}

const LASTING: ReadonlySet<string> = new Set(['head', 'instruments', 'book']);

function missingFiles(count: number, atMs: number): TapeRecord {
  const gap: TapeGap = { reason: 'file-missing', records: null, bytes: null, fromMs: null, toMs: atMs };
  return { atMs, source: 'gap', name: `${count} files`, raw: JSON.stringify(gap) };
}
