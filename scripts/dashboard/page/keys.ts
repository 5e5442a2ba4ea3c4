/// <reference lib="dom" />
/** Keys, and the list of them. */
import { byId, make } from './dom.ts';

export type Key = { readonly key: string; readonly what: string; readonly run: () => void };

/** Not while somebody types or is asked. */
export function listenTo(keys: readonly Key[]): void {
  document.addEventListener('keydown', (event) => {
    const target = event.target instanceof HTMLElement ? event.target : null;
    if (event.ctrlKey || event.metaKey || event.altKey || target?.closest('input, select') || document.querySelector('dialog[open]'))
      return;
    const found = keys.find(({ key }) => key === event.key);
    if (!found) return;
    event.preventDefault();
    found.run();
  });
}

export function showKeys(keys: readonly Key[]): void {
  const dialog = byId('ask') as HTMLDialogElement;
  if (dialog.open) return;
  const list = make('dl');
  for (const { key, what } of keys) {
    const name = make('dt');
    name.append(make('kbd', key));
    list.append(name, make('dd', what));
  }
  const close = make('button', 'Close') as HTMLButtonElement;
  close.type = 'button';
  close.addEventListener('click', () => dialog.close());
  const buttons = make('div', '', 'buttons');
  buttons.append(close);
  dialog.replaceChildren(make('h3', 'Keys'), list, buttons);
  dialog.showModal();
}
