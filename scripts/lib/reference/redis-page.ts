/** shared/docs/redis.md: every key and stream under the prefix, every field, and a value of each as a simulated run wrote it. */
import { BrainDoc } from '../../../shared/brain-doc.ts';
import {
  BalanceDoc,
  BookDoc,
  FillDoc,
  Header,
  InstrumentDoc,
  KlineDoc,
  KlinesDoc,
  keysOf,
  type Keys,
  OrdersDoc,
  PositionDoc,
  TradeDoc,
} from '../../../shared/snapshot.ts';
import { fieldTable, type Shape } from './field-table.ts';
import { tableOf } from './field-rows.ts';
import { pretty, type Samples } from './samples.ts';

type Kind = 'string' | 'stream';
/** One key of the contract. `shape` is null for a plain text. */
type Described = {
  readonly kind: Kind;
  readonly shape: Shape | null;
  readonly life: string;
  readonly writer: string;
  readonly text: string;
};

const TICK = { writer: 'gateway', life: '2 s, rewritten every snapshot' } as const;

/** In the order of the page; a key of the contract that is missing here does not compile. */
const KEYS: Readonly<Record<keyof Keys, Described>> = {
  header: {
    ...TICK,
    kind: 'string',
    shape: { name: 'Header', schema: Header },
    text: 'The header. Every document of a snapshot carries its `epoch` and `seq`; a reader uses them only when all parts carry the same numbers. `mode` and `reasons` say what is let through; the codes are listed [below](#reasons-in-the-header).',
  },
  book: {
    ...TICK,
    kind: 'string',
    shape: { name: 'BookDoc', schema: BookDoc },
    text: 'The best levels of the book (`snapshot.bookLevels`), best first.',
  },
  position: {
    ...TICK,
    kind: 'string',
    shape: { name: 'PositionDoc', schema: PositionDoc },
    text: 'The net position of the symbol, and what belongs to it.',
  },
  entryPrice: {
    ...TICK,
    kind: 'string',
    shape: null,
    text: 'The entry price alone, for a person who types `GET`; `none` when flat. The key is absent while the position is not known.',
  },
  orders: {
    ...TICK,
    kind: 'string',
    shape: { name: 'OrdersDoc', schema: OrdersDoc },
    text: 'Every order that has not ended, and each that ended in the last 5 s, with its final status.',
  },
  balance: { ...TICK, kind: 'string', shape: { name: 'BalanceDoc', schema: BalanceDoc }, text: 'The balances, one entry an asset.' },
  kline: {
    ...TICK,
    kind: 'string',
    shape: { name: 'KlineDoc', schema: KlineDoc },
    text: 'The bar that is still open, for each interval that a strategy reads.',
  },
  klines: {
    writer: 'gateway',
    life: 'no end; rewritten when a bar closes',
    kind: 'string',
    shape: { name: 'KlinesDoc', schema: KlinesDoc },
    text: 'The closed bars, oldest first. Its stamp is that of the snapshot in which the bar closed.',
  },
  instrument: {
    writer: 'gateway',
    life: 'no end; rewritten at the start, on a change, and after a loss of Redis',
    kind: 'string',
    shape: { name: 'InstrumentDoc', schema: InstrumentDoc },
    text: 'Tick, step and filters of the contract. One of another epoch than the header’s is not known.',
  },
  fills: {
    writer: 'gateway',
    life: 'bounded to about the newest 10,000 entries',
    kind: 'stream',
    shape: { name: 'FillDoc', schema: FillDoc },
    text: 'Own fills; each entry has one field, `fill`, with this JSON. `n` counts without holes: who meets a hole asks the gateway (`query fills`).',
  },
  trades: {
    writer: 'gateway',
    life: 'bounded to about the newest 1,000 entries',
    kind: 'stream',
    shape: { name: 'TradeDoc', schema: TradeDoc },
    text: 'Public trades; each entry has one field, `trade`, with this JSON.',
  },
  brain: {
    writer: 'brain',
    life: '60 s, rewritten as it decides',
    kind: 'string',
    shape: { name: 'BrainDoc', schema: BrainDoc },
    text: 'What the brain last decided, and why; for people, the page, the watchdog and the alerts. Reasons are listed in [socket.md](socket.md#reasons-of-the-brain).',
  },
  owner: {
    writer: 'gateway',
    life: '2 s, renewed with every snapshot',
    kind: 'string',
    shape: null,
    text: 'Who may write under this prefix: the epoch of the gateway and a name of its run folder. A second gateway that finds another’s ends with exit code 4.',
  },
  epoch: {
    writer: 'gateway',
    life: 'no end',
    kind: 'string',
    shape: null,
    text: 'The highest epoch that was granted, so that no client id is used twice when the gateway’s files are lost. Do not delete it.',
  },
};

