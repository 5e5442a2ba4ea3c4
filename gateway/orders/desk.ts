/**
 * Commands in, answers out: who may ask for what, the guard's view of the moment, and the one way from a command to the router. An order
 * is answered `taken` when it is in the ledger and on its way; what became of it is read in later snapshots.
 */
import type {
  AlarmCommand,
  Amend,
  Answer,
  Batch,
  Cancel,
  ClosePosition,
  Command,
  EmergencyStop,
  Heartbeat,
  Hello,
  Place,
  Query,
  Refused,
  Taken,
  Welcome,
} from '../../shared/command.ts';
import { parseClientId } from '../../shared/client-id.ts';
import { parsePrice, parseSize } from '../../shared/instrument.ts';
import { hasEnded } from '../../shared/order.ts';
import { SCHEMA_VERSION } from '../../shared/snapshot.ts';
import type { MonoMs } from '../../shared/units.ts';
import type { Fact } from '../account/keeper.ts';
import { contentOf } from '../account/statement.ts';
import type { LedgerOrder } from '../account/rows.ts';
import type { AmendRequest, OnWritten, OrderRequest } from '../venues/venue.ts';
import type { Raised } from '../publish/alarms.ts';
import { type ReadAmend, readAmend } from './amend-check.ts';
import type { Closer } from './closer.ts';
import { brainOrders, type Core, isBrains } from './core.ts';
import type { Emergency } from './emergency.ts';
import type { Epochs } from './epochs.ts';
import { checkOrder } from './guard.ts';
import { guardView } from './guard-view.ts';
import { Heritage } from './heritage.ts';
import { cancelMeter, orderMeter } from './meter.ts';
import { performPersonal } from './pausing.ts';
import { refuse } from './refuse.ts';
import { checkSender } from './sender.ts';
import type { Stops } from './stop.ts';
import { Waiting } from './waiting.ts';

/** One connection, as the command server keeps it. `epoch` is granted at hello. */
export type Client = {
  readonly id: number;
  readonly socket: 'brain' | 'operator';
  role: 'brain' | 'operator' | 'observer' | null;
  epoch: number;
  /** It has sent an order under its epoch. */
  used?: boolean;
};
export type Received = {
  readonly client: Client;
  readonly at: MonoMs /** The process stood still while it waited. */;
  readonly stalled: boolean;
};
export type DeskOptions = {
  readonly core: Core;
  readonly closer: Closer;
  readonly stops: Stops;
  readonly emergency: Emergency;
  /** False: too many. */
  readonly raise: (alarm: Raised) => boolean;
  readonly epochs: Epochs;
  /** An id whose order the ledger held and has let go of. */
  readonly wasDropped?: (clientId: string) => boolean;
  readonly answerQuery: (query: Query) => unknown;
};

type How = {
  /** It has waited and its turn has come; others stand behind what waits. */
  readonly waited: boolean;
  /** It leaves with others in one request, whose budget has been asked. */
  readonly together?: boolean;
};
type Guarded = How & { readonly command: Place | Amend; readonly replaces: LedgerOrder | null };

export class Desk {
  readonly #options: DeskOptions;
  readonly #core: Core;
  /** Demand above the venue's ceiling: the newest wish for each order. */
  readonly waiting: Waiting<Received>;
  readonly heritage: Heritage;

  constructor(options: DeskOptions) {
    this.#options = options;
    this.#core = options.core;
    this.heritage = new Heritage(options);
    this.waiting = new Waiting({
      core: options.core,
      judge: (place, received, together) => this.#judgeWaiting(place, received, together !== undefined),
      prepareAmend: (amend, received) => this.#prepareAmend(amend, received),
      amend: (amend, received) => this.#amendNow(amend, { received, waited: true }),
    });
  }

