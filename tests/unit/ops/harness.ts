/** Signatures checked by execution: a call run on simulated devices in the layouts of a signature, against the whole. */
import { unknownLocation } from "../../../src/diagnostics/location.ts";
import { GraphBuilder } from "../../../src/ir/builder.ts";
import type { Graph, Node, NodeSignature } from "../../../src/ir/graph.ts";
import type { Mesh, NdSbp, Sbp } from "../../../src/ir/layout.ts";
import { tensorData } from "../../../src/ir/tensor-data.ts";
import { isStatic, knownShape, tensorType, type DataType, type TensorType } from "../../../src/ir/types.ts";
import { Call } from "../../../src/ops/call.ts";
import type { Dense } from "../../../src/ops/contract.ts";
import type { OpDefinition } from "../../../src/ops/define.ts";
import { expandForm, printNodeSignature } from "../../../src/ops/forms.ts";
import { evaluateNode } from "../../../src/ops/interpret.ts";
import { findOp } from "../../../src/ops/registry.ts";
import { assemble, close } from "../../../src/ops/shards.ts";
import { isSplittable, normalizeLayout } from "../../../src/sbp/geometry.ts";
import type { Signature } from "../../../src/sbp/signature.ts";
import { present } from "../../../src/support/assert.ts";
import { range } from "../../../src/support/collections.ts";
import { executeSharded, type Shards, type ShardedOptions } from "../../support/sharded.ts";
import type { OpCase } from "./case.ts";
import { drawInputs, place, randomFrom, type TermKind } from "./placed-data.ts";

/**
 * Differences allowed, relative to the larger magnitude or 1; what `localize` and forms emit may hold constants rounded to f32.
 */
export const tolerance = 1e-6;

/** The same for a type whose constants are rounded more. */
function toleranceOf(dtype: DataType): number {
  return dtype === "f16" ? 2 ** -11 : dtype === "bf16" ? 2 ** -8 : tolerance;
}

export interface Prepared {
  readonly opCase: OpCase;
  readonly text: string;
  readonly definition: OpDefinition;
  readonly node: Node;
  readonly call: Call;
  readonly inputTypes: readonly (TensorType | null)[];
  readonly outputTypes: readonly TensorType[];
  /** Data in place of what `opCase` says; round 2 leaves its range. */
  readonly draw?: (random: () => number, round: number) => readonly (Dense | null)[];
}

/** Whole inputs for a round: a case is drawn from its range, in round 2 from beyond it. */
export function inputsOf(prepared: Prepared, random: () => number, round: number): readonly (Dense | null)[] {
  return prepared.draw?.(random, round) ?? drawInputs(prepared, random, round === 2);
}

interface CheckOptions extends ShardedOptions {
  /** Absolute difference allowed besides. Default 0. */
  readonly slack?: number;
  /** What is wrong with a whole output, besides that it must be what the operator means. */
  readonly judge?: (output: number, whole: Dense) => string | undefined;
}

export function prepare(
  opCase: OpCase,
  definition: OpDefinition = present(findOp(opCase.op), "undeclared operator", () => opCase.op),
): Prepared {
  const inputs = opCase.inputs.map((input, i) => (input === null ? null : `x${i}`));
  const node: Node = {
    name: "node",
    op: opCase.op,
    inputs,
    outputs: range(opCase.outputs ?? 1).map((i) => `y${i}`),
    attributes: opCase.attributes ?? {},
    location: unknownLocation,
    module: "",
  };
  const inputTypes = opCase.inputs.map((input) =>
    input === null ? null : tensorType(input.dtype, input.shape),
  );
  const { op, name, location, attributes } = node;
  const call = new Call({
    op,
    name,
    location,
    attributes,
    inputs: inputTypes,
    constants: (i) => {
      const input = opCase.inputs[i];
      return input?.constant === undefined ? undefined : tensorData(input.dtype, input.shape, input.constant);
    },
    outputs: node.outputs.length,
  });
  const outputTypes = definition.infer(call).slice(0, node.outputs.length) as readonly TensorType[];
  return { opCase, text: caseText(opCase), definition, node, call, inputTypes, outputTypes };
}

export function caseText(opCase: OpCase): string {
  const inputs = opCase.inputs.map((input) => {
    if (input === null) return "-";
    return `${input.dtype}[${input.shape.join()}]${input.constant === undefined ? "" : `=${input.constant.join(" ")}`}`;
  });
  const attributes = JSON.stringify(opCase.attributes ?? {}, (_, value: unknown) =>
    typeof value === "bigint" ? Number(value) : value,
  );
  return `${opCase.op}(${inputs.join(", ")})${attributes === "{}" ? "" : ` ${attributes}`}`;
}

export function meshOf(...sizes: number[]): Mesh {
  return { axes: sizes.map((size, i) => ({ name: "abc"[i] as string, size })), stages: 1 };
}

