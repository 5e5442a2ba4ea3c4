/** shared/docs/config.md: every key of config.json with type, range, unit, default, and when an edit of it takes effect. */
import { configJsonSchema } from '../../../shared/config.ts';
import { applyOf } from '../../../shared/config-change.ts';
import { MONITORS } from '../../../shared/risk.ts';
import { code, isBare, nameOf, type Node, type Row, rowsOf, tableOf, typeOf, withoutNull } from './field-rows.ts';

const TITLES = ['key', 'value', 'unit', 'default', 'edit', 'what it is'];
/** Objects whose keys get a heading of their own below that of their section. */
const ROOMS =
  /^(strategy\.[a-zA-Z]+|strategy\.marketMaking\.[a-zA-Z]+|gateway\.(?:ledger|disasterStop|blind)|brain\.oms|limits\.(?:equity|margin|rate)|risk\.[a-z]+|alerts\.[a-z]+)$/;

const INTRODUCTION = `# Every key of config.json

This page is made from the schema (\`npm run schema\`); an editor that knows JSON Schema shows the same while you type. How the file is
read, overlaid by \`config.local.json\` and edited while everything runs is told in [operations](operations.md#configuration).

- **key**: below the heading, with its dots. \`*\` is a name of your choice (a symbol, mostly), \`[]\` each entry of a list, \`(email)\` one kind of entry.
- **value**: type and range. A *decimal text* stands in quotes, so that no digit is lost: \`"0.010"\`.
- **unit**: ms milliseconds, bp basis points (0.01 %), base the units of the coin, quote those of the money it is priced in.
- **default**: what holds when the key is left out. *needed*: it may not be left out. A dash: left out, the rule or value does not exist.
- **edit**: when a saved edit takes effect. *live*: at the next snapshot; *drain*: when the quotes of the strategy before are gone;
  *confirm*: at once where it tightens, after \`scripts/mm config --confirm\` where it loosens; *restart*: when the processes start again.
`;

export function configPage(): string {
  const schema = configJsonSchema() as Node;
  const sections = Object.entries(schema.properties ?? {}).map(([key, node]) =>
    sectionOf(key, { node, needed: (schema.required ?? []).includes(key) }),
  );
  return `${INTRODUCTION}\n${sections.join('\n\n')}\n`;
}

function sectionOf(key: string, { node, needed }: { readonly node: Node; readonly needed: boolean }): string {
  if (!node.properties) return [`## ${key}`, '', ...tableOf(TITLES, [cells({ path: [key], node, required: needed }, [key])])].join('\n');
  const rows = rowsOf(node, [key])
    .filter((row) => !isBare(row))
    .filter(({ path }) => path.join('.') !== 'risk.monitors' && !path.join('.').startsWith('risk.monitors.'));
  const rooms = Map.groupBy(rows, ({ path }) => roomOf(path));
  const parts = [...rooms].map(([room, inRoom]) =>
    roomText(room, { rows: inRoom, node: nodeAt(node, room.split('.').slice(1)), top: room === key }),
  );
  return [...parts, ...(key === 'risk' ? [monitorsText()] : [])].join('\n\n');
}

/** The longest room that the key is inside of; its section when it is in none. */
function roomOf(path: readonly string[]): string {
  for (let length = path.length - 1; length > 1; length--) {
    const name = path.slice(0, length).join('.');
    if (ROOMS.test(name)) return name;
  }
  return path[0] ?? '';
}

type Room = { readonly rows: readonly Row[]; readonly node: Node; readonly top: boolean };

function roomText(room: string, { rows, node, top }: Room): string {
  const path = room.split('.');
  const shown = rows.filter((row) => !(isObject(row) && ROOMS.test(row.path.join('.')))); // it has a heading
  const told = node.description === undefined ? [] : [`${capital(node.description)}.`, ''];
  return [
    `${top ? '##' : '###'} ${room}`,
    '',
    ...told,
    ...tableOf(
      TITLES,
      shown.map((row) => cells(row, row.path.slice(path.length))),
    ),
  ].join('\n');
}

