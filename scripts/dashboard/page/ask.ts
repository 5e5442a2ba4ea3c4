/// <reference lib="dom" />
/** A question before something is done: what will happen in words, a choice or two, a word to type for the last resort. */
import { byId, make } from './dom.ts';

export type Choice = { readonly id: string; readonly label: string; readonly checked: boolean };
export type Question = {
  readonly title: string;
  readonly lines: readonly string[];
  readonly button: string;
  readonly danger?: boolean;
  readonly choices?: readonly Choice[];
  /** Has to be typed. */
  readonly word?: string;
  /** A text is wanted; shown as dots. */
  readonly secret?: boolean;
};
export type Given = { readonly choices: Readonly<Record<string, boolean>>; readonly text: string };

/** Null: a person has thought better of it. */
export function ask(question: Question): Promise<Given | null> {
  const dialog = byId('ask') as HTMLDialogElement;
  const form = make('form') as HTMLFormElement;
  const boxes = (question.choices ?? []).map(checkbox);
  const input = question.word === undefined && !question.secret ? null : textInput(question);
  const yes = make('button', question.button, question.danger ? 'danger' : '') as HTMLButtonElement;
  yes.type = 'submit';
  const no = make('button', 'Leave it') as HTMLButtonElement;
  no.type = 'button';
  const buttons = make('div', '', 'buttons');
  buttons.append(no, yes);
  form.append(make('h3', question.title), ...question.lines.map((line) => make('p', line)), ...boxes.map(({ label }) => label));
  if (input) form.append(labelOf(input, question));
  form.append(buttons);
  dialog.replaceChildren(form);
  const ready = (): boolean => (question.word === undefined ? !question.secret || input?.value !== '' : input?.value === question.word);
  yes.disabled = !ready();
  input?.addEventListener('input', () => {
    yes.disabled = !ready();
  });
  return new Promise((resolve) => {
    let given: Given | null = null;
    no.addEventListener('click', () => dialog.close());
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      if (!ready()) return;
      given = { choices: Object.fromEntries(boxes.map(({ id, box }) => [id, box.checked])), text: input?.value ?? '' };
      dialog.close();
    });
    dialog.addEventListener('close', () => resolve(given), { once: true });
    dialog.showModal();
    (input ?? no).focus();
  });
}

function checkbox({ id, label, checked }: Choice) {
  const box = make('input') as HTMLInputElement;
  box.type = 'checkbox';
  box.checked = checked;
  box.name = id;
  const whole = make('label');
  whole.append(box, label);
  return { id, box, label: whole };
}

function textInput({ secret = false }: Question): HTMLInputElement {
  const input = make('input') as HTMLInputElement;
  input.type = secret ? 'password' : 'text';
  input.autocomplete = 'off';
  input.spellcheck = false;
  return input;
}

function labelOf(input: HTMLInputElement, { word }: Question): HTMLElement {
  const label = make('label');
  label.append(word === undefined ? 'Token' : `Type ${word}`, input);
  return label;
}
