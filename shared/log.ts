/** Root logger: JSON lines on stderr, secrets redacted by field name at any depth we use. Constant messages, data in fields. */
import { type DestinationStream, destination, type Logger, pino } from 'pino';

const SECRET_FIELDS = ['apiKey', 'secret', 'signature', 'listenKey', 'passphrase', 'privateKey', 'token', 'authorization', 'X-MBX-APIKEY'];

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
    hooks: { streamWrite: hideSecrets },
  };
  return pino(options, stream);
}

const NAMES = SECRET_FIELDS.join('|');
/** `"secret":"…"` at any depth, also inside a string that holds JSON. */
const FIELD = new RegExp(`(\\\\*"(?:${NAMES})\\\\*"\\s*:\\s*\\\\*")(?:(?!\\\\*").)*`, 'gi');
/** `signature=…` in a URL or a query. */
const PARAMETER = new RegExp(`\\b(${NAMES})=[^&\\s"\\\\]+`, 'gi');

/** Last look at a line before it is written: field redaction knows few depths and no strings. */
const hideSecrets = (line: string): string => line.replace(FIELD, `$1${HIDDEN}`).replace(PARAMETER, `$1=${HIDDEN}`);