const isObject = ({ node }: Row): boolean => withoutNull(node).properties !== undefined;
const capital = (text: string): string => `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;

function nodeAt(node: Node, path: readonly string[]): Node {
  return path.reduce<Node>((at, key) => at.properties?.[key] ?? {}, node);
}

function cells(row: Row, shown: readonly string[]): readonly string[] {
  const { path, node } = row;
  const description = node.description ?? withoutNull(node).description ?? '';
  const unit = isObject(row) ? '' : unitOf(path, description);
  return [nameOf(shown), typeOf(node), unit, defaultOf(row), applyOf(plainPath(path)) ?? '', description];
}

/** An object that is left out is made of the defaults of its keys. */
function defaultOf({ node, required }: Row): string {
  const isOwn = node.properties === undefined && node.default !== undefined;
  if (isOwn) return code(node.default);
  if (node.properties) return '';
  return required ? 'needed' : '—';
}

const plainPath = (path: readonly string[]): string => path.filter((step) => step !== '[]' && !step.startsWith('(')).join('.');

/** From the end of the name, else from the words of the description. */
export function unitOf(path: readonly string[], description: string): string {
  const key = path.filter((step) => /^\w/.test(step)).at(-1) ?? '';
  const named = UNITS.find(([end]) => end.test(key));
  return named?.[1] ?? WORDS.find(([words]) => words.test(description))?.[1] ?? '';
}

const UNITS: readonly (readonly [RegExp, string])[] = [
  [/PerBps$/, 'per bp'],
  [/(Bps|^bps)(Max|Min)?$/, 'bp'],
  [/(Ms|^fileMs)(Max|Min)?$/, 'ms'],
  [/(Percent|^percent)(Max|Min)?$/, '%'],
  [/Mb$/, 'MB'],
  [/Days$/, 'days'],
  [/Minutes$/, 'minutes'],
  [/PerSecond$/, 'per second'],
  [/Bars$/, 'bars'],
  [/(Factor|Weight|Ratio|Share)$/, ''],
];
const WORDS: readonly (readonly [RegExp, string])[] = [
  [/base units/, 'base'],
  [/quote units|quote currency/, 'quote'],
  [/basis points/, 'bp'],
  [/percent/, '%'],
];

const MONITOR_TITLES = ['key', 'reads', 'warn', 'act', 'tier', 'holdMs'];

/** Every monitor has the same keys: they are told once, and what differs in a table. */
function monitorsText(): string {
  const schema = configJsonSchema() as Node;
  const [first] = Object.values(nodeAt(schema, ['risk', 'monitors']).properties ?? {});
  const shared = rowsOf(first ?? {}, ['risk', 'monitors', '*']).map((row) => {
    const differs = ['warn', 'act', 'tier', 'holdMs'].includes(row.path.at(-1) ?? '');
    const [name = '', value = '', unit = '', byDefault = '', edit = '', what = ''] = cells(row, row.path.slice(2));
    return [
      name,
      value,
      row.path.at(-1) === 'warn' || row.path.at(-1) === 'act' ? 'of the monitor' : unit,
      differs ? 'below' : byDefault,
      edit,
      what,
    ];
  });
  const own = Object.entries(MONITORS).map(([name, spec]) => {
    const holdMs: number = 'holdMs' in spec ? spec.holdMs : 0;
    return [
      `\`${name}\``,
      `${spec.what}${spec.bad === 'below' ? '; small is bad' : ''}`,
      String(spec.warn),
      String(spec.act),
      `\`${spec.tier}\``,
      String(holdMs),
    ];
  });
  return [
    '### risk.monitors',
    '',
    'What it watches. Each monitor has these keys:',
    '',
    ...tableOf(TITLES, shared),
    '',
    'The monitors and their defaults:',
    '',
    ...tableOf(MONITOR_TITLES, own),
  ].join('\n');
}
