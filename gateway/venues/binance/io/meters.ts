/** Metrics of the venue's edge; every label value comes from a short fixed list. */
import type { Metrics } from '../../../../shared/metrics.ts';
import type { OrderRoute, VenueFault } from '../../venue.ts';
import type { Call } from '../limits.ts';

export type VenueMeters = {
  readonly onCall: (call: Call, outcome: 'ok' | VenueFault['kind'], tookMs: number) => void;
  readonly refused: (stream: 'public' | 'market' | 'private') => void;
  readonly closed: (stream: 'public' | 'market' | 'private') => void;
  readonly unknownEvent: () => void;
  /** A depth message that was not in the usual form. */
  readonly unusual: () => void;
  /** How long a depth message was on its way. */
  readonly delay: (delayMs: number) => void;
  /** Connections of the WebSocket API: ends, and frames that answer nothing; and each change of how orders leave. */
  readonly apiClosed: () => void;
  readonly apiStray: () => void;
  readonly orderRoute: (to: OrderRoute) => void;
};

export function venueMeters(metrics: Metrics): VenueMeters {
  const calls = metrics.counter('venue_calls_total', 'REST calls by outcome', ['method', 'path', 'outcome']);
  const seconds = metrics.histogram('venue_call_seconds', 'REST call to its answer', ['method', 'path']);
  const refused = metrics.counter('venue_messages_refused_total', 'Stream messages that could not be read', ['stream']);
  const closed = metrics.counter('venue_streams_closed_total', 'Ends of stream connections', ['stream']);
  const unknown = metrics.counter('venue_events_unknown_total', 'Account events of an unknown kind');
  const unusual = metrics.counter('venue_depth_unusual_total', 'Depth messages not in the usual form, left to the slower readers');
  const delay = metrics.histogram('venue_message_delay_seconds', 'Depth message from the venue to us, by its time and ours').with();
  const apiClosed = metrics.counter('venue_ws_api_closed_total', 'Ends of connections to the WebSocket API');
  const apiStray = metrics.counter('venue_ws_api_strays_total', 'Frames of the WebSocket API that answer no request on its way');
  const routes = metrics.counter('venue_order_route_changes_total', 'Changes of how orders leave, by what they changed to', ['to']);
  return {
    unusual: () => unusual.inc(),
    delay: (delayMs) => delay.add(delayMs / 1_000),
    onCall: ({ method, path }, outcome, tookMs) => {
      calls.inc({ method, path, outcome });
      seconds.with({ method, path }).add(tookMs / 1_000);
    },
    refused: (stream) => refused.inc({ stream }),
    closed: (stream) => closed.inc({ stream }),
    unknownEvent: () => unknown.inc(),
    apiClosed: () => apiClosed.inc(),
    apiStray: () => apiStray.inc(),
    orderRoute: (to) => routes.inc({ to }),
  };
}
