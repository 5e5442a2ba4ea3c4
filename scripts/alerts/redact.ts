/** Hides secrets in whatever is shown, logged, stored or sent: as they are, percent-encoded, and in parts of a JSON text. Pure. */
const HIDDEN = '(hidden)';
/** Shorter ones would hide half of every sentence. */
const LENGTH_MIN = 6;

export type Redact = (text: string) => string;

export function redactorOf(secrets: readonly string[]): Redact {
  const forms = secrets.flatMap((secret) => [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)]);
  const hidden = [...new Set(forms)].filter((form) => form.length >= LENGTH_MIN).sort((a, b) => b.length - a.length);
  return (text) => hidden.reduce((shown, secret) => shown.replaceAll(secret, HIDDEN), text);
}
