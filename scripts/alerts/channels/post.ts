/** One JSON body by POST, with an end in time; the answer's status and text, or why there is none. */
import { request } from 'undici';
import type { Clock } from '../../../shared/clock.ts';
import { err, ok, type Result } from '../../../shared/result.ts';

export type Post = {
  readonly url: string;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly clock: Clock;
  readonly timeoutMs: number;
};
export type Posted = { readonly status: number; readonly text: string };

const ANSWER_MAX = 2_000;

export async function post({ url, body, headers = {}, clock, timeoutMs }: Post): Promise<Result<Posted, string>> {
  const stop = new AbortController();
  const timer = clock.after(timeoutMs, () => stop.abort());
  try {
    const answer = await request(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
      signal: stop.signal,
    });
    const text = (await answer.body.text()).slice(0, ANSWER_MAX);
    return ok({ status: answer.statusCode, text });
  } catch (error) {
    return err(stop.signal.aborted ? `no answer within ${timeoutMs} ms` : wordsOf(error));
  } finally {
    timer.cancel();
  }
}

/** For services that say "done" by the status alone. */
export const acceptedBy = ({ status, text }: Posted): Result<null, string> =>
  status >= 200 && status < 300 ? ok(null) : err(`HTTP ${status}: ${oneLine(text)}`);

/** For services that answer 200 and say in the body whether it was done. */
export function acceptedIn({ status, text }: Posted, isDone: (body: Readonly<Record<string, unknown>>) => boolean): Result<null, string> {
  try {
    if (status === 200 && isDone(Object(JSON.parse(text)))) return ok(null);
  } catch {
    // no JSON: told below like any other refusal
  }
  return err(`HTTP ${status}: ${oneLine(text)}`);
}

const oneLine = (text: string): string => text.replace(/\s+/g, ' ').slice(0, 200);

function wordsOf(error: unknown): string {
  const inner = error instanceof AggregateError && error.errors[0] instanceof Error ? error.errors[0] : error;
  return inner instanceof Error ? oneLine(inner.message || inner.name) : oneLine(String(inner));
}
