/**
 * Root logger: JSON, one event a line, on stderr or in a file that is put aside by size; secrets redacted by field name at any depth we use.
 * Constant messages, data in fields, whose names are those of shared/log-fields.ts. The level can be changed while it runs.
 */
import { join } from 'node:path';
import { type DestinationStream, destination, type Logger, pino } from 'pino';
import type { Config } from './config.ts';
import { LogFile, type LogFileOptions } from './io/log-file.ts';
import { hideSecrets, SECRET_FIELDS } from './redact.ts';

const HIDDEN = '(hidden)';
const MB = 1_000_000;

export type LogOptions = { readonly process: string; readonly level: string; readonly stream?: DestinationStream };
export type Log = Logger;
type LogConfig = Config['log'];

/** Those that were made of a root: a level of their own came with their making. */
const FAMILIES = new WeakMap<Log, Log[]>();

export function rootLog({ process: name, level, stream = destination({ dest: 2, sync: true }) }: LogOptions): Log {
  const paths = SECRET_FIELDS.flatMap((field) => {
    const key = /^\w+$/.test(field) ? `.${field}` : `["${field}"]`;
    return [key.replace(/^\./, ''), `*${key}`, `*.*${key}`];
  });
  const family: Log[] = [];
  const options = {
    name,
    level,
    base: { process: name },
    redact: { paths, censor: HIDDEN },
    timestamp: pino.stdTimeFunctions.isoTime,
    hooks: { streamWrite: hideSecrets }, // a last look: field redaction knows few depths and no strings
    onChild: (child: Log) => void family.push(child),
  };
  const root = pino(options, stream);
  FAMILIES.set(root, family);
  return root;
}

/** The log of a process as the configuration says; rooms make their children of it once, at the start. */
export function processLog(name: string, config: LogConfig): Log {
  const file = logFileOf(name, config);
  return rootLog({ process: name, level: config.level, ...(file && { stream: new LogFile(file) }) });
}

/** Null: stderr. */
export const logFileOf = (name: string, { dir, maxMb, keep }: LogConfig): LogFileOptions | null =>
  dir === null ? null : { path: join(dir, `${name}.log`), maxBytes: maxMb * MB, keep };

/** From now on, in all rooms. */
export function setLogLevel(root: Log, level: LogConfig['level']): void {
  if (root.level === level) return;
  const before = root.level;
  for (const log of [root, ...(FAMILIES.get(root) ?? [])]) log.level = level;
  root.info({ from: before, to: level }, 'Log level changed');
}
