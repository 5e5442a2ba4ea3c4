/** shared/docs/socket.md: every message and answer of the gateway's sockets, with a conversation that was held with a simulated run. */
import { AlarmsAnswer } from '../../../shared/alarm.ts';
import { LifeAnswer, PnlAnswer } from '../../../shared/audit.ts';
import {
  AlarmCommand,
  Amend,
  Batch,
  BatchAnswer,
  Cancel,
  CancelAll,
  ClosePosition,
  type Command,
  ConfigAnswer,
  ConfirmConfig,
  Data,
  EmergencyStop,
  FillsAnswer,
  FullBook,
  Heartbeat,
  Hello,
  OrderAnswer,
  OrdersAnswer,
  Pause,
  Place,
  PositionsAnswer,
  Pushed,
  Query,
  REFUSALS,
  Refused,
  Resume,
  Stats,
  Subscribe,
  Taken,
  Welcome,
} from '../../../shared/command.ts';
import { REASON_FAMILIES, REASONS } from '../../../shared/reasons.ts';
import { Header } from '../../../shared/snapshot.ts';
import type * as z from 'zod';
import { comments, fieldTable } from './field-table.ts';
import { tableOf } from './field-rows.ts';
import { REFUSAL_WORDS } from './refusals.ts';
import { pretty, type Samples } from './samples.ts';

type Message = { readonly name: string; readonly schema: z.ZodType; readonly who: string; readonly text: string };

/** A command that is missing here does not compile. */
const COMMANDS: Readonly<Record<Command['type'], Message>> = {
  hello: { name: 'Hello', schema: Hello, who: 'everyone', text: '' },
  place: { name: 'Place', schema: Place, who: 'brain, operator', text: 'One order. It is in the ledger before it leaves.' },
  amend: { name: 'Amend', schema: Amend, who: 'brain, operator', text: 'Another price and size of an order that rests.' },
  cancel: {
    name: 'Cancel',
    schema: Cancel,
    who: 'brain, operator',
    text: 'Ends one order. Never held up by limits, modes or budgets of new orders.',
  },
  cancelAll: { name: 'CancelAll', schema: CancelAll, who: 'brain, operator', text: '' },
  closePosition: { name: 'ClosePosition', schema: ClosePosition, who: 'brain, operator', text: '' },
  batch: {
    name: 'Batch',
    schema: Batch,
    who: 'brain, operator',
    text: 'Several orders, amends and cancels in one message; each is judged and answered by itself.',
  },
  heartbeat: {
    name: 'Heartbeat',
    schema: Heartbeat,
    who: 'brain',
    text: 'Keeps the lease. `processed` is the snapshot last acted on: a brain that is alive and stuck counts as dead.',
  },
  query: { name: 'Query', schema: Query, who: 'everyone', text: 'Answered with `data`; what it holds is told [below](#answers-to-query).' },
  subscribe: { name: 'Subscribe', schema: Subscribe, who: 'everyone', text: 'From then on each snapshot is sent unasked.' },
  emergencyStop: { name: 'EmergencyStop', schema: EmergencyStop, who: 'brain, operator', text: '' },
  pause: {
    name: 'Pause',
    schema: Pause,
    who: 'operator, on its own socket',
    text: 'Nothing new is opened and the quotes go; positions stay, with their stops.',
  },
  resume: { name: 'Resume', schema: Resume, who: 'operator, on its own socket', text: 'Lifts pause, halts and emergency stop.' },
  confirmConfig: { name: 'ConfirmConfig', schema: ConfirmConfig, who: 'operator, on its own socket', text: '' },
  alarm: { name: 'AlarmCommand', schema: AlarmCommand, who: 'brain, operator', text: '' },
};

type Answered = { readonly name: string; readonly schema: z.ZodType; readonly text: string };
const ANSWERS: Readonly<Record<string, Answered>> = {
  'taken, to hello': { name: 'Welcome', schema: Welcome, text: '' },
  taken: { name: 'Taken', schema: Taken, text: 'What became of an order is read from later snapshots and fills.' },
  refused: { name: 'Refused', schema: Refused, text: 'Nothing was done. `id` is null where the message could not be read.' },
  data: { name: 'Data', schema: Data, text: '' },
  batch: { name: 'BatchAnswer', schema: BatchAnswer, text: '' },
  snapshot: { name: 'Pushed', schema: Pushed, text: '' },
};

