/**
 * A schema as a plain predicate, for messages of our own processes that come at every change of the market: true only where the schema takes
 * the value and hands it on as it is. False says nothing; then the schema is asked. Several times cheaper than a parse, because it makes no
 * copy and no list of problems.
 */
import type * as z from 'zod';

export type PlainCheck = (value: unknown) => boolean;
type Def = z.core.$ZodTypes['_zod']['def'];
type Checks = readonly z.core.$ZodCheck<never>[] | undefined;

const made = new WeakMap<z.core.$ZodType, PlainCheck>();
const NEVER: PlainCheck = () => false;
/** Whose further checks are known here. */
const CHECKED: ReadonlySet<Def['type']> = new Set(['string', 'number', 'array']);

/** Made once for each schema. Whatever it does not know how to check it leaves to the schema. */
export function plainCheck(schema: z.core.$ZodType): PlainCheck {
  const known = made.get(schema);
  if (known) return known;
  const { def } = (schema as z.core.$ZodTypes)._zod;
  const check = CHECKED.has(def.type) || !def.checks?.length ? checkOf(def) : NEVER;
  made.set(schema, check);
  return check;
}

function checkOf(def: Def): PlainCheck {
  switch (def.type) {
    case 'string':
      return 'format' in def || def.coerce ? NEVER : textCheck(def.checks);
    case 'number':
      return numberCheck(def);
    case 'boolean':
      return def.coerce ? NEVER : (value) => typeof value === 'boolean';
    case 'unknown':
      return () => true;
    case 'literal':
      return oneOf(def.values);
    case 'enum':
      return oneOf(Object.values(def.entries));
    case 'nullable':
      return nullable(plainCheck(def.innerType));
    case 'optional':
      return plainCheck(def.innerType);
    case 'array':
      return all(arrayCheck(plainCheck(def.element)), lengthChecks(def.checks));
    case 'tuple':
      return def.rest ? NEVER : tupleCheck(def.items.map(plainCheck));
    case 'record':
      return recordCheck(def);
    case 'object':
      return objectCheck(def);
    case 'union':
      return unionCheck(def);
    default:
      return NEVER;
  }
}

const oneOf = (values: readonly unknown[]): PlainCheck => {
  const known = new Set(values);
  return (value) => known.has(value);
};
const nullable =
  (inner: PlainCheck): PlainCheck =>
  (value) =>
    value === null || inner(value);

function all(first: PlainCheck, others: readonly PlainCheck[]): PlainCheck {
  return others.reduce((before, next) => (value) => before(value) && next(value), first);
}

const defOf = (check: z.core.$ZodCheck<never>) => check._zod.def as z.core.$ZodChecks['_zod']['def'];

function textCheck(checks: Checks): PlainCheck {
  const rules = (checks ?? []).filter((check) => defOf(check).check === 'string_format').map((check) => patternCheck(defOf(check)));
  const rest = (checks ?? []).filter((check) => defOf(check).check !== 'string_format');
  return all((value) => typeof value === 'string', [...rules, ...lengthChecks(rest)]);
}

/** A pattern with a memory of its own, as `g` gives it, is not asked twice. */
function patternCheck(def: z.core.$ZodChecks['_zod']['def']): PlainCheck {
  if (!('pattern' in def) || !(def.pattern instanceof RegExp) || !('format' in def) || def.format !== 'regex') return NEVER;
  const { pattern } = def;
  return pattern.global || pattern.sticky ? NEVER : (value) => pattern.test(value as string);
}

const lengthChecks = (checks: Checks): readonly PlainCheck[] => (checks ?? []).map((check) => lengthCheck(defOf(check)));

function lengthCheck(def: z.core.$ZodChecks['_zod']['def']): PlainCheck {
  if (def.check === 'min_length') return (value) => (value as string).length >= def.minimum;
  if (def.check === 'max_length') return (value) => (value as string).length <= def.maximum;
  return NEVER;
}

function numberCheck(def: Extract<Def, { type: 'number' }>): PlainCheck {
  const isWhole = 'format' in def && def.format === 'safeint';
  if (def.coerce || ('format' in def && !isWhole)) return NEVER;
  const is = isWhole ? Number.isSafeInteger : Number.isFinite;
  return all(
    is,
    (def.checks ?? []).map((check) => boundCheck(defOf(check))),
  );
}

function boundCheck(def: z.core.$ZodChecks['_zod']['def']): PlainCheck {
  if (def.check !== 'greater_than' && def.check !== 'less_than') return NEVER;
  const bound = Number(def.value);
  if (def.check === 'greater_than') return def.inclusive ? (value) => Number(value) >= bound : (value) => Number(value) > bound;
  return def.inclusive ? (value) => Number(value) <= bound : (value) => Number(value) < bound;
}

const arrayCheck =
  (element: PlainCheck): PlainCheck =>
  (value) => {
    if (!Array.isArray(value)) return false;
    for (let n = 0; n < value.length; n++) if (!element(value[n])) return false;
    return true;
  };

const tupleCheck =
  (items: readonly PlainCheck[]): PlainCheck =>
  (value) => {
    if (!Array.isArray(value) || value.length !== items.length) return false;
    for (let n = 0; n < items.length; n++) if (!items[n]?.(value[n])) return false;
    return true;
  };

const isPlain = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Of any names: those that mean something to the language are left to the schema. */
function recordCheck(def: Extract<Def, { type: 'record' }>): PlainCheck {
  const [name, content] = [plainCheck(def.keyType), plainCheck(def.valueType)];
  return (value) => {
    if (!isPlain(value)) return false;
    for (const key in value) if (key === '__proto__' || !name(key) || !content(value[key])) return false;
    return true;
  };
}

/** Of exactly the names that the schema knows. */
function objectCheck(def: Extract<Def, { type: 'object' }>): PlainCheck {
  const isStrict = (def.catchall as z.core.$ZodTypes | undefined)?._zod.def.type === 'never';
  if (!isStrict) return NEVER;
  const fields = new Map(Object.entries(def.shape).map(([name, field]) => [name, plainCheck(field)]));
  const optional = (field: z.core.$ZodType): boolean => (field as z.core.$ZodTypes)._zod.def.type === 'optional';
  const required = Object.keys(def.shape).filter((name) => !optional(def.shape[name] as z.core.$ZodType));
  const isRequired = new Set(required);
  return (value) => {
    if (!isPlain(value)) return false;
    let found = 0;
    for (const name in value) {
      if (!fields.get(name)?.(value[name])) return false;
      if (isRequired.has(name)) found++;
    }
    return found === required.length;
  };
}

/** Options told apart by a field are looked up by it, others are asked in turn. */
function unionCheck(def: Extract<Def, { type: 'union' }>): PlainCheck {
  const options = def.options.map(plainCheck);
  const asked: PlainCheck = (value) => options.some((option) => option(value));
  const field = 'discriminator' in def && typeof def.discriminator === 'string' ? def.discriminator : null;
  if (field === null) return asked;
  const byValue = new Map(def.options.flatMap((option, n) => valuesOf(option, field).map((value) => [value, options[n]] as const)));
  return (value) => isPlain(value) && byValue.get(value[field])?.(value) === true;
}

function valuesOf(option: z.core.$ZodType, field: string): readonly unknown[] {
  const { def } = (option as z.core.$ZodTypes)._zod;
  const found = def.type === 'object' ? (def.shape[field] as z.core.$ZodTypes | undefined)?._zod.def : undefined;
  return found?.type === 'literal' ? found.values : [];
}
