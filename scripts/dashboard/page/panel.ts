/// <reference lib="dom" />
/** One part of the page: what it is made of, and how it is drawn from what the page knows. */
import type { LogName, SectionName } from '../model.ts';
import { byId } from './dom.ts';
import type { View } from './view.ts';

export type Panel = {
  /** Of its section. */
  readonly id: string;
  readonly needs: readonly (SectionName | LogName)[];
  readonly draw: (view: View) => void;
};
/** As much of an element as is marked. */
export type Marked = { readonly classList: Pick<DOMTokenList, 'toggle'> };

export const drawPanel = (panel: Panel, view: View): void =>
  drawMarked(() => panel.draw(view), { node: byId(panel.id), report: reportError });

/** What cannot be drawn hinders nothing else: its values, which would be old, go out of sight, and it says so until it is drawn again. */
export function drawMarked(draw: () => void, { node, report }: { readonly node: Marked; readonly report: (error: unknown) => void }): void {
  let isBroken = false;
  try {
    draw();
  } catch (error) {
    isBroken = true;
    report(error);
  }
  node.classList.toggle('broken', isBroken);
}
