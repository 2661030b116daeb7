/**
 * A segment as a list of prepared calls. Values that nothing uses any more are freed at once: tfjs collects no garbage.
 */
import type { Graph, Node } from "../../src/ir/graph.ts";
import type { TensorData } from "../../src/ir/tensor-data.ts";
import { printType, type TensorType } from "../../src/ir/types.ts";
import { Call } from "../../src/ops/call.ts";
import { dense } from "../../src/ops/dense.ts";
import { evaluateNode, toTensorData } from "../../src/ops/interpret.ts";
import { invariant, present } from "../../src/support/assert.ts";
import { arraysEqual, at } from "../../src/support/collections.ts";
import { isTensor, type Value } from "./elements.ts";
import { heldAs, type KernelContext, type Run, type Tensor, type Tf } from "./kernel.ts";
import { kernels } from "./kernels/table.ts";
import { lower } from "./lower.ts";
import { refusalOf, runsOnHost } from "./refusal.ts";

export interface Program {
  /** Gives new values for those of the inputs that were not bound, in order; the inputs stay the caller's. */
  run(inputs: readonly Value[]): Promise<Value[]>;
  /** Frees what the program holds. */
  release(): void;
}

export interface ProgramOptions {
  readonly tf: Tf;
  /** The backend, for messages. */
  readonly backend: string;
  /** Kernels that tfjs's backend has. */
  readonly registered: ReadonlySet<string>;
  /** A value that the program owns. */
  upload(data: TensorData): Value;
}

interface Step {
  readonly node: Node;
  /** Absent: the call is computed on the host. */
  readonly run?: Run;
  readonly inputs: readonly (number | undefined)[];
  readonly inputTypes: readonly (TensorType | undefined)[];
  readonly outputs: readonly number[];
  readonly types: readonly TensorType[];
  /** Values that are used here for the last time. */
  readonly dying: readonly number[];
}

/** `bound` gives inputs that never change. Errors: kernel-missing, unsupported-dtype. */
export function compileProgram(
  source: Graph,
  bound: ReadonlyMap<string, Value>,
  options: ProgramOptions,
): Program {
  const { tf, backend, registered, upload } = options;
  const graph = lower(source, backend, refusalOf(registered));
  const kept: Tensor[] = [...bound.values()].filter(isTensor);
  const keep = <V extends Value>(value: V): V => {
    if (isTensor(value)) kept.push(value);
    return value;
  };
  const positions = new Map<string, number>();
  const place = (name: string): number => {
    const known = positions.get(name) ?? positions.size;
    positions.set(name, known);
    return known;
  };
  const constants = constantsOf(graph);
  const held = new Map<number, Value>();
  for (const [name, value] of bound) held.set(place(name), value);
  /** The place of a value that is used; a constant is uploaded for its first use. */
  const used = (name: string): number => {
    const position = place(name);
    const data = constants.get(name);
    if (data !== undefined && !held.has(position)) held.set(position, keep(upload(data)));
    return position;
  };
  const typeOf = (name: string) => present(graph.values.get(name), "unknown value", () => name).type;

  const lastUse = new Map<number, number>();
  const drafts = graph.nodes.map((node, index): Omit<Step, "dying"> => {
    const call = Call.of(node, typeOf, (name) => constants.get(name));
    const types = node.outputs.map((name) => typeOf(name) as TensorType);
    const onHost = runsOnHost(call, types);
    const kernel = onHost ? undefined : present(kernels.get(node.op), "call without a kernel", () => node.op);
    const context: KernelContext = {
      tf,
      call,
      outputs: types,
      ints: (values, shape = [values.length]) =>
        keep(tf.tensor(Int32Array.from(values), [...shape], "int32")),
      floats: (values, shape = [values.length]) =>
        keep(tf.tensor(Float32Array.from(values), [...shape], "float32")),
    };
    const inputs = node.inputs.map((name, i) =>
      name === null || kernel?.known?.includes(i) === true ? undefined : used(name),
    );
    const outputs = node.outputs.map(place);
    for (const value of [...inputs, ...outputs]) if (value !== undefined) lastUse.set(value, index);
    return {
      node,
      inputs,
      inputTypes: node.inputs.map((name) => (name === null ? undefined : (typeOf(name) as TensorType))),
      outputs,
      types,
      ...(kernel === undefined ? {} : { run: kernel.prepare(context) }),
    };
  });
  const results = graph.outputs.map(({ value }) => used(value));
  const fed = graph.sources.flatMap(({ value }) =>
    bound.has(value) || constants.has(value) ? [] : [place(value)],
  );
  const outside = new Set([...held.keys(), ...fed]);
  const steps = drafts.map((draft) => ({ ...draft, dying: [] as number[] }));
  for (const [value, index] of lastUse)
    if (!outside.has(value) && !results.includes(value)) at(steps, index).dying.push(value);

  return {
    async run(inputs) {
      const values: (Value | undefined)[] = [];
      for (const [position, value] of held) values[position] = value;
      fed.forEach((position, i) => (values[position] = inputs[i]));
      for (const step of steps) {
        if (step.run === undefined) await computeOnHost(step, values, upload);
        else runStep(tf, step, step.run, values);
        for (const position of step.dying) {
          const value = values[position];
          if (value !== undefined && isTensor(value)) value.dispose();
          values[position] = undefined;
        }
      }
      const given = new Set<number>();
      return results.map((position) => {
        const value = present(values[position], "result that nothing makes");
        const isOwn = !outside.has(position) && !given.has(position);
        given.add(position);
        return isOwn || !isTensor(value) ? value : tf.clone(value);
      });
    },
    release() {
      for (const tensor of kept) tensor.dispose();
    },
  };
}

