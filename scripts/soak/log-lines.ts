/** Which lines of a run say that something is wrong, and which of them an injected fault explains. */

/** A fault as it happened: real milliseconds since the epoch. */
export type Happened = { readonly kind: string; readonly atMs: number };
export type WrongLine = { readonly atMs: number; readonly from: string; readonly message: string; readonly text: string };

const ERROR_LEVEL = 50;
const CALLS = ['reply', 'error', 'hang', 'reset', 'slow', 'truncate', 'garbage', 'empty', 'ban', 'maintenance', 'clock-jump', 'clock-skew'];
const SILENT = ['drop', 'gap', 'silence', 'delay', 'withhold-event', 'half-open', 'reorder', 'expire-listen-key', 'maintenance'];
const SIM_GONE = ['kill-sim', 'stall-sim'];
const REDIS_GONE = ['kill-redis', 'stall-redis'];
const GATEWAY_GONE = ['kill-gateway', 'stall-gateway'];

/** What each message may come from. A message that is not here has no cause: it is a finding whatever was injected. */
const CAUSES: readonly { readonly message: RegExp; readonly kinds: readonly string[] }[] = [
  { message: /^Key of the private stream expired/, kinds: ['expire-listen-key'] },
  { message: /^Keep-alive of the private stream failed/, kinds: [...CALLS, ...SIM_GONE, 'stall-gateway', 'expire-listen-key'] },
  { message: /^Gateway did not tell the positions/, kinds: [...GATEWAY_GONE, ...SIM_GONE, 'stall-brain'] },
  { message: /^Hard exit not taken/, kinds: [...GATEWAY_GONE, ...SIM_GONE, ...CALLS, 'stall-brain', 'trading-status', 'liquidation'] },
  { message: /^Account stream is silent about an acknowledged order/, kinds: [...SILENT, ...SIM_GONE, ...GATEWAY_GONE] },
  { message: /^Outcome of an order is unknown/, kinds: [...CALLS, ...SILENT, ...SIM_GONE, ...GATEWAY_GONE] },
  { message: /^Reconcile does not come to agree/, kinds: [...CALLS, ...SILENT, ...SIM_GONE, ...GATEWAY_GONE] },
  { message: /^A position cannot be seen/, kinds: [...CALLS, ...SILENT, ...SIM_GONE, ...GATEWAY_GONE] },
  { message: /^Fills of an order are in no list/, kinds: [...CALLS, ...SILENT, ...SIM_GONE, ...GATEWAY_GONE] },
  { message: /^Daily loss limit reached/, kinds: ['liquidation', 'adl'] },
  { message: /^Margin call/, kinds: ['liquidation'] },
  { message: /^Symbol halted/, kinds: ['adl', 'liquidation'] },
  { message: /^Instrument changed at the venue/, kinds: ['trading-status'] },
  { message: /^The venue closed a position by force/, kinds: ['adl', 'liquidation'] },
  { message: /^(redis|sim|gateway|brain) died \(SIGKILL\)/, kinds: ['kill-redis', 'kill-sim', 'kill-gateway', 'kill-brain'] },
  // started while what it needs was away: it says so with code 3 and is started again
  { message: /^gateway died \(code 3\)/, kinds: [...SIM_GONE, ...REDIS_GONE, ...CALLS] },
  { message: /^brain died \(code 3\)/, kinds: [...GATEWAY_GONE, ...REDIS_GONE, ...SIM_GONE, ...CALLS] },
];

/** Error and fatal lines of the processes, deaths told by the supervisor, and stray words of the runtime. `text`: the whole of stderr. */
export function wrongLines(text: string): readonly WrongLine[] {
  let atMs = 0;
  const found: WrongLine[] = [];
  // backwards: what has no time of its own was said no later than the dated line after it
  for (const line of text.split('\n').toReversed()) {
    const row = readLine(line);
    if (row) {
      atMs = Number.isNaN(Date.parse(row.time)) ? atMs : Date.parse(row.time);
      if (row.level >= ERROR_LEVEL) found.push({ atMs, from: row.process, message: row.msg, text: line });
    } else if (
      / died \(|unhandled|uncaught|TypeError|RangeError|ReferenceError|AssertionError|MaxListenersExceeded|heap out of memory/i.test(line)
    )
      found.push({ atMs, from: 'supervisor', message: line, text: line });
  }
  return found.toReversed();
}

/** Lines that no fault within `withinMs` before them explains. */
export function withoutCause(
  lines: readonly WrongLine[],
  { happened, withinMs }: { readonly happened: readonly Happened[]; readonly withinMs: number },
) {
  return lines.filter(({ atMs, message }) => {
    const kinds = causesOf(message);
    return !happened.some((fault) => kinds.includes(fault.kind) && fault.atMs <= atMs + 1_000 && atMs - fault.atMs <= withinMs);
  });
}

/** Kinds of fault that may make somebody say this. */
export const causesOf = (message: string): readonly string[] => CAUSES.find((cause) => cause.message.test(message))?.kinds ?? [];

type Row = { readonly level: number; readonly time: string; readonly process: string; readonly msg: string };

function readLine(line: string): Row | null {
  if (!line.startsWith('{')) return null;
  try {
    const row: Partial<Row> = JSON.parse(line);
    const { level = 0, time = '', process = '', msg = '' } = row;
    return { level, time, process, msg };
  } catch {
    return null; // a line cut short by a kill
  }
}
