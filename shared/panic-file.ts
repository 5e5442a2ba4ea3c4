/**
 * The file that stops a gateway, as people and the watchdog write it: any text is the reason (a mere `touch` will do); a first line
 * `everything` takes orders of others with it. Pure.
 */
export const PANIC_FILE = 'PANIC';
const EVERYTHING = 'everything';
const REASON_MAX = 200;

/** What it is called once a gateway has taken it in. */
export const takenFile = (path: string): string => `${path}.taken`;

export type PanicRequest = { readonly reason: string; readonly everything: boolean };

export function readPanic(text: string): PanicRequest {
  const lines = text.split('\n').map((line) => line.trim());
  const everything = lines[0] === EVERYTHING;
  const reason = (everything ? lines.slice(1) : lines).join(' ').trim().slice(0, REASON_MAX);
  return { reason: reason === '' ? `file ${PANIC_FILE}` : reason, everything };
}

export const writePanic = ({ reason, everything }: PanicRequest): string => `${everything ? `${EVERYTHING}\n` : ''}${reason}\n`;