type What = Query['what'];
const QUERIES: Readonly<Record<What, Answered>> = {
  status: { name: 'Header', schema: Header, text: 'The header, as in [Redis](redis.md#mmbinanceseq).' },
  orders: { name: 'OrdersAnswer', schema: OrdersAnswer, text: '' },
  order: { name: 'OrderAnswer', schema: OrderAnswer, text: '' },
  fills: { name: 'FillsAnswer', schema: FillsAnswer, text: '' },
  positions: { name: 'PositionsAnswer', schema: PositionsAnswer, text: '' },
  book: { name: 'FullBook', schema: FullBook, text: '' },
  stats: { name: 'Stats', schema: Stats, text: '' },
  life: { name: 'LifeAnswer', schema: LifeAnswer, text: '' },
  pnl: { name: 'PnlAnswer', schema: PnlAnswer, text: '' },
  alarms: { name: 'AlarmsAnswer', schema: AlarmsAnswer, text: '' },
  config: { name: 'ConfigAnswer', schema: ConfigAnswer, text: '' },
};

const INTRODUCTION = `# Socket reference

This page is made from the schemas (\`npm run schema\`); the conversation at its end was held with one simulated run.

The gateway listens on two Unix sockets with mode 0600 in \`run/<environment>-<account>/\`, a folder with mode 0700: \`gateway.sock\` for the brain,
\`operator.sock\` for a person's tools. Messages are JSON, one a line, at most 64 KiB, so that \`nc -U\` works; answers may be longer. The first
message is \`hello\`. Every message gets one answer, which carries its \`id\`; they may be sent without waiting for the answer before.

- **brain**: one at a time, by a lease. \`brainEpoch\` of the welcome is the epoch of its client ids. Without a \`heartbeat\` for \`gateway.leaseMs\` its
  quotes are cancelled. **operator**: a person's tools; ids of its own, the same limits. **observer**: \`query\` and \`subscribe\` only.
- Client ids have 19 digits: tag 47, role (2), epoch (6), counter (7), check digits (2); \`shared/client-id.ts\` makes them. The same id with the same
  content is answered again and sent once; with other content it is refused.
- \`basedOn\` is the \`epoch\` and \`seq\` of the snapshot that an order rests on. Cancels and closes need none.
- A client that is malformed is told; one that sends a line too long, floods (2,000 messages a second) or does not read its answers (1 MiB) is cut off.
  None of them delays another.
`;

export function socketPage(samples: Samples): string {
  return `${[INTRODUCTION, ...commandLines(), ...answerLines(), ...queryLines(), ...refusalLines(), ...reasonLines(), ...conversation(samples)].join('\n')}\n`;
}

const told = (name: string, text: string): string => [text, comments.ofObject(name)].filter((one) => one !== '').join(' ');

const commandLines = (): readonly string[] => [
  '## Commands',
  '',
  ...Object.entries(COMMANDS).flatMap(([type, { name, schema, who, text }]) => [
    `### ${type}`,
    '',
    `${told(name, text)} From: ${who}.`,
    '',
    ...fieldTable({ name, schema, isWhole: type !== 'batch' }),
    '',
  ]),
];

const answerLines = (): readonly string[] => [
  '## Answers',
  '',
  ...Object.entries(ANSWERS).flatMap(([type, { name, schema, text }]) => [
    `### Answer ${type}`,
    '',
    told(name, text),
    '',
    ...fieldTable({ name, schema }),
    '',
  ]),
];

const queryLines = (): readonly string[] => [
  '## Answers to query',
  '',
  ...Object.entries(QUERIES).flatMap(([what, { name, schema, text }]) => {
    const table = name === 'Header' ? [] : [...fieldTable({ name, schema }), ''];
    return [`### query ${what}`, '', told(name === 'Header' ? '' : name, text), '', ...table];
  }),
];

const refusalLines = (): readonly string[] => [
  '## Refusals',
  '',
  'The `code` of an answer `refused`. The `sentence` beside it says the figures.',
  '',
  ...tableOf(
    ['code', 'what it means'],
    REFUSALS.map((code) => [`\`${code}\``, REFUSAL_WORDS[code]]),
  ),
  '',
];

const reasonLines = (): readonly string[] => [
  '## Reasons of the brain',
  '',
  'The `reason` of what a run of a strategy does, in `mm:binance:brain`, `scripts/mm why` and metrics. What an own strategy says of itself stands there as it is.',
  '',
  ...tableOf(
    ['reason', 'what it means'],
    Object.entries(REASONS).map(([code, sentence]) => [`\`${code}\``, sentence]),
  ),
  '',
  'Some end in a word of a list:',
  '',
  ...tableOf(
    ['begins with', 'ends in', 'what it means'],
    REASON_FAMILIES.map(({ prefix, words, sentence }) => [
      `\`${prefix}\``,
      prefix === 'refused-' ? 'a [refusal](#refusals)' : [...words].map((word) => `\`${word}\``).join(', '),
      sentence,
    ]),
  ),
  '',
];

const conversation = ({ socket }: Samples): readonly string[] => [
  '## A conversation',
  '',
  ...socket.flatMap(({ title, request, answer }) => [
    `${title}`,
    '',
    '```json sample',
    pretty(request),
    '```',
    '',
    '```json sample',
    pretty(answer),
    '```',
    '',
  ]),
];
