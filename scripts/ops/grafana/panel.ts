/** Panels of Grafana from few words. Pure; what comes out is a part of a dashboard's JSON. */
export type Kind = 'timeseries' | 'stat' | 'bargauge' | 'state-timeline' | 'heatmap';
export type Panel = {
  readonly title: string;
  readonly kind?: Kind;
  /** Of Grafana: `s`, `short`, `percentunit`, `bytes`, `currencyUSD` and so on; default `short`. */
  readonly unit?: string;
  /** Columns of 24; default 8. */
  readonly width?: number;
  readonly description?: string;
  /** PromQL, each with its legend. */
  readonly queries: readonly (readonly [expr: string, legend: string])[];
  /** Value from which on it is red. */
  readonly red?: number;
  /** Value from which on it is green, red below: for what should be 1. */
  readonly green?: number;
  /** Words instead of numbers. */
  readonly words?: Readonly<Record<string, string>>;
};
export type Row = { readonly title: string; readonly panels: readonly Panel[] };
export type Dashboard = { readonly uid: string; readonly title: string; readonly rows: readonly Row[]; readonly bySymbol?: boolean };

const SOURCE = { type: 'prometheus', uid: '$source' };
const HEIGHT = 8;
const COLUMNS = 24;

export function renderDashboard({ uid, title, rows, bySymbol = false }: Dashboard): object {
  const panels: object[] = [];
  let y = 0;
  for (const row of rows) {
    panels.push({
      id: panels.length + 1,
      type: 'row',
      title: row.title,
      collapsed: false,
      panels: [],
      gridPos: { h: 1, w: COLUMNS, x: 0, y: y++ },
    });
    let x = 0;
    for (const panel of row.panels) {
      const w = panel.width ?? 8;
      if (x + w > COLUMNS) [x, y] = [0, y + HEIGHT];
      panels.push({ id: panels.length + 1, ...rendered(panel), gridPos: { h: HEIGHT, w, x, y } });
      x += w;
    }
    y += HEIGHT;
  }
  const source = {
    name: 'source',
    label: 'Data source',
    type: 'datasource',
    query: 'prometheus',
    current: { text: 'Prometheus', value: 'mmbot-prometheus' },
  };
  const symbol = {
    ...{ name: 'symbol', label: 'Symbol', type: 'query', datasource: SOURCE, refresh: 2, includeAll: true, multi: true, allValue: '.*' },
    query: 'label_values(mmbot_book_age_seconds, symbol)',
    current: { text: 'All', value: '$__all' },
  };
  return {
    ...{ uid, title, tags: ['mmbot'], schemaVersion: 39, version: 1, editable: false, graphTooltip: 1, refresh: '5s', timezone: 'browser' },
    time: { from: 'now-1h', to: 'now' },
    templating: { list: bySymbol ? [source, symbol] : [source] },
    panels,
  };
}

function rendered({ title, kind = 'timeseries', description = '', queries, ...look }: Panel): object {
  const targets = queries.map(([expr, legendFormat], i) => ({
    ...{ refId: String.fromCharCode(65 + i), datasource: SOURCE, expr, legendFormat },
    ...(kind === 'heatmap' ? { format: 'heatmap' } : {}),
    ...(kind === 'stat' || kind === 'bargauge' ? { instant: true } : {}),
  }));
  return {
    type: kind,
    title,
    description,
    datasource: SOURCE,
    targets,
    options: optionsOf(kind),
    fieldConfig: { defaults: defaultsOf(kind, look), overrides: [] },
  };
}

function optionsOf(kind: Kind): object {
  const legend = { displayMode: 'list', placement: 'bottom', showLegend: true };
  switch (kind) {
    case 'timeseries':
      return { legend, tooltip: { mode: 'multi', sort: 'desc' } };
    case 'stat':
      return {
        colorMode: 'background',
        graphMode: 'none',
        textMode: 'value_and_name',
        reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false },
      };
    case 'bargauge':
      return { displayMode: 'basic', orientation: 'horizontal', reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false } };
    case 'state-timeline':
      return { legend, mergeValues: true, showValue: 'never', rowHeight: 0.8 };
    case 'heatmap':
      return { calculate: false, yAxis: { unit: 's' }, color: { scheme: 'Blues' }, cellGap: 1 };
    default:
      throw new Error(`Cannot render a panel of kind ${String(kind satisfies never)}`);
  }
}

function defaultsOf(kind: Kind, { unit = 'short', red, green, words }: Pick<Panel, 'unit' | 'red' | 'green' | 'words'>): object {
  const steps =
    green !== undefined
      ? [step('red', null), step('green', green)]
      : [step(red === undefined ? 'blue' : 'green', null), ...(red === undefined ? [] : [step('red', red)])];
  const mapped = Object.entries(words ?? {}).map(([value, text], i) => [value, { text, index: i }]);
  return {
    unit,
    color: { mode: kind === 'timeseries' ? 'palette-classic' : 'thresholds' },
    thresholds: { mode: 'absolute', steps },
    mappings: mapped.length === 0 ? [] : [{ type: 'value', options: Object.fromEntries(mapped) }],
    ...(kind === 'timeseries' ? { custom: { lineWidth: 1, fillOpacity: 8, showPoints: 'never', spanNulls: false } } : {}),
  };
}

const step = (color: string, value: number | null): object => ({ color, value });
