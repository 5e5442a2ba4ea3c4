/**
 * Lines of a recording into frames. Two formats: 'collector' (`<receive time, ns> <JSON>`, a REST depth answer has no `stream`) and
 * 'json-lines' (`{"t":<receive time, s>,"kind":"open|sent|recv|rest","url"?,"msg"?}`). `raw` is cut out of the line, never written anew, so
 * what is served later is byte for byte what the venue sent.
 */
import { decodeData, decodeSnapshot, type LineProblem, problem } from './tape-frame.ts';
import type { TapeFrame } from './market.ts';
import { quickLine } from './tape-quick.ts';

export type TapeFormat = 'collector' | 'json-lines';
export type { LineProblem };
/** `frame.atMs` is the receive time, not yet aligned (see TapeAligner); `eventMs` the venue's `E`, null where it sent none. */
export type TapeLine = { readonly frame: TapeFrame; readonly eventMs: number | null };

const COLLECTOR = /^(\d{1,13})(\d{6}) (\{.*\})$/;
const STAMP = /^(\d{1,13})(\d{6}) \{/;
const ENVELOPE = /^\{\s*"stream"\s*:\s*"([^"]*)"\s*,\s*"data"\s*:\s*(\{.*\})\s*\}$/;
const MESSAGE = /"msg"\s*:\s*(\{.*\})\s*\}$/;
const DEPTH_URL = /\/depth\?(?:.*&)?symbol=([A-Z0-9_]+)/;

/** Null when the line belongs to neither format. */
export function detectFormat(firstLine: string): TapeFormat | null {
  if (COLLECTOR.test(firstLine)) return 'collector';
  return /^\{"t":\d+(\.\d+)?,"kind":"(open|sent|recv|rest)"/.test(firstLine) ? 'json-lines' : null;
}

/**
 * One line; 'skip' for what is not market data (connection notes, requests, subscription answers). A collector's snapshot does not name
 * its symbol: its frame has symbol '' until TapeAligner fills it in.
 */
export function parseTapeLine(format: TapeFormat, line: string, lineNumber: number): TapeLine | 'skip' | LineProblem {
  const parsed = format === 'collector' ? parseCollector(line) : parseJsonLine(line);
  return typeof parsed === 'object' && 'problem' in parsed ? problem(`line ${lineNumber}: ${parsed.problem}`) : parsed;
}

function parseCollector(line: string): TapeLine | 'skip' | LineProblem {
  const match = STAMP.exec(line);
  const text = match === null || !line.endsWith('}') ? '' : line.slice(match[0].length - 1);
  if (match === null || text === '') return problem('not "<receive time in ns> <JSON object>"');
  const atMs = Number(match[1]) + Number(match[2]) / 1e6;
  if (text.startsWith('{"lastUpdateId"')) return decodeSnapshot({ atMs, symbol: '', raw: text });
  return parseStreamText(text, atMs) ?? problem('neither a stream message nor a depth snapshot');
}

/** Text of a frame of a combined stream; null when it is none and no answer to a subscription. */
export function parseStreamText(text: string, atMs: number): TapeLine | 'skip' | LineProblem | null {
  const quick = quickLine(text, atMs);
  if (quick) return quick;
  const envelope = ENVELOPE.exec(text);
  if (envelope) return decodeData({ atMs, stream: envelope[1] ?? '', raw: envelope[2] ?? '' });
  return isAnswer(text) ? 'skip' : null;
}

/** Body of a REST answer to that path with its query; 'skip' when it is no depth snapshot. */
export const parseRestText = (
  path: string,
  { atMs, text }: { readonly atMs: number; readonly text: string },
): TapeLine | 'skip' | LineProblem => parseRest(path, atMs, text);

function parseJsonLine(line: string): TapeLine | 'skip' | LineProblem {
  const head = readObject(line);
  if (!head) return problem('not a JSON object');
  const { t, kind, url } = head;
  if (typeof t !== 'number' || typeof kind !== 'string') return problem('no "t" (seconds) or no "kind"');
  if (kind === 'open' || kind === 'sent') return 'skip';
  if (kind !== 'recv' && kind !== 'rest') return problem(`kind ${JSON.stringify(kind)} is not open, sent, recv or rest`);
  const message = MESSAGE.exec(line)?.[1];
  if (message === undefined) return problem(`kind "${kind}" without an object "msg" at the end`);
  const atMs = t * 1_000;
  if (kind === 'rest') return parseRest(typeof url === 'string' ? url : '', atMs, message);
  return parseStreamText(message, atMs) ?? problem('"msg" is not a {"stream","data"} message of Binance');
}

function parseRest(url: string, atMs: number, message: string): TapeLine | 'skip' | LineProblem {
  const symbol = DEPTH_URL.exec(url)?.[1];
  return symbol === undefined ? 'skip' : decodeSnapshot({ atMs, symbol, raw: message });
}

/** A subscription's answer: {"result":null,"id":1}. */
const isAnswer = (text: string): boolean => /^\{\s*"(result|id)"/.test(text) && readObject(text) !== null;

function readObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null;
  } catch {
    return null;
  }
}
