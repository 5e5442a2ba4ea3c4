/** One part of the page: what it is made of, and how it is drawn from what the page knows. */
import type { LogName, SectionName } from '../model.ts';
import type { View } from './view.ts';

export type Panel = { readonly needs: readonly (SectionName | LogName)[]; readonly draw: (view: View) => void };
