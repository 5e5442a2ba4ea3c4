/**
 * A tape: everything a process heard and did, in the order in which it met it. One record a line of four fields with tabs between them,
 * `<µs since the epoch> <source> <name> <raw text>`, so that `zstd -dc FILE | grep` reads it. The raw text is what came or left, byte for
 * byte, but for secrets. Times come from the monotonic clock, put on wall time once: they never go back within one run of a process.
 */
import * as z from 'zod';
import { err, ok, type Result } from './result.ts';

/**
 * `head`: what the file is, its first record. `instruments`: contracts by symbol, as they are from here on. `book`: a whole book as it stood
 * when the file began; the name is its symbol. `connection`: a stream was opened or closed. `stream`: a frame; both are named by route and
 * number of the connection (`public#1`). `sent` and `rest`: a request and its answer, `GET /path?query` and `200 GET /path?query`.
 * `command` and `answer`: what a client asked over the socket and was told; the name is its role. `ledger`: what was written down, named by
 * who told it. `published`: a snapshot with this {epoch, seq} was given out. `remembered`: what a brain knew when it started. `documents` and
 * `decision`: what it read in one turn, and what came of it. `settled`: what changed its state between two turns: an answer, the ledger's
 * word, other settings. `clock`: both clocks read. `gap`: records that are missing here, and why.
 */
export const TAPE_SOURCES = [
  ...(['head', 'instruments', 'book', 'connection', 'stream', 'sent', 'rest', 'command', 'answer', 'ledger', 'published'] as const),
  ...(['remembered', 'documents', 'decision', 'settled', 'clock', 'gap'] as const),
] as const;
export type TapeSource = (typeof TAPE_SOURCES)[number];

export type TapeRecord = {
  /** Milliseconds since the epoch, whole microseconds. */
  readonly atMs: number;
  readonly source: TapeSource;
  /** No tab and no line break. */
  readonly name: string;
  readonly raw: string;
};

/** First record of each file: enough to read it without any other. Prices and sizes as decimal strings. */
export const TapeHead = z.object({
  format: z.literal(1),
  /** Which kind of process wrote it: `gateway`, `brain`, `record`. */
  process: z.string(),
  venue: z.string(),
  environment: z.string(),
  symbols: z.array(z.string()),
  /** Run of the writer; its files follow each other by `file`, from 1. */
  run: z.string(),
  file: z.int().positive(),
  epoch: z.int().nullable(),
  /** The monotonic clock reads this at `wallMs`; record times are both joined: wallMs + (mono - monoMs). */
  wallMs: z.number(),
  monoMs: z.number(),
  /** The configuration in force, without secrets; null where there is none. */
  config: z.unknown(),
});
export type TapeHead = Readonly<z.infer<typeof TapeHead>>;

/** Body of a `gap`: how many records, or bytes of a file, are missing, and between which times; null where that is not known. */
export const TapeGap = z.object({
  reason: z.enum(['queue-full', 'disk', 'torn', 'unreadable', 'file-missing']),
  records: z.int().nullable(),
  bytes: z.int().nullable(),
  fromMs: z.number().nullable(),
  toMs: z.number().nullable(),
});
export type TapeGap = Readonly<z.infer<typeof TapeGap>>;

const SOURCES: ReadonlySet<string> = new Set(TAPE_SOURCES);
const isSource = (text: string): text is TapeSource => SOURCES.has(text);
const BREAKS = /[\n\r]/;
const NAME_BREAKS = /[\t\n\r]/g;

/** The line of one record, with its line end. A text with line breaks, or one that begins with a quote, is written as a JSON string. */
export function tapeLine({ atMs, source, name, raw }: TapeRecord): string {
  const text = raw.charCodeAt(0) === 34 || BREAKS.test(raw) ? JSON.stringify(raw) : raw;
  return `${Math.round(atMs * 1_000)}\t${source}\t${name.replace(NAME_BREAKS, ' ')}\t${text}\n`;
}

/** One line without its end; what is wrong with it is a sentence. */
export function parseTapeRecord(line: string): Result<TapeRecord, string> {
  const first = line.indexOf('\t');
  const second = line.indexOf('\t', first + 1);
  const third = line.indexOf('\t', second + 1);
  if (first < 0 || second < 0 || third < 0) return err('not "<microseconds> <source> <name> <text>" with tabs between');
  const time = line.slice(0, first);
  const source = line.slice(first + 1, second);
  if (!/^\d{1,16}$/.test(time)) return err(`time ${JSON.stringify(time)} is not in microseconds since the epoch`);
  if (!isSource(source)) return err(`source ${JSON.stringify(source)} is none of ${TAPE_SOURCES.join(', ')}`);
  const text = line.slice(third + 1);
  const raw = text.charCodeAt(0) === 34 ? unquoted(text) : text;
  if (raw === null) return err('a quoted text is not one JSON string');
  return ok({ atMs: Number(time) / 1_000, source, name: line.slice(second + 1, third), raw });
}

function unquoted(text: string): string | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'string' ? value : null;
  } catch {
    return null;
  }
}