/** The case as a graph of one node with this signature. */
export function graphOf(prepared: Prepared, signature: NodeSignature): Graph {
  const { opCase, node, inputTypes, outputTypes, call } = prepared;
  const builder = new GraphBuilder(opCase.op);
  node.inputs.forEach((name, i) => {
    if (name === null) return;
    const data = call.constant(i);
    const source = { value: name, location: unknownLocation };
    const value = { name, type: inputTypes[i] as TensorType, layout: signature.inputs[i] as NdSbp };
    builder.addSource(
      data === undefined ? { kind: "input", ...source } : { kind: "constant", ...source, data },
      value,
    );
  });
  builder.addNode(
    { ...node, signature },
    node.outputs.map((name, i) => ({
      name,
      type: outputTypes[i] as TensorType,
      layout: signature.outputs[i] as NdSbp,
    })),
  );
  return builder.finish(node.outputs.map((value) => ({ name: value, value })));
}

/** The call executed in the layouts of `signature` (or its form) against the whole: what differs, or undefined. */
export function checkSignature(
  prepared: Prepared,
  signature: NodeSignature,
  mesh: Mesh,
  kind: TermKind,
  seed: string,
  { judge, slack = 0, ...options }: CheckOptions = {},
): string | undefined {
  const random = randomFrom(`${prepared.text} ${seed}`);
  const inputs = inputsOf(prepared, random, 0);
  const expected = evaluateNode(prepared.node, inputs);
  const shardsOf = (i: number) => place(inputs[i] as Dense, signature.inputs[i] as NdSbp, mesh, kind, random);
  try {
    const { graph, names, outputs } = graphFor(prepared, signature, mesh);
    const feeds = new Map(names.flatMap((name, i) => (name === null ? [] : [[name, shardsOf(i)] as const])));
    const own = (op: string) => (op === prepared.node.op ? prepared.definition : findOp(op));
    const values = executeSharded(graph, mesh, feeds, { operators: own, ...options });
    for (const [i, name] of outputs.entries()) {
      const shards = values.get(name) as Shards;
      const whole = assemble(
        shards,
        knownShape(prepared.outputTypes[i] as TensorType),
        signature.outputs[i] as NdSbp,
        mesh,
        { tolerance },
      );
      if (whole === undefined) return `output ${i} is not laid out as ${printNodeSignature(signature)} says`;
      const at = whole.data.findIndex((x, k) => {
        const wanted = expected[i]?.data[k] as number;
        return !close(x, wanted, toleranceOf(whole.dtype)) && !(Math.abs(x - wanted) <= slack);
      });
      if (at >= 0) return `output ${i}[${at}] is ${whole.data[at]} instead of ${expected[i]?.data[at]}`;
      const judged = judge?.(i, whole);
      if (judged !== undefined) return judged;
    }
    return undefined;
  } catch (error) {
    return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  }
}

function graphFor(prepared: Prepared, signature: NodeSignature, mesh: Mesh) {
  if (signature.form === undefined)
    return {
      graph: graphOf(prepared, signature),
      names: prepared.node.inputs,
      outputs: prepared.node.outputs,
    };
  const expansion = present(expandForm({ ...prepared, signature, mesh }), "form cannot be expanded", () =>
    printNodeSignature(signature),
  );
  return { graph: expansion.graph, names: expansion.inputs, outputs: expansion.outputs };
}

/** The block sizes that signatures are asked for. */
const unitsOf = () => [1, 2];

/** Whether every output has its shape from the inputs' shapes; otherwise it can only run whole. */
export function hasStaticOutputs({ outputTypes }: Prepared): boolean {
  return outputTypes.every(isStatic);
}

export function listedSignatures({ definition, call }: Prepared, devices: number): readonly Signature[] {
  return definition.signatures(call, { devices, unitsOf });
}

export function listedForms({ definition, call }: Prepared, devices: number): readonly Signature[] {
  return definition.forms(call, { devices, unitsOf }).map((form) => ({ ...form.signature, form: form.name }));
}

/** Signatures for single mesh axes put together; undefined where a tensor cannot be split as deep or mixes reductions. */
export function combine(
  prepared: Prepared,
  perAxis: readonly Signature[],
  mesh: Mesh,
): NodeSignature | undefined {
  const layoutOf = (
    type: TensorType | null | undefined,
    components: readonly (Sbp | null)[],
  ): NdSbp | null | undefined => {
    if (type == null || components.includes(null)) return null;
    const layout = components as readonly Sbp[];
    if (new Set(layout.flatMap((sbp) => (sbp.kind === "P" ? [sbp.reduce] : []))).size > 1) return undefined;
    return isSplittable(knownShape(type), layout, mesh)
      ? normalizeLayout(knownShape(type), layout, mesh)
      : undefined;
  };
  const inputs = prepared.inputTypes.map((type, i) =>
    layoutOf(
      type,
      perAxis.map((signature) => signature.inputs[i] ?? null),
    ),
  );
  const outputs = prepared.outputTypes.map((type, i) =>
    layoutOf(
      type,
      perAxis.map((signature) => signature.outputs[i] as Sbp),
    ),
  );
  if (inputs.includes(undefined) || outputs.some((layout) => layout == null)) return undefined;
  const form = perAxis.find((signature) => signature.form !== undefined)?.form;
  return {
    inputs: inputs as (NdSbp | null)[],
    outputs: outputs as NdSbp[],
    ...(form === undefined ? {} : { form }),
  };
}
