/** Every fault that can be asked for: over the admin interface, from a scenario file, or by chance. One file for each group. */
import * as z from 'zod';
import { err, ok, type Result } from '../../../shared/result.ts';
import type { FaultBoard } from './board.ts';
import { CALL_FAULTS, type CallFaults } from './call-faults.ts';
import { EXCHANGE_FAULTS, type ExchangeFaults } from './exchange-faults.ts';
import { SOCKET_FAULTS, type SocketFaults } from './socket-faults.ts';
import { STREAM_FAULTS, type StreamFaults } from './stream-faults.ts';
import { VENUE_FAULTS, type VenueFaults } from './venue-faults.ts';

export const Fault = z.discriminatedUnion('kind', [
  ...CALL_FAULTS,
  ...STREAM_FAULTS,
  ...SOCKET_FAULTS,
  ...VENUE_FAULTS,
  ...EXCHANGE_FAULTS,
  /** Disarms all that is armed. */
  z.strictObject({ kind: z.literal('clear') }),
]);
export type Fault = z.infer<typeof Fault>;

export const FAULT_KINDS: readonly string[] = Fault.options.map((option) => option.shape.kind.value);

/** A fault, or one line that says what is wrong with it. */
export function readFault(value: unknown): Result<Fault, string> {
  const read = Fault.safeParse(value);
  if (read.success) return ok(read.data);
  const issue = read.error.issues[0];
  const isKind = issue?.path.join('.') === 'kind';
  return err(`${issue?.path.join('.') || 'fault'}: ${isKind ? `allowed are ${FAULT_KINDS.join(', ')}` : (issue?.message ?? 'malformed')}`);
}

export type FaultsOptions = {
  readonly board: FaultBoard;
  readonly calls: CallFaults;
  readonly streams: StreamFaults;
  readonly sockets: SocketFaults;
  readonly venue: VenueFaults;
  readonly exchange: ExchangeFaults;
  readonly symbols: () => readonly string[];
};

export class Faults {
  readonly parts: FaultsOptions;

  constructor(parts: FaultsOptions) {
    this.parts = parts;
  }

  /** Arms it or makes it happen: what it did, or one line that says why it cannot be. */
  start(fault: Fault): Result<unknown, string> {
    const { board, calls, streams, sockets, venue, exchange, symbols } = this.parts;
    switch (fault.kind) {
      case 'clear':
        return ok({ cleared: board.clear() });
      case 'reply':
      case 'error':
      case 'hang':
      case 'reset':
      case 'slow':
      case 'truncate':
      case 'garbage':
      case 'empty': {
        const problem = calls.start(fault);
        return problem === null ? ok({}) : err(problem);
      }
      case 'drop-depth':
        if (!symbols().includes(fault.symbol)) return err(`symbol: ${JSON.stringify(fault.symbol)} is not open here`);
        streams.start(fault);
        return ok({});
      case 'drop':
      case 'duplicate':
      case 'reorder':
      case 'delay':
      case 'gap':
      case 'silence':
        streams.start(fault);
        return ok({});
      case 'close':
      case 'half-open':
      case 'disconnect-at':
      case 'refuse-upgrade':
      case 'expire-listen-key':
        return ok(sockets.start(fault));
      case 'ban':
      case 'clock-skew':
      case 'clock-jump':
      case 'maintenance':
        venue.start(fault);
        return ok({});
      default:
        return exchange.start(fault, board);
    }
  }
}
