/** What a stream URL asks for (Binance USD-M docs, connect; reference sheet 2026-11, section 1). */
export type StreamRoute = 'public' | 'market' | 'private';
export const STREAM_ROUTES: readonly StreamRoute[] = ['public', 'market', 'private'];

export type KeyRequest = { readonly listenKey: string /** Null: every event. */; readonly events: ReadonlySet<string> | null };

export type StreamUrl = {
  readonly route: StreamRoute;
  /** Whether messages come wrapped with their stream name. */
  readonly combined: boolean;
  readonly streams: readonly string[];
  readonly keys: readonly KeyRequest[];
};

/** Null when the path is none of a stream. A URL without a route is served as public only, silently, as the venue does. */
export function parseStreamUrl(url: string): StreamUrl | null {
  const parsed = URL.canParse(`ws://sim${url}`) ? new URL(`ws://sim${url}`) : null;
  if (!parsed) return null;
  const { pathname, searchParams } = parsed;
  const match = /^(?:\/(public|market|private))?\/(ws|stream)(?:\/(.*))?$/.exec(pathname);
  if (!match) return null;
  const route = STREAM_ROUTES.find((name) => name === match[1]) ?? 'public';
  const inPath = (match[3] ?? '').split('/').filter((name) => name !== '');
  const inQuery = (searchParams.get('streams') ?? '').split('/').filter((name) => name !== '');
  const names = [...inPath.map(decode), ...inQuery];
  const combined = match[2] === 'stream';
  if (route !== 'private') return { route, combined, streams: names, keys: [] };
  return { route, combined, streams: [], keys: [...names.map((listenKey) => ({ listenKey, events: null })), ...keysOf(searchParams)] };
}

/** `listenKey=K1&events=A/B&listenKey=K2&…`: events belong to the key before them. */
function keysOf(search: URLSearchParams): readonly KeyRequest[] {
  const keys: KeyRequest[] = [];
  for (const [name, value] of search) {
    if (name === 'listenKey') keys.push({ listenKey: value, events: null });
    const last = keys.at(-1);
    if (name === 'events' && last) keys[keys.length - 1] = { ...last, events: new Set(value.split('/')) };
  }
  return keys;
}

/** A malformed escape is a name nobody sends on. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
