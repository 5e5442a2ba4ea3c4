/**
 * What the documents of the venue leave open, or only others have seen, and this program rests on: each with what is assumed, and what
 * follows when the venue does otherwise (reference sheet 2026-11: marks `(unconfirmed)` and `(probe)`). `scripts/mm probe` asks the venue.
 */
export type OpenFact = {
  readonly id: string;
  /** Section of the reference sheet. */
  readonly section: string;
  readonly fact: string;
  readonly assumed: string;
  readonly changes: string;
};

export const OPEN_FACTS: readonly OpenFact[] = [
  {
    id: 'countdown-spares-stops',
    section: '3.1',
    fact: "whether the dead man's countdown cancels conditional orders too",
    assumed: 'it cancels orders of the book alone; the stop survives',
    changes: 'a held position loses its stop when gateway or network dies: a shorter deadManMs does not help; watchdog with policy flatten',
  },
  {
    id: 'one-close-position-stop',
    section: '11 (-4130)',
    fact: 'whether a second closePosition stop of the same direction is refused (-4130)',
    assumed: 'it is refused, so stops are reduceOnly with a quantity',
    changes: 'nothing breaks: stops with a quantity work either way',
  },
  {
    id: 'stop-reduce-only-quantity',
    section: '3.2',
    fact: 'whether a conditional order takes reduceOnly with a quantity and triggerPrice (others met -1106)',
    assumed: 'it is taken',
    changes:
      'no stop can be placed at the exchange: positions may not grow (stop-missing); set gateway.disasterStop.percent 0 only knowingly',
  },
  {
    id: 'two-reduce-only-stops',
    section: '3.2',
    fact: 'whether a second reduceOnly stop is taken while the first one rests',
    assumed: 'it is taken: a stop moves by place-new, then cancel-old',
    changes: 'a stop cannot be moved without a gap: positions would stand without a stop for a moment at each move',
  },
  {
    id: 'order-calls-hide-stops',
    section: '3.2',
    fact: 'whether conditional orders are invisible to the order calls (-2013, -2011)',
    assumed: 'they are',
    changes: 'a stop could be taken for a foreign order: the symbol would not be quoted',
  },
  {
    id: 'cancel-all-spares-stops',
    section: '3.2',
    fact: 'whether cancelling all open orders of a symbol leaves conditional ones',
    assumed: 'it leaves them',
    changes: 'a cancel-all by a person takes the stops with it; they are placed anew at the next look',
  },
  {
    id: 'stop-would-trigger',
    section: '3.2 (-2021)',
    fact: 'whether a stop beyond the mark is refused with -2021',
    assumed: 'it is refused, and the position is closed at once instead',
    changes: 'such a stop fires at once: the position closes at market all the same',
  },
  {
    id: 'late-order-refused',
    section: '0 (-5028)',
    fact: 'whether an order that comes late is refused (-1021 at the door, -5028 at the engine)',
    assumed: 'an order older than recvWindow is certainly not executed',
    changes: 'an unknown order could still appear after the wait: gateway.recvWindowMs bounds nothing',
  },
  {
    id: 'id-free-after-end',
    section: '13',
    fact: 'whether a client id can be used again once its order has ended',
    assumed: 'it can, so an id protects only while the order is open: ours are never used twice',
    changes: 'nothing breaks: ids are never used twice',
  },
  {
    id: 'id-refused-while-open',
    section: '13 (-4116)',
    fact: 'whether a client id of an open order is refused (-4116)',
    assumed: 'it is refused',
    changes: 'a repeated order would open twice: no repeat is sent by this program, other programs must not either',
  },
  {
    id: 'post-only-refused',
    section: '9 (-5022)',
    fact: 'whether a post-only order that would take is refused with -5022, or accepted and expired',
    assumed: 'refused with -5022, or expired without a fill',
    changes: 'a quote could take: fees of a taker on quotes',
  },
  {
    id: 'amend-total-size',
    section: '3.1',
    fact: 'whether an amend sets price and total size of an order that rests, and keeps its client id',
    assumed: 'it does',
    changes: 'amends are wrong: orders would have to be cancelled and placed anew',
  },
  {
    id: 'unknown-order-codes',
    section: '11',
    fact: 'whether an id that never was answers -2013 to a query and -2011 to a cancel',
    assumed: 'it does',
    changes: 'orders stay unknown for longer: their symbols are reduce-only meanwhile',
  },
  {
    id: 'position-risk-flat-absent',
    section: '3.3',
    fact: 'whether a symbol without position and orders is missing in positionRisk',
    assumed: 'missing, or with size 0: both are flat',
    changes: 'nothing breaks when it tells a size of 0',
  },
  {
    id: 'hmac-or-ed25519-rest',
    section: '2.2',
    fact: 'whether REST takes signatures of the kind of the configured key (the page is silent on Ed25519)',
    assumed: 'it does',
    changes: 'the key cannot be used: make an HMAC key for REST',
  },
  {
    id: 'test-hosts-answer',
    section: '1.2',
    fact: 'whether the hosts of the test environment answer, routed streams with data',
    assumed: 'they do',
    changes: 'set endpoints.testnet to hosts that do',
  },
  {
    id: 'private-events-arrive',
    section: '1.1',
    fact: 'whether the private route delivers order events by listenKey in the path',
    assumed: 'it does',
    changes: 'fills would be seen by reconciling alone: do not trade',
  },
];
