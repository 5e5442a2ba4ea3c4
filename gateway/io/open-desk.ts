/** The desk with what it answers queries from. */
import type { Header } from '../../shared/snapshot.ts';
import type { StartTimes } from '../../shared/io/start-times.ts';
import type { Closer } from '../orders/closer.ts';
import type { Core } from '../orders/core.ts';
import { Desk } from '../orders/desk.ts';
import type { Epochs } from '../orders/epochs.ts';
import type { Stops } from '../orders/stop.ts';
import { Answers } from '../publish/answers.ts';
import type { LedgerStore } from './ledger-store.ts';
import type { Notices } from './notices.ts';
import type { Safety } from './safety.ts';

export type DeskParts = {
  readonly core: Core;
  readonly closer: Closer;
  readonly stops: Stops;
  readonly safety: Safety;
  readonly notices: Notices;
  readonly store: LedgerStore;
  readonly epochs: Epochs;
  readonly times: StartTimes;
  readonly header: () => Header;
};

export function openDesk({ core, closer, stops, safety, notices, store, epochs, times, header }: DeskParts): Desk {
  const { alarms } = notices;
  const answers = new Answers({
    core,
    history: store,
    header,
    problems: () => notices.problems(store.fault ?? store.warning),
    startMs: () => times.ms,
    alarmsAfter: (n) => alarms.after(n),
  });
  return new Desk({
    ...{ core, closer, stops, emergency: safety.emergency },
    raise: (alarm) => alarms.raiseFor(alarm),
    epochs,
    wasDropped: (clientId) => store.wasDropped(clientId),
    answerQuery: (query) => answers.answer(query),
  });
}
