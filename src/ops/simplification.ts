/** What a simplification is; `simplify.ts` and the files beside it have the rules, `canonicalize` applies them. */
import type { Attributes, RandomRecipe } from "../ir/graph.ts";
import type { TensorData } from "../ir/tensor-data.ts";
import type { TensorType, ValueType } from "../ir/types.ts";
import type { Call } from "./call.ts";
import type { Emitter } from "./contract.ts";

/** Builds what replaces a call. */
export interface SimplifyEmitter extends Emitter {
  random(type: TensorType, recipe: RandomRecipe): string;
}

export type Simplification =
  /** The first output is this input; there is no other output in use. */
  | { readonly kind: "forward"; readonly input: number }
  /** The first output is this value, which an input holds; there is no other output in use. */
  | { readonly kind: "value"; readonly value: string }
  | { readonly kind: "constant"; readonly data: TensorData }
  | { readonly kind: "attributes"; readonly attributes: Attributes }
  | {
      readonly kind: "emit";
      readonly build: (g: SimplifyEmitter, inputs: readonly (string | null)[]) => readonly string[];
    }
  /** As `emit`, from the call's regions. The results may be values that are there already. */
  | {
      readonly kind: "inline";
      readonly build: (
        g: SimplifyEmitter,
        inputs: readonly (string | null)[],
        inline: InlineRegion,
      ) => readonly string[];
    };

/** Puts the nodes of a region here, with these values for its inputs; gives the values that are its results. */
export type InlineRegion = (region: string, inputs: readonly string[]) => readonly string[];

export interface SimplifyContext {
  /** Types of the outputs. */
  readonly types: readonly ValueType[];
  /** Whether each output is used. */
  readonly used: readonly boolean[];
  /** Whether the model's layout hints are obeyed. */
  readonly hints: boolean;
}

export type Rule = (call: Call, context: SimplifyContext) => Simplification | undefined;
