/** Numbers that the schemas of config.json share. */
import * as z from 'zod';

export const percent = (max: number) => z.number().gt(0).max(max);
export const ms = (min: number, max: number) => z.int().min(min).max(max);
