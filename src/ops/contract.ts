/**
 * What one operator is: a single declaration from which everything else follows.
 *
 * An axes rule with its partial rules gives output shapes, shape errors, signatures and point counts. Irregular operators
 * state what the rule cannot say (`infer`, `signatures`). `localize` says what one device runs where that is not simply the
 * same operator on the shards; `forms` are layouts that need communication inside; `evaluate` is the meaning, plain and
 * slow, on small f64 arrays. What cannot be split says why (`whole`). No pass ever switches on an operator's name.
 */
import type { Mesh, NdSbp } from "../ir/layout.ts";
import type { Attributes, Node, NodeSignature } from "../ir/graph.ts";
import type { DataType, TensorType, ValueType } from "../ir/types.ts";
import type { TensorData } from "../ir/tensor-data.ts";
import type { PartialRules, ResolvedRule, Signature, UnitsOf } from "../sbp/signature.ts";
import type { Box } from "../sbp/geometry.ts";
import type { Call, Item } from "./call.ts";

/**
 * A small dense array for `evaluate`: row-major f64 whatever its `dtype` (bool as 0 and 1, i64 as whole numbers, strings as
 * numbers that stand for them, see `texts.ts`: equal ones are equal, their order says nothing).
 */
export interface Dense {
  readonly dtype: DataType;
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

/** A sequence, or an optional, which has one item or none. */
export interface Items {
  readonly type: Exclude<ValueType, TensorType>;
  readonly items: readonly Datum[];
}

/** What flows between operators. */
export type Datum = Dense | Items;

/** Adds nodes to a graph under construction; types are inferred. */
export interface Emitter {
  /** Adds a node with one output; gives the value's name. `inputs` are value names, null for an absent one. */
  op(op: string, inputs: readonly (string | null)[], attributes?: Attributes): string;
  /** As `op`, for several outputs. */
  ops(op: string, inputs: readonly (string | null)[], attributes: Attributes, outputs: number): string[];
  constant(data: TensorData): string;
  /** i64 constant: a vector, or a scalar for a plain number. */
  ints(values: readonly number[] | number): string;
  /** A scalar constant of `dtype`. */
  scalar(dtype: DataType, value: number): string;
  type(value: string): TensorType;
}

/** What `localize` is given: one class of devices, all with the same local shapes. */
export interface LocalizeContext {
  /** Emits into the device's graph: types are local, and names of values are local ones. */
  readonly g: Emitter;
  /** The call with its global types and constants. */
  readonly call: Call;
  readonly mesh: Mesh;
  readonly signature: NodeSignature;
  /** Local values of the inputs, in the layouts of `signature`. */
  readonly inputs: readonly (string | null)[];
  /** Local output types that the result must have. */
  readonly outputTypes: readonly TensorType[];
  /** Global types of the outputs. */
  readonly globalOutputTypes: readonly TensorType[];
  /** The devices of the class. */
  devices(): readonly DeviceView[];
  /**
   * i64 values that may differ per device of the class: `compute` gets a device's mesh coordinates and its boxes of
   * the inputs and outputs (null where an input is absent). A scalar where `compute` returns a plain number. Where
   * it is the same on all devices this is a constant.
   */
  perDevice(compute: (device: DeviceView) => readonly number[] | number): string;
}

export interface DeviceView {
  readonly coordinates: readonly number[];
  readonly inputs: readonly (Box | null)[];
  readonly outputs: readonly Box[];
}

/** A distributed form: the signature's outputs need communication inside. */
export interface DistributedForm {
  /** e.g. `class-split`. */
  readonly name: string;
  /** Layouts on the mesh axis that it communicates over. */
  readonly signature: Signature;
  /**
   * Rebuilds the operator from others on whole tensors. `gather(value)` marks a value whose partial components must
   * become broadcast there (a boxing is put in); every other layout follows from the inputs' by plain signatures.
   */
  build(g: FormEmitter, inputs: readonly (string | null)[], call: Call): readonly string[];
}

export interface FormEmitter extends Emitter {
  /** The same value with every partial component reduced to broadcast. */
  gather(value: string): string;
  layout(value: string): NdSbp;
}

/** Elements `start … start + length - 1` along a tensor axis. */
export interface AxisRange {
  readonly axis: number;
  readonly start: number;
  readonly length: number;
}

/** A range that an output holds; `drops`: the axis, of length 1, is not there any more. */
export interface TakenRange extends AxisRange {
  readonly drops?: true;
}

/** How an operator makes only a range of its output. */
export interface Narrowing {
  /** The range of each input that it needs for that; null: the whole input. */
  readonly inputs: readonly (AxisRange | null)[];
  /** What makes it out of the narrowed inputs. Default: the same operator with the same attributes. */
  readonly emit?: (g: Emitter, inputs: readonly (string | null)[]) => string;
}

export interface EvaluateContext {
  readonly call: Call;
  readonly inputs: readonly (Dense | null)[];
}

/** As `EvaluateContext`, where sequences, optionals or regions take part. */
export interface DataContext {
  readonly call: Call;
  readonly inputs: readonly (Datum | null)[];
  /** Runs a region on values for its inputs; what it captures it has from around it. */
  run(region: string, inputs: readonly Datum[]): readonly Datum[];
}

/** What a gradient rule is given: one call of the forward pass, and the graph that its gradient is emitted into. */
export interface GradientContext {
  readonly g: Emitter;
  readonly call: Call;
  readonly inputs: readonly (string | null)[];
  /** Gradients of the outputs, of their types; null where the result does not depend on the output. Never all null. */
  readonly gradients: readonly (string | null)[];
  /** Which inputs' gradients are asked for: what serves none of these is not emitted. */
  readonly wanted: readonly boolean[];
  /** Output `index` of the forward call: an optional one that the call did not ask for is added to it. */
  output(index: number): string;
  /** Reports that this call, other than others of the operator, has no gradient. `reason` as that of `none`. */
  refuse(reason: string): never;
}

/**
 * Reverse-mode derivative: what the gradient of a scalar with respect to the inputs is, given that with respect to the outputs.
 *
 * A function emits ordinary operators and gives one value per input, of the input's type: null where the gradient is zero
 * everywhere or not asked for. `expand`: the call is differentiated as this composition of other operators, which takes its place.
 * `none`: why it has no gradient; a path through it is an error.
 */
export type Gradient =
  | ((context: GradientContext) => readonly (string | null)[])
  | {
      readonly expand: (g: Emitter, inputs: readonly (string | null)[], call: Call) => readonly string[];
      /** Why this call, other than others of the operator, has no composition; a reason as that of `none`. */
      readonly unless?: (call: Call) => string | undefined;
    }
  | { readonly none: string };

/** How many items a mean is over: labels that are not ignored, or the sum of what they weigh. */
export interface ItemCount {
  /** Inputs that it follows from: equal ones give equal numbers under equal attributes. */
  readonly by: readonly number[];
  /** Emits the number, a scalar of the result's type. */
  readonly emit: (g: Emitter, inputs: readonly (string | null)[]) => string;
}

export interface OpDeclaration {
  /** With its domain where it is not ONNX's own: `sbpc.Boxing`. */
  readonly name: string;
  /** One sentence. */
  readonly doc: string;
  /** Lowest opset in which it has the meaning given here (of ai.onnx; 1 for other domains). */
  readonly since: number;
  /** The same for one call, where inputs or attributes that it uses came later. */
  readonly sinceFor?: (
    node: Pick<Node, "attributes" | "inputs">,
    dtypes: readonly (DataType | undefined)[],
  ) => number;
  /** Smallest and largest number of inputs. */
  readonly inputs: readonly [number, number];
  /** Number of outputs; a function where attributes or uses decide. Default 1. */
  readonly outputs?: number | ((call: Call) => number);
  /**
   * The axes rule: `"... m k, ... k n -> ... m n"`. Axis marks: `!j` stays whole, `1` has size one, `...` stands for leading
   * axes aligned from the right, where size 1 broadcasts. A function where attributes or ranks decide.
   */
  readonly axes?: string | ((call: Call) => string | ResolvedRule);
  readonly partials?: PartialRules | ((call: Call) => PartialRules);
  /** Output element types. Default: that of the first present input, for every output. */
  readonly dtypes?: (call: Call) => readonly DataType[];
  /** Output types where the axes rule cannot say them. Reports errors through `call.fail`. */
  readonly infer?: (call: Call) => readonly ValueType[];
  /** Further or other signatures than the derived ones, which it is given. One mesh axis of `devices` devices. */
  readonly signatures?: (
    call: Call,
    derived: readonly Signature[],
    context: SignatureContext,
  ) => readonly Signature[];
  readonly forms?: (call: Call, context: SignatureContext) => readonly DistributedForm[];
  /** Why it has no split signature at all, for operators that cannot be split. */
  readonly whole?: string;
  /**
   * Floating-point operations of a call with these (global or local) types. `outputs`: a device's own output types, where they
   * need not be what `infer` says of its inputs. Default 0: data movement.
   */
  readonly flops?: (call: Call, outputs?: readonly (ValueType | null)[]) => number;
  /** What one device runs; gives the outputs' local values. Default: the same operator on the local inputs. */
  readonly localize?: (context: LocalizeContext) => readonly string[];
  /**
   * How a range of the only output is made from ranges of the inputs; undefined where it is not. Default: by the axes rule,
   * where what one device runs is the same operator.
   */
  readonly narrow?: (call: Call, range: AxisRange) => Narrowing | undefined;
  /** For operators that cut one axis: the range of the first input that each output is. Undefined where it is none. */
  readonly takes?: (call: Call) => readonly TakenRange[] | undefined;
  /** Its derivative, or why it has none. */
  readonly gradient?: Gradient;
  /**
   * For losses whose first output is a mean over items that data count: what counts them. Means of parts of a batch add up to that
   * of the whole weighted by it. Undefined for a call that is no mean, or one over as many items whatever the data are.
   */
  readonly meanOver?: (call: Call) => ItemCount | undefined;
  /**
   * For means over samples: the call over some samples alone. `kept(index)` says which elements of input `index`, along whose axis
   * samples lie, belong to these: a bool that broadcasts to it. Undefined for a call that is no mean.
   */
  readonly among?: (
    g: Emitter,
    inputs: readonly (string | null)[],
    call: Call,
    kept: (input: number) => string,
  ) => readonly string[] | undefined;
  /** Inputs that describe data seen before: training does not descend along them, whatever their derivative is. */
  readonly statistics?: readonly number[];
  /**
   * What it computes in under mixed precision: `half` for products, `full` for sums, norms and losses. Default: in what its inputs
   * are in.
   */
  readonly mixed?: "half" | "full";
  /** Inputs taken in the very layout in which they are held: never boxed on the way. */
  readonly asHeld?: readonly number[];
  /** The meaning. Absent, as `evaluateData`, only where every call draws or `unevaluated` says why. */
  readonly evaluate?: (context: EvaluateContext) => readonly Dense[];
  /** In place of `evaluate` for operators on sequences and optionals, and for those with regions. */
  readonly evaluateData?: (context: DataContext) => readonly Datum[];
  /** How often one call runs each of its regions, at most and as far as that is known: their work is the call's. */
  readonly runs?: (call: Call) => Readonly<Record<string, number>>;
  /** What its output, a sequence or optional, is made of, where that is known. `inputs` are the values that it is given. */
  readonly items?: (call: Call, inputs: readonly (string | null)[]) => readonly Item[] | undefined;
  /**
   * Whether a call draws random numbers. Such a call has no value that could be computed here and is not folded;
   * `canonicalize` has to replace it.
   */
  readonly draws?: (call: Call) => boolean;
  /** Why no call has a value that could be computed here. */
  readonly unevaluated?: string;
  /** `evaluate` reads no elements of its inputs, only their shapes: known shapes make the result known. */
  readonly fromShapes?: true;
  /** Inputs whose elements its outputs are made of, each as it is; what other inputs hold says only which and where. */
  readonly moves?: readonly number[] | "all";
  /**
   * The size of numbers that its results are rounded as, however small they are themselves: what kernels compute as a constant
   * plus something is no more exact than the constant.
   */
  readonly roundedAt?: number;
  /** Inputs of which it reads only what its output holds, as Gather its data: what it costs does not grow with them. */
  readonly selects?: readonly number[];
}

export interface SignatureContext {
  /** Devices on the mesh axis. */
  readonly devices: number;
  /** Block sizes worth trying, per tensor axis; see `UnitsOf`. */
  readonly unitsOf: UnitsOf;
}
