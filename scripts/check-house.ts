import { accessSync, constants, existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';

const USAGE = `usage: check-house [FOLDER]
Checks the house rules of the source tree in FOLDER (default: this project): layers, banned calls, lengths, unreferenced files.
Prints one line per finding, "file:line rule: sentence". Exit codes: 0 clean, 1 findings, 2 usage error.`;

export type Finding = { readonly file: string; readonly line: number; readonly rule: string; readonly sentence: string };
type Import = { readonly line: number; readonly spec: string; readonly target: string | null };
/** One TypeScript file; `code` is `text` with comments and the insides of strings blanked, position for position. */
type Source = { readonly file: string; readonly text: string; readonly code: string; readonly imports: readonly Import[] };
type Remark = { readonly line: number; readonly rule: string; readonly sentence: string };

const FOLDERS = ['gateway', 'brain', 'shared', 'scripts', 'test'];
const LINES_MAX = 400;

/** Every finding below `root`, in order of file and line. Reads files only; runs nothing. */
export function checkHouse(root: string): readonly Finding[] {
  const files = FOLDERS.flatMap((folder) => listFiles({ root, folder }));
  const sources = files.filter((file) => file.endsWith('.ts')).map((file) => readSource({ root, file }));
  const perFile = sources.flatMap((source) =>
    [...checkLayers(source), ...checkCalls(source), ...checkText(source)].map((remark) => ({ file: source.file, ...remark })),
  );
  const findings = [...perFile, ...checkReferences(sources), ...checkShims({ root, files })];
  return findings.toSorted((a, b) => (a.file === b.file ? a.line - b.line : a.file < b.file ? -1 : 1));
}

// Layers

/** One arrow nobody may draw: the sentence is what the person reads. */
type Layer = { readonly rule: string; readonly sentence: string; readonly breaks: (from: string, to: string) => boolean };

/** A room of one venue; the ports beside the rooms, and `io/` that chooses among them, are everybody's. */
const VENUE = /^(gateway\/venues\/(?!io\/)[^/]+|shared\/sim\/binance)\//;
const VENUE_COMPOSERS = [
  'gateway/venues/io/open.ts',
  'gateway/venues/io/examine.ts',
  'scripts/bench/book.ts',
  'scripts/bench/order-entry.ts',
  'scripts/bench/resync.ts',
  'scripts/lib/download/venue.ts',
  'scripts/lib/backtest/depth-venue.ts',
  'scripts/lib/flatten/venue-account.ts',
  'scripts/lib/replay/decoders.ts',
  'scripts/lib/venue-rest.ts',
  'scripts/lib/probe/bench.ts',
  'scripts/lib/probe/probe.ts',
  'scripts/lib/probe/run.ts',
  'scripts/lib/probe/wire.ts',
  'scripts/start/run.ts',
  'scripts/test-order.ts',
  'scripts/test-balance.ts',
];
const OUTSIDE = /^(?:node:(?:net|tls|dgram|dns|http|https|http2|fs|child_process)|ioredis|undici|ws|pino)(?:\/|$)/;

/** Whatever writes to a gateway, or is written to one. */
const SENDS =
  /^(?:node:net|shared\/command\.ts|shared\/io\/gateway-client\.ts|brain\/oms\/request\.ts|brain\/io\/(?:brain|sender|command-sender|gateway-link|farewell)\.ts)$/;

const LAYERS: readonly Layer[] = [
  {
    rule: 'two-sides',
    sentence: 'gateway and brain never import each other; what both need lives in shared',
    breaks: (from, to) => (isIn('gateway', from) && isIn('brain', to)) || (isIn('brain', from) && isIn('gateway', to)),
  },
  {
    rule: 'shared-is-the-floor',
    sentence: 'shared imports neither gateway nor brain',
    breaks: (from, to) => isIn('shared', from) && (isIn('gateway', to) || isIn('brain', to)),
  },
  {
    rule: 'main-is-the-top',
    sentence: 'nothing imports a composition root',
    breaks: (from, to) => isMain(to) && !isIn('test', from),
  },
  {
    rule: 'scripts-are-entries',
    sentence: 'only tests and other scripts import from scripts',
    breaks: (from, to) => isIn('scripts', to) && !isIn('scripts', from) && !isIn('test', from),
  },
  {
    rule: 'no-test-code',
    sentence: 'product code imports nothing from test',
    breaks: (from, to) => isIn('test', to) && isProduct(from),
  },
  {
    rule: 'simulator-stays-out',
    sentence: 'shared/sim is for scripts, tests, gateway/venues/paper and brain/shadow only',
    breaks: (from, to) =>
      isIn('shared/sim', to) && !['shared/sim', 'scripts', 'test', 'gateway/venues/paper', 'brain/shadow'].some((room) => isIn(room, from)),
  },
  {
    rule: 'shadows-send-nothing',
    sentence: 'a shadow knows no way to the gateway: neither it nor who runs it imports a socket, a request or a sender',
    breaks: (from, to) => (isIn('brain/shadow', from) || /^brain\/io\/shadow/.test(from)) && SENDS.test(to),
  },
  {
    rule: 'research-stays-out',
    sentence: 'danfojs-node costs half a second and 100 MB: it is for scripts and tests only',
    breaks: (from, to) => /^danfojs/.test(to) && isProduct(from),
  },
  {
    rule: 'one-venue-one-room',
    sentence: 'only its own room, tests and the composition roots import a venue adapter; the simulator of its wire is for scripts',
    breaks: (from, to) =>
      VENUE.test(to) && roomOf(from) !== roomOf(to) && !mayNameVenue(from) && !(isIn('shared/sim', to) && isIn('scripts', from)),
  },
  {
    rule: 'core-does-no-io',
    sentence: 'a core imports no io room, socket, file, Redis or logger; a driver in io/ does that',
    breaks: (from, to) => isCore(from) && (isIo(to) || to === 'shared/log.ts' || OUTSIDE.test(to)),
  },
];

function checkLayers({ file, imports }: Source): readonly Remark[] {
  const named = /binance/i.test(file) && !isIn('test', file) && !/^(?:gateway\/venues|shared\/sim)\/binance\//.test(file);
  const broken = imports.flatMap(({ line, spec, target }) =>
    LAYERS.filter((layer) => layer.breaks(file, target ?? spec)).map(({ rule, sentence }) => ({
      line,
      rule,
      sentence: `imports "${spec}": ${sentence}`,
    })),
  );
  return named ? [...broken, { line: 1, rule: 'venue-name', sentence: 'only the rooms of a venue are named after it' }] : broken;
}

const isIn = (room: string, file: string): boolean => file.startsWith(`${room}/`);
const isMain = (file: string): boolean => file === 'gateway/main.ts' || file === 'brain/main.ts';
const isIo = (file: string): boolean => /^(?:gateway|brain)\/(?:.*\/)?io\//.test(file);
const isProduct = (file: string): boolean => isIn('gateway', file) || isIn('brain', file) || isIn('shared', file);
const isCore = (file: string): boolean => (isIn('gateway', file) || isIn('brain', file)) && !isMain(file) && !isIo(file);
const roomOf = (file: string): string | undefined => VENUE.exec(file)?.[1];
const mayNameVenue = (file: string): boolean => isIn('test', file) || VENUE_COMPOSERS.includes(file);

// Banned calls and words

type Pattern = { readonly rule: string; readonly sentence: string; readonly pattern: RegExp; readonly applies: (file: string) => boolean };

const IMPURE = ['shared/clock.ts', 'shared/random.ts', 'shared/config.ts'];
const mustBePure = (file: string): boolean =>
  isProduct(file) && !IMPURE.includes(file) && !/(?:^|\/)main\.ts$/.test(file) && !/\/io\//.test(file);
const always = (): boolean => true;

const CODE: readonly Pattern[] = [
  {
    rule: 'injected-time',
    sentence: 'time comes from the injected clock',
    pattern: /\bDate\s*\.\s*now\b|\bperformance\s*\.\s*now\b|\bprocess\s*\.\s*hrtime\b|\bnew\s+Date\s*(?:\(\s*\)|(?![\w\s(]))/g,
    applies: mustBePure,
  },
  {
    rule: 'injected-timers',
    sentence: 'timers come from the injected clock',
    pattern: /(?<![.\w$#])(?:globalThis\s*\.\s*)?set(?:Timeout|Interval|Immediate)\b(?=\s*\()/g,
    applies: mustBePure,
  },
  { rule: 'injected-random', sentence: 'chance comes from a seed', pattern: /\bMath\s*\.\s*random\b/g, applies: mustBePure },
  { rule: 'injected-config', sentence: 'the environment is read in config', pattern: /\bprocess\s*\.\s*env\b/g, applies: mustBePure },
  { rule: 'no-console', sentence: 'a process speaks through its logger', pattern: /\bconsole\s*\./g, applies: isProduct },
  {
    rule: 'erasable-only',
    sentence: 'no enums and namespaces: types must strip away',
    pattern: /^[ \t]*(?:export\s+)?(?:declare\s+)?(?:(?:const\s+)?enum\s+[\w$]+\s*\{|(?:namespace|module)\s+[\w$.]+\s*\{)/gm,
    applies: always,
  },
  {
    rule: 'no-default-export',
    sentence: 'a thing has one name everywhere',
    pattern: /\bexport\s+default\b|\bas\s+default\b/g,
    applies: (file) => file !== 'test/vitest.config.ts', // its tool asks for one
  },
  { rule: 'no-only', sentence: 'a focused test hides all others', pattern: /\.\s*only\s*\(/g, applies: always },
];

function checkCalls({ file, code, imports }: Source): readonly Remark[] {
  const calls = CODE.filter(({ applies }) => applies(file)).flatMap(({ rule, sentence, pattern }) =>
    [...code.matchAll(pattern)].map((match) => {
      const words = match[0].trim();
      const at = match.index + match[0].indexOf(words);
      return { line: lineAt(code, at), rule, sentence: `"${words.replace(/\s+/g, ' ')}": ${sentence}` };
    }),
  );
  const timers = imports.filter(({ spec }) => mustBePure(file) && /^(?:node:)?timers(?:\/|$)/.test(spec));
  return [...calls, ...timers.map(({ line }) => ({ line, rule: 'injected-timers', sentence: 'timers come from the injected clock' }))];
}

function checkText({ file, text }: Source): readonly Remark[] {
  const words = [...text.matchAll(/\b(?:TO[D]O|FIX[M]E)\b/g)].map((match) => ({
    line: lineAt(text, match.index),
    rule: 'no-leftovers',
    sentence: `"${match[0]}": do it, or file it`,
  }));
  const lines = text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
  if (lines <= LINES_MAX || isIn('test/e2e', file)) return words;
  return [...words, { line: LINES_MAX + 1, rule: 'length', sentence: `${lines} lines, limit is ${LINES_MAX}: split by reason to change` }];
}

// The whole tree

/** A file is referenced when a composition root, a script or a test reaches it; two files that import only each other are not. */
function checkReferences(sources: readonly Source[]): readonly Finding[] {
  const byFile = new Map(sources.map((source) => [source.file, source]));
  const reached = new Set(sources.map(({ file }) => file).filter((file) => !isProduct(file) || isMain(file)));
  for (const file of reached) {
    for (const { target } of byFile.get(file)?.imports ?? []) if (target !== null && byFile.has(target)) reached.add(target);
  }
  return sources
    .filter(({ file }) => !reached.has(file))
    .map(({ file }) => ({ file, line: 1, rule: 'unreferenced', sentence: 'no process, script or test reaches this file' }));
}

function checkShims({ root, files }: { readonly root: string; readonly files: readonly string[] }): readonly Finding[] {
  const shims = files.filter((file) => /^scripts\/[^/.]+$/.test(file) && file !== 'scripts/setup');
  const texts = shims.map((file) => readFileSync(join(root, file), 'utf8'));
  return shims.flatMap((file, index) => {
    const complaints = [
      ...(texts[index] === texts[0] && texts[index]?.includes('exec "$root/node_modules/.bin/node"')
        ? []
        : ['does not have the text all shims share']),
      ...(existsSync(join(root, `${file}.ts`)) ? [] : [`has no ${file}.ts beside it`]),
      ...(isExecutable(join(root, file)) ? [] : ['is not executable']),
    ];
    return complaints.map((sentence) => ({ file, line: 1, rule: 'shim', sentence }));
  });
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false; // the only way this call says no
  }
}

// Reading

function listFiles({ root, folder }: { readonly root: string; readonly folder: string }): readonly string[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const file = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return entry.name === 'node_modules' || file === 'test/fixtures' ? [] : listFiles({ root, folder: file });
    return entry.isFile() ? [file] : [];
  });
}

function readSource({ root, file }: { readonly root: string; readonly file: string }): Source {
  const text = readFileSync(join(root, file), 'utf8');
  const code = blankCode(text);
  return { file, text, code, imports: findImports({ file, text, code }) };
}

/** Static, side-effect, re-exported and dynamic imports, and files named by `new URL('./x.ts', import.meta.url)`. */
const IMPORT =
  /\b(?:import|export)\b(?:[^'"`;()=]*?\bfrom)?\s*(?=['"])|\bimport\s*\(\s*(?=['"`])|\bnew\s+URL\s*\(\s*(?=['"`]\s*[^,]*,\s*import\.meta\.url)/g;

function findImports({ file, text, code }: Omit<Source, 'imports'>): readonly Import[] {
  return [...code.matchAll(IMPORT)].map((match) => {
    const start = match.index + match[0].length;
    const quote = code[start] ?? '';
    const spec = text.slice(start + 1, code.indexOf(quote, start + 1));
    return { line: lineAt(code, start), spec, target: spec.startsWith('.') ? posix.join(posix.dirname(file), spec) : null };
  });
}

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}

const TOKEN =
  /(?<comment>\/\/[^\n]*|\/\*[\s\S]*?\*\/)|(?<string>'(?:\\[\s\S]|[^'\\\n])*'|"(?:\\[\s\S]|[^"\\\n])*")|(?<word>[\w$]+)|(?<space>\s+)|(?<mark>[\s\S])/y;
const REGEX = /\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/[a-z]*/y;
const TEMPLATE = /(?:\\[\s\S]|\$(?!\{)|[^`\\$])*(?:`|\$\{|$)/y;
const BEFORE_REGEX = /^(?:return|typeof|case|in|of|delete|void|instanceof|new|throw|await|yield|else|do|[^\w$)\]}])$/;

/**
 * Blanks comments and the insides of strings, templates and patterns, keeping every newline and position; `${…}` stays code.
 * A slash starts a pattern after an operator or a keyword, and divides after a value.
 */
export function blankCode(text: string): string {
  const depths: number[] = []; // one entry per open template hole: the braces open inside it
  let out = blank(/^#!.*/.exec(text)?.[0] ?? '');
  let before = ';';
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = out.length;
    return pattern.exec(text);
  };
  const takeTemplate = (): void => {
    const part = take(TEMPLATE)?.[0] ?? '';
    const opens = part.endsWith('${');
    out += opens ? `${blank(part.slice(0, -2))}\${` : part.endsWith('`') ? `${blank(part.slice(0, -1))}\`` : blank(part);
    before = opens ? '{' : ')';
    if (opens) depths.push(0);
  };
  while (out.length < text.length) {
    const regex =
      text[out.length] === '/' && !/^\/[/*]/.test(text.slice(out.length, out.length + 2)) && BEFORE_REGEX.test(before) ? take(REGEX) : null;
    const token = regex ?? take(TOKEN);
    if (token === null) break;
    const piece = token[0];
    const kind = regex ? {} : (token.groups ?? {});
    if (regex) out += `/${blank(piece.slice(1))}`;
    else if (kind['comment'] !== undefined) out += blank(piece);
    else if (kind['string'] !== undefined) out += piece[0] + blank(piece.slice(1, -1)) + piece[0];
    else out += piece;
    if (kind['comment'] === undefined && kind['space'] === undefined) before = regex || kind['string'] !== undefined ? ')' : piece;
    if (piece === '`') takeTemplate();
    if (depths.length > 0 && (piece === '{' || piece === '}')) {
      const depth = (depths.pop() ?? 0) + (piece === '{' ? 1 : -1);
      if (depth < 0) takeTemplate();
      else depths.push(depth);
    }
  }
  return out;
}

const blank = (text: string): string => text.replace(/[^\n]/g, ' ');

function main(args: readonly string[]): number {
  const [folder, ...rest] = args;
  if (folder === '--help') {
    console.log(USAGE);
    return 0;
  }
  const root = folder ?? join(dirname(fileURLToPath(import.meta.url)), '..');
  if (rest.length > 0 || root.startsWith('-') || !existsSync(root)) {
    console.error(existsSync(root) ? USAGE : `Cannot check "${root}": no such folder`);
    return 2;
  }
  const findings = checkHouse(root);
  for (const { file, line, rule, sentence } of findings) console.log(`${file}:${line} ${rule}: ${sentence}`);
  console.log(findings.length === 0 ? 'House rules: clean' : `House rules: ${findings.length} findings`);
  return findings.length === 0 ? 0 : 1;
}

if (import.meta.main) process.exitCode = main(process.argv.slice(2));