/** What the graph holds itself. */
function constantsOf(graph: Graph): ReadonlyMap<string, TensorData> {
  const constants = new Map<string, TensorData>();
  for (const source of graph.sources) {
    if (source.kind === "constant") constants.set(source.value, source.data);
    if (source.kind === "parameter" && source.initializer.kind === "inline")
      constants.set(source.value, source.initializer.data);
  }
  return constants;
}

const nameOf = ({ node }: Step): string => `${node.op} (${node.name})`;

function runStep(tf: Tf, step: Step, run: Run, values: (Value | undefined)[]): void {
  const { inputs, outputs, types } = step;
  const given = inputs.map((position) => (position === undefined ? undefined : values[position]) as Tensor);
  let made: Tensor[];
  try {
    made = tf.tidy(() => {
      const result = run(...given);
      const list = Array.isArray(result) ? (result as readonly Tensor[]) : [result as Tensor];
      return list
        .slice(0, outputs.length)
        .map((tensor) => (given.includes(tensor) ? tf.clone(tensor) : tensor));
    });
  } catch (error) {
    throw new Error(`${nameOf(step)}: ${(error as Error).message}`, { cause: error });
  }
  outputs.forEach((position, i) => {
    const tensor = present(made[i], "kernel gives too few results", () => nameOf(step));
    const type = at(types, i);
    invariant(
      tensor.dtype === heldAs(type.dtype) && arraysEqual<unknown>(tensor.shape, type.shape),
      "kernel gives another type",
      () => `${nameOf(step)}: ${tensor.dtype}[${tensor.shape.join(", ")}] instead of ${printType(type)}`,
    );
    values[position] = tensor;
  });
}

/** The meaning of the operator, in f64. */
async function computeOnHost(
  { node, inputs, inputTypes, outputs }: Step,
  values: (Value | undefined)[],
  upload: ProgramOptions["upload"],
): Promise<void> {
  const given = await Promise.all(
    inputs.map(async (position, i) => {
      const value = position === undefined ? undefined : values[position];
      if (value === undefined) return null;
      if (!isTensor(value)) return value;
      return dense(inputTypes[i]?.dtype ?? "f32", value.shape, await value.data());
    }),
  );
  evaluateNode(node, given).forEach((result, i) => {
    values[at(outputs, i)] = upload(toTensorData(result));
  });
}
