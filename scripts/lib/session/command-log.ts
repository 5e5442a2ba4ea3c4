/** What a backtest sends and what its venue makes of it, in the same form in which a tape tells it of the session. */
import type { OrderCommand } from '../../../brain/oms/working.ts';
import { formatPrice, formatSize, type Instrument } from '../../../shared/instrument.ts';
import type { Side } from '../../../shared/order.ts';
import type { Sent } from '../backtest/depth-options.ts';
import type { CommandKind } from './session.ts';

export type LoggedCommand = {
  readonly kind: CommandKind;
  readonly clientId: string;
  readonly symbol: string;
  readonly side: Side | null;
  readonly price: string | null;
  readonly size: string | null;
  readonly decidedMs: number;
  actedMs: number | null;
  trouble: string | null;
};

export class CommandLog {
  readonly commands: LoggedCommand[] = [];
  readonly #instruments: ReadonlyMap<string, Instrument>;
  readonly #sides = new Map<string, Side>();

  constructor(instruments: ReadonlyMap<string, Instrument>) {
    this.#instruments = instruments;
  }

  sent(command: OrderCommand, refused: string | null, decidedMs: number): void {
    const { kind, clientId, symbol } = command;
    if (kind === 'place') this.#sides.set(clientId, command.side);
    const instrument = this.#instruments.get(symbol);
    const terms =
      kind === 'cancel' || !instrument
        ? { side: null, price: null, size: null }
        : {
            side: this.#sides.get(clientId) ?? null,
            price: formatPrice(instrument, command.price),
            size: formatSize(instrument, command.size),
          };
    const trouble = refused === null ? null : `refused:${refused}`;
    this.commands.push({ kind, clientId, symbol, ...terms, decidedMs, actedMs: null, trouble });
  }

  acted({ kind, clientId }: Sent, fault: string | null, atMs: number): void {
    const waiting = this.commands.findLast((one) => one.clientId === clientId && one.kind === kind && one.actedMs === null);
    if (!waiting) return;
    waiting.actedMs = atMs;
    if (fault !== null) waiting.trouble = `rejected:${fault}`;
  }
}
