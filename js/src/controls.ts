/** From a JSON schema to the controls that edit a value, and from what is typed back to values. All pure. */

export type Kind = "text" | "line" | "date" | "enum" | "boolean" | "number" | "list" | "object" | "json";
export type Node = Readonly<Record<string, unknown>>;
export type Path = readonly (string | number)[];

/** How one value is edited. `node` is its schema with references followed. */
export interface Control {
  kind: Kind;
  node: Node;
  /** Whether null is a value of its own beside those that the control makes. */
  nullable: boolean;
  options: readonly unknown[];
}

const DEEPEST = 8;
const HOPS = 60;

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The schema at this place, its local references followed. */
export function resolve(given: unknown, root: unknown): Node {
  let node: Node = isRecord(given) ? given : {};
  for (let hops = 0; hops < HOPS; hops += 1) {
    const { $ref, allOf, ...own } = node;
    if (typeof $ref === "string") {
      const target = lookup(root, $ref);
      node = { ...(isRecord(target) ? target : {}), ...(allOf === undefined ? {} : { allOf }), ...own };
    } else if (Array.isArray(allOf) && allOf.length === 1 && isRecord(allOf[0])) {
      node = { ...allOf[0], ...own };
    } else break;
  }
  return node;
}

function lookup(root: unknown, ref: string): unknown {
  let at = root;
  for (const part of ref.split("/").slice(1)) {
    const name = decodeURIComponent(part).replaceAll("~1", "/").replaceAll("~0", "~");
    at = typeof at === "object" && at !== null ? (at as Record<string, unknown>)[name] : undefined;
  }
  return at;
}

/** The control of a schema; a schema that no control fits is edited as JSON. */
export function controlFor(given: unknown, root: unknown): Control {
  let node = resolve(given, root);
  let nullable = false;
  const choices = node.anyOf ?? node.oneOf;
  let options = Array.isArray(node.enum) ? node.enum : "const" in node ? [node.const] : [];
  if (Array.isArray(choices)) {
    const all = choices.map((choice) => resolve(choice, root));
    const some = all.filter((choice) => choice.type !== "null");
    nullable = some.length < all.length;
    const { anyOf: _, oneOf: __, ...own } = node;
    if (some.length === 1) {
      const inner = controlFor(some[0], root);
      return { ...inner, node: { ...inner.node, ...own }, nullable: nullable || inner.nullable };
    }
    if (some.every((choice) => Array.isArray(choice.enum) || "const" in choice)) {
      options = some.flatMap((choice) => (Array.isArray(choice.enum) ? choice.enum : [choice.const]));
    }
  } else if (Array.isArray(node.type)) {
    const types = node.type.filter((type) => type !== "null");
    nullable = types.length < node.type.length;
    node = { ...node, type: types.length === 1 ? types[0] : types };
  }
  return { kind: options.length > 0 ? "enum" : kindOf(node), node, nullable, options };
}

function kindOf(node: Node): Kind {
  switch (node.anyOf || node.oneOf ? null : node.type) {
    case "string":
      return node.format === "date" ? "date" : "text";
    case "boolean":
      return "boolean";
    case "integer":
    case "number":
      return "number";
    case "array":
      return isRecord(node.items) && !node.prefixItems ? "list" : "json";
    case "object":
      return isRecord(node.properties) && Object.keys(node.properties).length > 0 ? "object" : "json";
    default:
      return "json";
  }
}

const FITS: Partial<Record<Kind, (value: unknown) => boolean>> = {
  object: isRecord,
  list: Array.isArray,
  boolean: (value) => typeof value === "boolean",
  number: (value) => typeof value === "number" || typeof value === "string",
  text: (value) => typeof value === "string",
  line: (value) => typeof value === "string",
  date: (value) => /^(?:\d{4}-\d\d-\d\d)?$/.test(String(value)),
};

/** The same control, unless the value is none that it could show: then JSON shows it. */
export function fitting(control: Control, value: unknown): Control {
  return FITS[control.kind]?.(value) === false ? { ...control, kind: "json" } : control;
}

export interface Property {
  name: string;
  schema: unknown;
  required: boolean;
}

/** The declared fields of an object, in order. */
export function propertiesOf(node: Node): Property[] {
  const required = Array.isArray(node.required) ? node.required : [];
  return Object.entries(isRecord(node.properties) ? node.properties : {}).map(([name, schema]) => ({
    name,
    schema,
    required: required.includes(name),
  }));
}

/** What a field holds when it is set for the first time. */
export function blank(schema: unknown, root: unknown, depth = 0): unknown {
  const { kind, node, options } = controlFor(schema, root);
  if (node.default !== undefined && node.default !== null) return structuredClone(node.default);
  switch (kind) {
    case "enum":
      return options[0];
    case "boolean":
      return false;
    case "number":
      return node.minimum ?? 0;
    case "list":
      return [];
    case "object": {
      const needed = depth < DEEPEST ? propertiesOf(node).filter((each) => each.required) : [];
      return Object.fromEntries(needed.map((each) => [each.name, blank(each.schema, root, depth + 1)]));
    }
    case "json":
      return node.type === "array" ? [] : node.type === "object" ? {} : "";
    default:
      return "";
  }
}

/** What was typed as a number. What is none, or more than a number holds exactly, stays text: the schema refuses it. */
export function typedNumber(text: string): number | string {
  const typed = text.trim();
  const value = Number(typed);
  if (!/^[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?$/i.test(typed) || !Number.isFinite(value)) return typed;
  return /^[-+]?\d+$/.test(typed) && !Number.isSafeInteger(value) ? typed : value;
}

/** What was typed as JSON. Text that is no JSON is text. */
export function typedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text; // a schema that asks for more than text refuses it
  }
}

/** The JSON to type for a value, such that `typedJson` gives it back. */
export function asTyped(value: unknown): string {
  if (typeof value === "string" && typedJson(value) === value) return value;
  return JSON.stringify(value, null, 2) ?? "";
}

/** A value with another one at this path; undefined takes the field or the item out. */
export function put(value: unknown, path: Path, next: unknown): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return next;
  if (Array.isArray(value)) {
    const at = Number(step);
    const inner = put(value[at], rest, next);
    return inner === undefined ? value.toSpliced(at, 1) : Object.assign([...value], { [at]: inner });
  }
  const own = isRecord(value) ? value : {};
  const inner = put(own[step], rest, next);
  if (inner !== undefined) return { ...own, [step]: inner };
  const { [step]: _, ...others } = own;
  return others;
}

/** Whether two JSON values say the same; the order of fields says nothing. */
export function same(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((each, at) => same(each, b[at]));
  }
  if (!isRecord(a) || !isRecord(b)) return false;
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => Object.hasOwn(b, name) && same(a[name], b[name]))
  );
}
