/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/** Elements by name, and tables that change in place: only what is different is touched. Text goes in as text, never as markup. */
export type Tone = 'buy' | 'sell' | 'dim' | 'warn-text' | 'strong' | 'left' | '';
export type Cell = string | { readonly text: string; readonly tone?: Tone | undefined; readonly title?: string | undefined };
export type Row = {
  readonly cells: readonly Cell[];
  readonly tone?: string;
  /** Width of the bar behind it, percent. */
  readonly bar?: number;
  readonly key?: string;
};

export function byId(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (!found) throw new Error(`Cannot find #${id} in the page`);
  return found;
}

export function part(id: string, selector: string): HTMLElement {
  const found = byId(id).querySelector<HTMLElement>(selector);
  if (!found) throw new Error(`Cannot find ${selector} in #${id}`);
  return found;
}

export function make(tag: string, text = '', tone = ''): HTMLElement {
  const node = document.createElement(tag);
  setText(node, text);
  if (tone !== '') node.className = tone;
  return node;
}

export function setText(node: Element, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}

export function setClass(node: Element, name: string): void {
  if (node.className !== name) node.className = name;
}

/** `none`: said where there is no row. */
export function fillTable(
  body: HTMLElement,
  { rows, columns, none = 'none' }: { rows: readonly Row[]; columns: number; none?: string },
): void {
  const shown = rows.length > 0 ? rows : [{ cells: [none], tone: 'none' }];
  resize(body, { count: shown.length, make: () => document.createElement('tr') });
  for (const [i, row] of shown.entries()) fillRow(body.children[i] as HTMLTableRowElement, row, rows.length > 0 ? 1 : columns);
}

function fillRow(node: HTMLTableRowElement, { cells, tone = '', bar, key = '' }: Row, span: number): void {
  setClass(node, tone);
  if (node.dataset['key'] !== key) node.dataset['key'] = key;
  if (bar !== undefined) node.style.setProperty('--w', `${bar.toFixed(1)}%`);
  resize(node, { count: cells.length, make: () => document.createElement('td') });
  for (const [i, cell] of cells.entries()) fillCell(node.children[i] as HTMLTableCellElement, cell, span);
}

function fillCell(node: HTMLTableCellElement, cell: Cell, span: number): void {
  const { text, tone = '', title = '' } = typeof cell === 'string' ? { text: cell } : cell;
  setText(node, text);
  setClass(node, tone);
  if (node.title !== title) node.title = title;
  if (node.colSpan !== span) node.colSpan = span;
}

function resize(parent: Element, { count, make: create }: { readonly count: number; readonly make: () => Element }): void {
  while (parent.children.length > count) parent.lastElementChild?.remove();
  while (parent.children.length < count) parent.append(create());
}

export type Pair = {
  readonly name: string;
  readonly value: string;
  readonly tone?: string;
  readonly title?: string;
  readonly rule?: boolean;
};

/** Names and values. */
export function fillPairs(list: HTMLElement, pairs: readonly Pair[]): void {
  resize(list, { count: pairs.length * 2, make: () => document.createElement('span') });
  for (const [i, { name, value, tone = '', title = '', rule = false }] of pairs.entries()) {
    const dt = swap(list, { at: i * 2, tag: 'dt' });
    const dd = swap(list, { at: i * 2 + 1, tag: 'dd' });
    setText(dt, name);
    setText(dd, value);
    setClass(dt, rule ? 'rule' : '');
    setClass(dd, [tone, rule ? 'rule' : ''].filter(Boolean).join(' '));
    if (dd.title !== title) dd.title = title;
  }
}

function swap(list: HTMLElement, { at, tag }: { readonly at: number; readonly tag: string }): HTMLElement {
  const node = list.children[at] as HTMLElement;
  if (node.localName === tag) return node;
  const other = document.createElement(tag);
  node.replaceWith(other);
  return other;
}

export type Item = { readonly time: string; readonly text: string; readonly tone?: string; readonly title?: string };

/** A time and a sentence each. */
export function fillList(list: HTMLElement, items: readonly Item[], none = ''): void {
  const shown = items.length > 0 || none === '' ? items : [{ time: '', text: none, tone: 'dim' }];
  resize(list, {
    count: shown.length,
    make: () => {
      const item = document.createElement('li');
      item.append(document.createElement('time'), document.createElement('span'));
      return item;
    },
  });
  for (const [i, { time, text, tone = '', title = '' }] of shown.entries()) {
    const item = list.children[i] as HTMLElement;
    const [when, what] = item.children as unknown as [HTMLElement, HTMLElement];
    setText(when, time);
    setText(what, text);
    setClass(what, tone);
    if (item.title !== title) item.title = title;
  }
}

/** A colour of the theme in force. */
export const color = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
