/** What stands in a configuration. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** The value as a person would type it: texts without quotes. */
export const shownJson = (value: Json): string => (typeof value === 'string' ? value : JSON.stringify(value));
