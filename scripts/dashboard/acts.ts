/** The actions of the page: a strict request in, lines for a person out. They go the same way as `scripts/mm`, and the gateway judges them. */
import * as z from 'zod';
import type { Loaded } from '../../shared/config-file.ts';
import { cancelOrders, flattenPositions, pauseTrading, resumeTrading } from '../lib/act.ts';
import { panic } from '../lib/panic.ts';
import { EXIT, Problem } from '../lib/tool.ts';

const scope = { symbol: z.string().min(1).max(40).nullable(), pause: z.boolean() };
export const ActRequest = z.discriminatedUnion('action', [
  z.strictObject({ action: z.literal('pause') }),
  z.strictObject({ action: z.literal('resume') }),
  z.strictObject({ action: z.literal('cancel'), ...scope }),
  z.strictObject({ action: z.literal('flatten'), ...scope }),
  /** A person has typed the word. */
  z.strictObject({ action: z.literal('panic'), word: z.literal('panic'), everything: z.boolean() }),
]);
export type ActRequest = Readonly<z.infer<typeof ActRequest>>;
export type ActAnswer = { readonly ok: boolean; readonly lines: readonly string[] };
export type Acted = { readonly status: number; readonly answer: ActAnswer };

/** The venue is waited for this long; the gateway goes on beyond. */
const PANIC_MS = 60_000;
const STATUS: Readonly<Record<number, number>> = { [EXIT.usage]: 400, [EXIT.unreachable]: 503, [EXIT.refused]: 409 };

export async function act(loaded: Loaded, request: ActRequest): Promise<Acted> {
  try {
    return await perform(loaded, request);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return { status: STATUS[error.code] ?? 502, answer: { ok: false, lines: error.lines } };
  }
}

async function perform(loaded: Loaded, request: ActRequest): Promise<Acted> {
  const acting = { loaded, who: `dashboard ${request.action}` };
  switch (request.action) {
    case 'pause':
      return done(await pauseTrading(acting));
    case 'resume':
      return done(await resumeTrading(acting));
    case 'cancel':
      return done(await cancelOrders(acting, known(loaded, request)));
    case 'flatten':
      return done(await flattenPositions(acting, known(loaded, request)));
    case 'panic':
      return await panicked(loaded, request.everything);
    default:
      throw new Error(`Cannot act: ${JSON.stringify(request satisfies never)}`);
  }
}

const done = (lines: readonly string[]): Acted => ({ status: 200, answer: { ok: true, lines } });

function known<T extends { readonly symbol: string | null }>({ config: { symbols } }: Loaded, scope: T): T {
  if (scope.symbol === null || symbols.includes(scope.symbol)) return scope;
  throw new Problem(EXIT.usage, [`${scope.symbol}: allowed is one of ${symbols.join(', ')}, or all`]);
}

async function panicked(loaded: Loaded, everything: boolean): Promise<Acted> {
  const said: string[] = [];
  const reason = 'dashboard panic';
  const left = await panic({ loaded, everything, reason, timeoutMs: PANIC_MS, say: (line) => void said.push(line) });
  if (left.length === 0)
    return done(['stopped: no own order open, no position; the exchange has confirmed it, and it stays so until somebody resumes']);
  const late = `not done after ${PANIC_MS / 1_000} s; the gateway goes on`;
  return { status: 504, answer: { ok: false, lines: [...left, late] } };
}
