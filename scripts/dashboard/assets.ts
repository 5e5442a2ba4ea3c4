/** Everything the page is made of, read once: a path that stands in this table is served, and no other. Its TypeScript is stripped here. */
import { readdirSync, readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';

export type Asset = { readonly type: string; readonly body: Buffer };

const PAGE = join(import.meta.dirname, 'page');
const MODULES = join(import.meta.dirname, '..', '..', 'node_modules');
const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  ts: 'text/javascript; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
};
/** Libraries from the installed packages, by the name that the page imports. */
const LIBRARIES: Readonly<Record<string, { readonly path: string; readonly file: string }>> = {
  'lightweight-charts': {
    path: '/lib/lightweight-charts.js',
    file: 'lightweight-charts/dist/lightweight-charts.standalone.production.mjs',
  },
  uplot: { path: '/lib/uplot.js', file: 'uplot/dist/uPlot.esm.js' },
};
const UPLOT_STYLE = { path: '/lib/uplot.css', file: 'uplot/dist/uPlot.min.css' };

export function readAssets(): ReadonlyMap<string, Asset> {
  const libraries = [...Object.values(LIBRARIES), UPLOT_STYLE].map(({ path, file }) => [path, assetOf(path, join(MODULES, file))] as const);
  const names = readdirSync(PAGE);
  const preloads = [...names.filter((name) => name.endsWith('.ts')).map(pathOf), ...Object.values(LIBRARIES).map(({ path }) => path)];
  const pages = names.map((name) => [pathOf(name), withPreloads(assetOf(name, join(PAGE, name)), preloads)] as const);
  return new Map([...pages, ...libraries]);
}

const pathOf = (name: string): string => (name === 'index.html' ? '/' : `/page/${name}`);

/** All modules are asked for at once, not one after the other as their imports are found. */
function withPreloads(asset: Asset, paths: readonly string[]): Asset {
  if (asset.type !== TYPES['html']) return asset;
  const links = paths.map((path) => `<link rel="modulepreload" href="${path}" />`).join('\n    ');
  return { ...asset, body: Buffer.from(asset.body.toString('utf8').replace('</head>', `  ${links}\n  </head>`)) };
}

function assetOf(name: string, file: string): Asset {
  const ending = name.slice(name.lastIndexOf('.') + 1);
  const type = TYPES[ending];
  if (type === undefined) throw new Error(`Cannot serve ${name}: its type is not known`);
  const body = readFileSync(file);
  return { type, body: ending === 'ts' ? Buffer.from(moduleOf(body.toString('utf8'))) : body };
}

/** A browser knows no package names. */
function moduleOf(source: string): string {
  return Object.entries(LIBRARIES).reduce(
    (text, [name, { path }]) => text.replaceAll(`from '${name}'`, `from '${path}'`),
    stripTypeScriptTypes(source),
  );
}