/** What the codes of the header mean, in the order in which they decide the mode. */
export const HEADER_REASONS: Readonly<Record<string, readonly [mode: string, sentence: string]>> = {
  stopped: ['stopped', 'an emergency stop holds until a person resumes'],
  'shutting-down': ['cancel-only', 'the gateway is ending'],
  'account-unknown': ['blind', 'orders, positions or balances have not been read yet'],
  'account-lost': ['blind', 'the private stream of the account is lost'],
  'venue-unreachable': ['cancel-only', 'no request gets through to the exchange'],
  'rate-limited': ['cancel-only', 'the exchange asked to wait; nothing leaves before it is over'],
  paused: ['reduce-only', 'a person has paused trading'],
  'ledger-unavailable': ['reduce-only', 'the disk takes no rows'],
  reconcile: ['reduce-only', 'ledger and exchange do not come to agree'],
  'margin-call': ['reduce-only', 'margin is short'],
  'daily-loss': ['reduce-only', 'the loss since midnight UTC is above `limits.equity.maxDailyLossPercent`'],
  'available-low': ['reduce-only', 'less margin is available than `limits.margin.minAvailablePercent`'],
  'other-session': ['reduce-only', 'an order with our tag was found that nobody here has made'],
  'clock-unsure': ['reduce-only', 'the exchange’s clock has not been read for ten minutes'],
  'redis-down': ['normal', 'Redis does not acknowledge; quotes of a brain that polls are pulled'],
};
/** Each is followed by `:` and the symbol; they leave the mode as it is, and nothing new is opened on the symbol. */
export const SYMBOL_REASONS: Readonly<Record<string, string>> = {
  'book-stale': 'no frame has proved the book for `gateway.bookStaleMs`',
  'book-syncing': 'the book is being built anew',
  'not-trading': 'the exchange takes no orders on it',
  halted: 'a forced close, or a changed tick or step; until a person resumes',
  leverage: 'the leverage set at the exchange is above `account.maxLeverage`',
  closing: 'a close is under way',
  rejections: 'the exchange refuses the same thing again and again',
  'stop-missing': 'the position has no confirmed stop at the exchange',
  'order-unknown': 'the outcome of an order has been unknown for too long',
  'foreign-order': 'an order of a person or another program rests there, and `account.exclusive` is false',
};

const INTRODUCTION = `# Redis reference

This page is made from the schemas (\`npm run schema\`); the values are those of one simulated run.

All keys begin with \`redis.prefix\` (\`mm:binance\`). The gateway rewrites the snapshot every \`snapshot.intervalMs\` in one transaction, changed or
not. **A key that is gone means unknown, never zero**; so does a document whose \`epoch\` and \`seq\` are not the header's, and a header older
than you can bear. Prices, sizes and money are decimal texts, so that no digit is lost. Wall times are for people; ages travel as \`ageMs\`.
Nothing that a person writes to these keys is read as an order: commands go by the [socket](socket.md).
`;

export function redisPage(samples: Samples): string {
  const names = keyNames();
  const overview = Object.entries(KEYS).map(([name, { kind, life, writer }]) => [
    `[\`${names[name]}\`](#${anchorOf(names[name] ?? '')})`,
    kind,
    writer,
    life,
  ]);
  const sections = Object.entries(KEYS).map(([name, described]) =>
    section({ title: names[name] ?? '', described, sample: samples.redis[name] ?? '' }),
  );
  return `${[INTRODUCTION, ...tableOf(['key', 'type', 'written by', 'life'], overview), '', ...sections, ...reasonLines()].join('\n')}\n`;
}

/** The keys as a person reads them, `<SYMBOL>` and `<interval>` standing for what varies. */
function keyNames(): Readonly<Record<string, string>> {
  const keys = keysOf('mm:binance');
  return Object.fromEntries(
    Object.entries(keys).map(([name, key]) => [name, typeof key === 'string' ? key : key('<SYMBOL>', '<interval>')]),
  );
}

/** As GitHub makes it of a heading. */
export const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(' ', '-');

type Section = { readonly title: string; readonly described: Described; readonly sample: string };

function section({ title, described, sample }: Section): string {
  const { text, shape, kind, life, writer } = described;
  const table = shape === null ? [] : [...fieldTable(shape), ''];
  const shown = sample === '' ? [] : [`\`\`\`${shape === null ? 'text' : 'json sample'}`, pretty(sample), '```', ''];
  return [`## ${title}`, '', `${text} Type: ${kind}; written by: ${writer}; life: ${life}.`, '', ...table, ...shown].join('\n');
}

const reasonLines = (): readonly string[] => [
  '## Reasons in the header',
  '',
  'The first that holds decides `mode`; all that hold are listed.',
  '',
  ...tableOf(
    ['reason', 'mode', 'what it means'],
    Object.entries(HEADER_REASONS).map(([code, [mode, sentence]]) => [`\`${code}\``, `\`${mode}\``, sentence]),
  ),
  '',
  'Those of one symbol end in `:` and its name; the mode stays as it is, and nothing new is opened there.',
  '',
  ...tableOf(
    ['reason', 'what it means'],
    Object.entries(SYMBOL_REASONS).map(([code, sentence]) => [`\`${code}:<SYMBOL>\``, sentence]),
  ),
];
