/** Faults of what is sent on streams: lost, doubled, swapped and late messages. */
import * as z from 'zod';
import type { Armed, FaultBoard } from './board.ts';
import { fits, lifeOf, PICK } from './pick.ts';

const route = z.enum(['public', 'market', 'private']);
const messages = {
  route: route.optional(),
  /** Name of a market stream or, on the private route, of an event; `*` stands for anything. */
  stream: z.string().min(1).optional(),
  ...PICK,
};

export const STREAM_FAULTS = [
  z.strictObject({ kind: z.literal('drop'), ...messages }),
  z.strictObject({ kind: z.literal('duplicate'), ...messages }),
  /** A message leaves after the one that follows it on its stream. */
  z.strictObject({ kind: z.literal('reorder'), ...messages }),
  /** Messages arrive `byMs` later, and all that follow on that stream behind them. */
  z.strictObject({ kind: z.literal('delay'), ...messages, byMs: z.number().positive() }),
  /** A hole of `ms` in a stream. */
  z.strictObject({ kind: z.literal('gap'), route: messages.route, stream: messages.stream, ms: z.number().positive() }),
  /** Nothing is sent on a route for `ms`. */
  z.strictObject({ kind: z.literal('silence'), route, ms: z.number().positive() }),
  /** The next depth events of a symbol (those of every 100 ms) reach nobody. */
  z.strictObject({ kind: z.literal('drop-depth'), symbol: z.string(), count: z.int().positive() }),
] as const;
const StreamFault = z.discriminatedUnion('kind', [...STREAM_FAULTS]);
export type StreamFault = z.infer<typeof StreamFault>;
type MessageFault = Exclude<StreamFault, { kind: 'drop-depth' }>;

/** What becomes of a message. */
export type Fate = {
  readonly copies: 0 | 1 | 2;
  readonly lateMs: number;
  /** Whether it lets the next one of its stream pass. */
  readonly stepsAside: boolean;
};

const PLAIN: Fate = { copies: 1, lateMs: 0, stepsAside: false };

export class StreamFaults {
  readonly #board: FaultBoard;
  #messages: Armed<MessageFault>[] = [];
  #depth: Armed<Extract<StreamFault, { kind: 'drop-depth' }>>[] = [];

  constructor(board: FaultBoard) {
    this.#board = board;
  }

  start(fault: StreamFault): void {
    if (fault.kind === 'drop-depth') this.#depth.push(this.#board.arm(fault, { count: fault.count, forMs: null }));
    else this.#messages.push(this.#board.arm(fault, lifeOf(fault)));
  }

  /** What the oldest fault that fits makes of a message. */
  judge(on: z.infer<typeof route>, name: string): Fate {
    if (this.#messages.length === 0) return PLAIN;
    this.#messages = this.#messages.filter((entry) => entry.isLive());
    const entry = this.#messages.find((each) => {
      const { fault } = each;
      const meant = (fault.route ?? on) === on && ('stream' in fault ? fits(fault.stream, name) : true);
      return meant && this.#board.chance('probability' in fault ? fault.probability : undefined);
    });
    entry?.fire();
    return entry ? fateOf(entry.fault) : PLAIN;
  }

  /** Whether this depth event of a symbol is one to lose. */
  losesDepth(symbol: string): boolean {
    this.#depth = this.#depth.filter((entry) => entry.isLive());
    const entry = this.#depth.find(({ fault }) => fault.symbol === symbol);
    entry?.fire();
    return entry !== undefined;
  }
}

function fateOf(fault: MessageFault): Fate {
  switch (fault.kind) {
    case 'drop':
    case 'gap':
    case 'silence':
      return { ...PLAIN, copies: 0 };
    case 'duplicate':
      return { ...PLAIN, copies: 2 };
    case 'reorder':
      return { ...PLAIN, stepsAside: true };
    case 'delay':
      return { ...PLAIN, lateMs: fault.byMs };
    default:
      throw new Error(`Cannot make fault: ${JSON.stringify(fault satisfies never)}`);
  }
}