  handle(command: Command, received: Received): Answer {
    const { client } = received;
    if (command.type === 'hello') return this.#hello(command, client);
    if (client.role === null) return refuse(command, 'no-hello', 'Cannot take a command before hello');
    if (client.role === 'observer' && command.type !== 'query' && command.type !== 'subscribe')
      return refuse(command, 'not-allowed', `Cannot take "${command.type}" from an observer: only query and subscribe`);
    return this.#dispatch(command, received);
  }

  /** The connection is gone; a brain keeps its lease until it runs out or another brain comes. */
  closed(client: Client): void {
    this.#core.lease.closed(client.id);
    if (client.role === 'operator' && client.epoch > 0 && client.used !== true) this.#options.epochs.giveBack(client.epoch);
  }

  #judgeWaiting(place: Place, { client }: Received, together: boolean): Refused | null {
    const row = this.#core.keeper.ledger.order(place.clientId);
    if (!row) return refuse(place, 'unknown-order', `Cannot place order "${place.clientId}": the ledger does not know it`);
    const how = { command: place, replaces: row, waited: true, together };
    const refused = this.#refusedSender(place, client) ?? this.#guard(requestOf(row), how);
    if (refused === null && together) this.#core.pace.sent(this.#core.clock.monoMs());
    return refused;
  }

  #dispatch(command: Exclude<Command, Hello>, received: Received): Answer {
    switch (command.type) {
      case 'place':
      case 'amend':
      case 'cancel':
        return this.#single(command, received);
      case 'batch':
        return this.#batch(command, received);
      case 'cancelAll':
        return this.#cancelAll(command, received.client);
      case 'closePosition':
        return this.#close(command, received.client);
      case 'heartbeat':
        return this.#heartbeat(command, received);
      case 'query':
        return { id: command.id, type: 'data', data: this.#options.answerQuery(command) };
      case 'subscribe':
        return this.#taken(command.id);
      case 'emergencyStop':
        return this.#stop(command, received.client);
      case 'alarm':
        return this.#alarm(command);
      case 'pause':
      case 'resume':
      case 'confirmConfig':
        return performPersonal(command, { ...this.#options, client: received.client }) ?? this.#taken(command.id);
      default:
        throw new Error(`Cannot dispatch: ${JSON.stringify(command satisfies never)}`);
    }
  }

  #single(command: Place | Amend | Cancel, received: Received): Taken | Refused {
    if (command.type === 'cancel')
      return this.#cancel(command, {
        client: received.client,
        cancel: (id) => this.#core.router.cancel([id], cancelMeter(this.#core, received.at)),
      });
    if (received.stalled)
      return refuse(command, 'stalled', `Cannot take "${command.type}" ${command.clientId}: the gateway stood still while it waited`);
    return command.type === 'place' ? this.#place(command, received) : this.#amend(command, received);
  }

  #hello(hello: Hello, client: Client): Answer {
    const { identity, lease, clock, seqs, config } = this.#core;
    const { environment, accountHash, configHash, epoch } = identity;
    const differs = hello.configHash === undefined ? hello.role === 'brain' : hello.configHash !== configHash;
    if (hello.environment !== environment)
      return refuse(hello, 'wrong-environment', `Cannot greet a client of environment "${hello.environment}": this is "${environment}"`);
    if (differs)
      return refuse(
        hello,
        'wrong-config',
        `Cannot greet a client with config ${hello.configHash ?? 'unnamed'}: this gateway runs ${configHash}`,
      );
    if (hello.role !== 'observer' && hello.role !== client.socket)
      return refuse(hello, 'not-allowed', `Cannot be ${hello.role} on this socket: it is the ${client.socket}'s`);
    if (hello.role === 'brain' && lease.taken && !lease.holds({ connection: client.id, epoch: client.epoch }))
      return refuse(hello, 'brain-present', `Cannot grant a lease: brain ${lease.epoch} is alive`);
    const granted = hello.role === 'observer' ? 0 : this.#options.epochs.grant(hello.role);
    if (granted === null && hello.role === 'brain')
      return refuse(hello, 'ledger-unavailable', 'Cannot grant an epoch: the ledger cannot be written');
    [client.role, client.epoch] = [hello.role, granted ?? 0];
    if (hello.role === 'brain') this.#grant(client, clock.monoMs());
    const welcome = {
      schema: SCHEMA_VERSION,
      environment,
      accountHash,
      configHash,
      epoch,
      brainEpoch: client.epoch,
      leaseMs: config.gateway.leaseMs,
    } as const;
    return { id: hello.id, type: 'taken', seq: seqs.seq + 1, welcome } satisfies Welcome;
  }

  /** Whatever an earlier brain left is cancelled, unless it is to be inherited: else the new one starts from an empty book of its own. */
  #grant(client: Client, now: MonoMs): void {
    const { lease, router, keeper } = this.#core;
    const left = brainOrders(this.#core);
    const inherited = this.heritage.inherit(left);
    lease.grant({ connection: client.id, epoch: client.epoch }, now, { heir: inherited.length > 0 });
    const fields = { brainEpoch: client.epoch, ordersLeftBefore: left.length, inherited: inherited.length };
    keeper.notice({ level: 'info', message: 'Lease granted', fields });
    const unwanted = left.filter((clientId) => !this.heritage.has(clientId));
    if (unwanted.length > 0) router.cancel(unwanted);
  }

  #place(place: Place, received: Received): Taken | Refused {
    const refused = this.#refusedSender(place, received.client);
    if (refused) return refused;
    const { venue, keeper, router } = this.#core;
    const instrument = venue.instruments.get(place.symbol);
    if (!instrument)
      return refuse(place, 'unknown-symbol', `Cannot place order "${place.clientId}": ${place.symbol} is not among the configured symbols`);
    const price = place.price === undefined ? null : parsePrice(instrument, place.price);
    const size = parseSize(instrument, place.size);
    if (size === null || (place.price !== undefined && price === null))
      return refuse(
        place,
        'filter',
        `Cannot place order "${place.clientId}": ${size === null ? `size ${place.size} is off step ${instrument.stepSize}` : `price ${place.price} is off tick ${instrument.tickSize}`}`,
      );
    const { clientId, symbol, side, kind, timeInForce, reduceOnly, strategy, tag } = place;
    const request: OrderRequest = { clientId, symbol, side, kind, timeInForce, reduceOnly, price, size, strategy, tag };
    const known = keeper.ledger.order(clientId);
    if (known?.content === contentOf(request)) return this.#taken(place.id);
    if (known || this.#options.wasDropped?.(clientId))
      return refuse(place, 'id-reused', `Cannot place order "${clientId}": that id belongs to another order`);
    const broken = this.#guard(request, { command: place, replaces: null, waited: false });
    const onWritten = this.#meter(place, received.at);
    if (broken?.code === 'budget' && this.waiting.put(place, received))
      return router.hold(request, onWritten) ? this.#taken(place.id) : this.#noLedger(place);
    if (broken) return broken;
    return router.place(request, { onWritten }) ? this.#taken(place.id) : this.#noLedger(place);
  }

  /** An amend that waits changes nothing yet: the order is shown as it rests, and a newer amend of it takes the place of this one. */
  #amend(amend: Amend, received: Received): Taken | Refused {
    const answer = this.#amendNow(amend, { received, waited: false });
    const waits = answer.type === 'refused' && answer.code === 'budget' && this.waiting.put(amend, received);
    return waits ? this.#taken(amend.id) : answer;
  }

  #amendNow(amend: Amend, { received, waited }: { readonly received: Received; readonly waited: boolean }): Taken | Refused {
    const asked = this.#judgeAmend(amend, { received, waited });
    if ('code' in asked) return asked;
    const onWritten = this.#meter(amend, received.at);
    return this.#core.router.amend(asked.row, { ...asked.terms, onWritten }) ? this.#taken(amend.id) : this.#noLedger(amend);
  }

  #prepareAmend(amend: Amend, received: Received): AmendRequest | Refused {
    const asked = this.#judgeAmend(amend, { received, waited: true, together: true });
    if ('code' in asked) return asked;
    const prepared = this.#core.router.prepareAmend(asked.row, asked.terms);
    if (prepared) this.#core.pace.sent(this.#core.clock.monoMs());
    return prepared ?? this.#noLedger(amend);
  }

  #judgeAmend(amend: Amend, { received, ...how }: { readonly received: Received } & How): ReadAmend | Refused {
    const refused = this.#refusedSender(amend, received.client);
    if (refused) return refused;
    const read = readAmend(this.#core, amend);
    if ('code' in read) return read;
    const { clientId, symbol, side, kind, timeInForce, reduceOnly } = read.row;
    const request = { clientId, symbol, side, kind, timeInForce, reduceOnly, ...read.terms };
    return this.#guard(request, { command: amend, replaces: read.row, ...how }) ?? read;
  }

  #guard(request: OrderRequest, { command, replaces, waited, together = false }: Guarded): Refused | null {
    if (this.#core.ledgerFault() !== null) return this.#noLedger(command);
    const { basedOn, ttlMs } = command;
    const { closer, stops } = this.#options;
    const { symbol } = request;
    const ofStops = { stopMissing: stops.isMissing(symbol), stops: stops.closingLots(symbol) };
    const pace = request.reduceOnly || waited ? null : this.#core.pace.check(this.#core.clock.monoMs());
    const view = guardView(this.#core, { request, basedOn, ttlMs, closing: closer.isClosing(symbol), ...ofStops, pace, together });
    const broken = view && checkOrder({ request, replaces, view });
    if (!view) return refuse(command, 'unknown-symbol', `Cannot place order "${request.clientId}": ${request.symbol} is not configured`);
    if (broken) return refuse(command, broken.code, broken.sentence);
    return request.reduceOnly ? null : this.#holdBack(request, { command, waited });
  }

  /** Of what would open: the venue keeps refusing its kind, or others wait before it. */
  #holdBack(request: OrderRequest, { command, waited }: Pick<Guarded, 'command' | 'waited'>): Refused | null {
    const { router, clock, venue } = this.#core;
    const at = { now: clock.monoMs(), version: venue.instruments.get(request.symbol)?.version ?? '' };
    const kept = router.breaker.refusal({ ...request, what: command.type }, at);
    if (kept !== null) return refuse(command, 'rejections', `Cannot ${command.type} order "${request.clientId}": ${kept}`);
    if (waited || this.waiting.size === 0) return null;
    return refuse(command, 'budget', `Cannot ${command.type} order "${request.clientId}": ${this.waiting.size} wait for the order budget`);
  }

  #noLedger(command: Place | Amend): Refused {
    const why = this.#core.ledgerFault() ?? 'the row could not be written';
    return refuse(command, 'ledger-unavailable', `Cannot take order "${command.clientId}": ledger is unavailable (${why})`);
  }

  #refusedSender(command: Place | Amend, client: Client): Refused | null {
    return checkSender(command, { core: this.#core, heritage: this.heritage, client });
  }

  #cancel(
    cancel: Cancel,
    { client, cancel: leave }: { readonly client: Client; readonly cancel: (clientId: string) => void },
  ): Taken | Refused {
    const { keeper } = this.#core;
    const row = keeper.ledger.order(cancel.clientId);
    if (!row) return refuse(cancel, 'unknown-order', `Cannot cancel order "${cancel.clientId}": the ledger does not know it`);
    if (client.role === 'brain' && !isBrains(row))
      return refuse(cancel, 'not-allowed', `Cannot cancel order "${cancel.clientId}": it is not a brain's`);
    if (hasEnded(row.order.status))
      return refuse(cancel, 'order-ended', `Cannot cancel order "${cancel.clientId}": it is ${row.order.status}`);
    const old = client.role === 'brain' && !this.#core.lease.holds({ connection: client.id, epoch: client.epoch });
    if (old && parseClientId(cancel.clientId)?.epoch !== client.epoch)
      return refuse(cancel, 'no-lease', `Cannot cancel order "${cancel.clientId}": without a lease a brain may cancel its own only`);
    leave(cancel.clientId);
    return this.#taken(cancel.id);
  }

  #cancelAll(command: Extract<Command, { type: 'cancelAll' }>, client: Client): Taken {
    const { keeper, router } = this.#core;
    const mine = keeper.ledger.openOrders(command.symbol).filter((row) => (client.role === 'brain' ? isBrains(row) : row.role !== 'close'));
    router.cancel(mine.map(({ clientId }) => clientId));
    return this.#taken(command.id);
  }

  #close({ id, symbol, reason, ladder }: ClosePosition, client: Client): Taken | Refused {
    const { venue, lease } = this.#core;
    if (!venue.instruments.has(symbol))
      return refuse({ id }, 'unknown-symbol', `Cannot close ${symbol}: it is not among the configured symbols`);
    if (client.role === 'brain' && !lease.holds({ connection: client.id, epoch: client.epoch }))
      return refuse({ id }, 'no-lease', `Cannot close ${symbol}: this brain's lease has ended`);
    const { closer } = this.#options;
    if (client.role === 'brain' && !closer.isClosing(symbol)) this.#core.keeper.notice(hardExit({ symbol, reason }));
    closer.start({ symbol, reason, ladder });
    return this.#taken(id);
  }

  /** In order; cancels that follow each other leave together, one request a symbol. */
  #batch(batch: Batch, received: Received): Answer {
    const { router } = this.#core;
    const cancels: string[] = [];
    const answers = batch.commands.map((command) => {
      if (command.type !== 'cancel') router.cancel(cancels.splice(0));
      return command.type === 'cancel'
        ? this.#cancel(command, { client: received.client, cancel: (id) => cancels.push(id) })
        : this.#single(command, received);
    });
    router.cancel(cancels);
    return { id: batch.id, type: 'batch', answers };
  }

  #heartbeat({ id, processed }: Heartbeat, { client, at }: Received): Taken | Refused {
    const alive =
      client.role === 'brain' && this.#core.lease.heartbeat({ connection: client.id, epoch: client.epoch }, { processed, now: at });
    return alive ? this.#taken(id) : refuse({ id }, 'no-lease', 'Cannot take a heartbeat: this connection holds no lease');
  }

  #stop({ id, reason, everything = false }: EmergencyStop, { socket: source }: Client): Taken {
    this.#options.emergency.trigger({ reason, source, everything });
    return this.#taken(id);
  }

  #alarm({ id, code, symbol, sentence }: AlarmCommand): Taken | Refused {
    return this.#options.raise({ code, symbol, sentence })
      ? this.#taken(id)
      : refuse({ id }, 'flood', 'Cannot raise more alarms this minute');
  }

  #meter({ basedOn }: Place | Amend, receivedAt: MonoMs): OnWritten {
    return orderMeter(this.#core, basedOn, receivedAt);
  }

  #taken(id: number): Taken {
    return { id, type: 'taken', seq: this.#core.seqs.seq + 1 };
  }
}

const requestOf = ({ clientId, symbol, side, kind, timeInForce, reduceOnly, order }: LedgerOrder): OrderRequest => ({
  ...{ clientId, symbol, side, kind, timeInForce, reduceOnly },
  ...{ price: order.price, size: order.size },
});

const hardExit = (fields: { readonly symbol: string; readonly reason: string }): Fact => ({
  ...{ level: 'info', message: 'The brain closes a position', fields, alarm: 'hard-exit' },
});
