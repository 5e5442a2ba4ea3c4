/** Root logger: JSON lines on stderr, secrets redacted by field name at any depth we use. Constant messages, data in fields. */
import { type DestinationStream, destination, type Logger, pino } from 'pino';
import { hideSecrets, SECRET_FIELDS } from './redact.ts';

const HIDDEN = '(hidden)';

export type LogOptions = { readonly process: string; readonly level: string; readonly stream?: DestinationStream };
export type Log = Logger;

export function rootLog({ process: name, level, stream = destination({ dest: 2, sync: true }) }: LogOptions): Log {
  const paths = SECRET_FIELDS.flatMap((field) => {
    const key = /^\w+$/.test(field) ? `.${field}` : `["${field}"]`;
    return [key.replace(/^\./, ''), `*${key}`, `*.*${key}`];
  });
  const options = {
    name,
    level,
    base: { process: name },
    redact: { paths, censor: HIDDEN },
    timestamp: pino.stdTimeFunctions.isoTime,
    hooks: { streamWrite: hideSecrets }, // a last look: field redaction knows few depths and no strings
  };
  return pino(options, stream);
}
