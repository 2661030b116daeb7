/** Settings of a model: what may be chosen when it is built, with defaults; `--set name=value` on the command line. */
import { fail } from "../diagnostics/diagnostic.ts";

/** One of a few values; the first is the default. */
export interface OneOf<V extends string | number> {
  readonly kind: "one-of";
  readonly values: readonly V[];
}

/** A number that may be left out. */
export interface OptionalNumber {
  readonly kind: "optional-number";
}

/** A default value, which also says the type, or a choice. */
type SettingSpec = boolean | number | string | OneOf<string | number> | OptionalNumber;
export type SettingSpecs = Readonly<Record<string, SettingSpec>>;
export type SettingValue = boolean | number | string | undefined;

type ValueOf<S> =
  S extends OneOf<infer V>
    ? V
    : S extends OptionalNumber
      ? number | undefined
      : S extends boolean
        ? boolean
        : S extends number
          ? number
          : string;

/** The values that a model gets for its settings. Every model has `training`, false unless set. */
export type SettingsOf<S extends SettingSpecs> = { readonly [K in keyof S]: ValueOf<S[K]> } & {
  readonly training: boolean;
};

export function oneOf<const V extends readonly [string | number, ...(string | number)[]]>(
  ...values: V
): OneOf<V[number]> {
  return { kind: "one-of", values };
}

export const optionalNumber: OptionalNumber = { kind: "optional-number" };

/** The settings of `specs` with those `given`, as values or as text. Error: model-setting. */
export function resolveSettings(
  specs: SettingSpecs,
  given: Readonly<Record<string, SettingValue>>,
): Record<string, SettingValue> {
  const all: SettingSpecs = { training: false, ...specs };
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(all, name))
      fail("model-setting", {
        setting: name,
        problem: `is unknown; there are: ${Object.keys(all).join(", ")}`,
      });
  }
  const values: Record<string, SettingValue> = {};
  for (const [name, spec] of Object.entries(all)) {
    const value = given[name];
    values[name] = value === undefined ? defaultOf(spec) : checkedSetting(name, spec, value);
  }
  return values;
}

function defaultOf(spec: SettingSpec): SettingValue {
  if (typeof spec !== "object") return spec;
  return spec.kind === "one-of" ? spec.values[0] : undefined;
}

function checkedSetting(name: string, spec: SettingSpec, value: boolean | number | string): SettingValue {
  const wrong = (expected: string): never =>
    fail("model-setting", { setting: name, problem: `is ${value}; it must be ${expected}` });
  if (typeof spec === "object" && spec.kind === "one-of") {
    return (
      spec.values.find((allowed) => String(allowed) === String(value)) ??
      wrong(`one of ${spec.values.join(", ")}`)
    );
  }
  switch (typeof spec) {
    case "boolean":
      return String(value) === "true" ? true : String(value) === "false" ? false : wrong("true or false");
    case "string":
      return String(value);
    default: {
      const n = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
      return typeof n === "number" && Number.isFinite(n) ? n : wrong("a number");
    }
  }
}
