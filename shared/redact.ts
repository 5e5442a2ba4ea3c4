/** Hides secrets in whatever is shown, logged, stored or sent. Pure. */
const HIDDEN = '(hidden)';
/** Shorter ones would hide half of every sentence. */
const LENGTH_MIN = 6;

/** Names of fields whose values nobody may see. */
export const SECRET_FIELDS = [
  ...['apiKey', 'secret', 'signature', 'listenKey', 'passphrase', 'privateKey', 'token', 'authorization', 'X-MBX-APIKEY'],
] as const;

export type Redact = (text: string) => string;

/** Hides those very texts: as they are, percent-encoded, and in parts of a JSON text. */
export function redactorOf(secrets: readonly string[]): Redact {
  const forms = secrets.flatMap((secret) => [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)]);
  const hidden = [...new Set(forms)].filter((form) => form.length >= LENGTH_MIN).sort((a, b) => b.length - a.length);
  return (text) => hidden.reduce((shown, secret) => shown.replaceAll(secret, HIDDEN), text);
}

const NAMES = SECRET_FIELDS.join('|');
/** `"secret":"…"` at any depth, also inside a string that holds JSON. */
const FIELD = new RegExp(`(\\\\*"(?:${NAMES})\\\\*"\\s*:\\s*\\\\*")(?:(?!\\\\*").)*`, 'gi');
/** `signature=…` in a URL or a query. */
const PARAMETER = new RegExp(`\\b(${NAMES})=[^&\\s"\\\\]+`, 'gi');

/** Hides by the name of the field, whatever the value. */
export const hideSecrets = (line: string): string => line.replace(FIELD, `$1${HIDDEN}`).replace(PARAMETER, `$1=${HIDDEN}`);
