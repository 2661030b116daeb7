/** The unsharded model: as it was built, or the file that it was imported from, in one session of the reference backend. */
import { availableParallelism } from "node:os";
import { runWhole } from "../backends/local/run-whole.ts";
import type { Feed } from "../backends/local/whole.ts";
import { placeOf, reference } from "./backends.ts";
import { diagnostic, fail, type Diagnostic } from "./diagnostics/diagnostic.ts";
import { unknownLocation } from "./diagnostics/location.ts";
import { tensorTypeOf, typeOf, type Graph } from "./ir/graph.ts";
import type { TypedArray } from "./ir/tensor-data.ts";
import { knownShape } from "./ir/types.ts";
import { encodeModel } from "./onnx/write.ts";
import type { Plan } from "./plan/plan.ts";
import type { NamedJob } from "./run-job.ts";
import { present } from "./support/assert.ts";

/** The unsharded model runs in one call, in which it cannot say that it is alive: it gets so many times longer. */
const silenceFactor = 10;

/** Seconds without news after which it counts as stuck. */
export function silenceOf(job: Pick<NamedJob, "timeoutSeconds">): number {
  return silenceFactor * job.timeoutSeconds;
}

export interface OriginalModel {
  readonly path: string;
  /** Its inputs that are constants in the plan. */
  readonly fixed: readonly string[];
}

/** `probe`: only whether outputs hold a NaN is wanted. */
export function wholeJob(plan: Plan, graph: Graph, job: NamedJob, probe: boolean) {
  const feeds = graph.sources.flatMap((source): Feed[] => {
    if (source.kind === "constant" || source.kind === "rank") return [];
    const name = source.value;
    const type = tensorTypeOf(graph, name);
    const base = { name, dtype: type.dtype, shape: knownShape(type) };
    switch (source.kind) {
      case "parameter":
        return [{ ...base, source: { kind: "parameter", initializer: source.initializer } }];
      case "random": {
        // Masks keep their key through the passes, whatever becomes of their names.
        const random = plan.randoms.find(({ recipe }) => recipe.key === source.recipe.key);
        return [
          {
            ...base,
            source: { kind: "random", recipe: source.recipe, batchAxis: random?.batchAxis ?? null },
          },
        ];
      }
      case "input": {
        const given = present(job.inputs.get(name), "input without a recipe", () => name);
        if (!("kind" in given)) return [{ ...base, source: { kind: "tensor", tensor: given } }];
        if (given.kind === "fed") return fail("bad-input", { name, problem: "has no elements of a step" });
        const batchAxis = plan.inputs.find((input) => input.name === name)?.batchAxis ?? null;
        return [{ ...base, source: { kind: "input", recipe: given, batchAxis } }];
      }
    }
  });
  return {
    model: encodeModel(graph),
    feeds,
    backend: placeOf().url,
    backendOptions: { device: reference.device, threads: availableParallelism() },
    seed: job.seed,
    step: job.firstStep ?? 0,
    randomized: job.randomized,
    base: job.base,
    probe,
  };
}

/** The job on the file itself: with its own weights, fed what the plan's devices are fed and what was fixed. */
export function originalJob(job: ReturnType<typeof wholeJob>, graph: Graph, { path, fixed }: OriginalModel) {
  const given = job.feeds.filter(({ source }) => source.kind === "tensor" || source.kind === "input");
  const constants = graph.sources.flatMap((source): Feed[] => {
    if (source.kind !== "constant" || !fixed.includes(source.value)) return [];
    const { dtype, shape, data } = source.data;
    if (dtype === "string")
      return fail("unsupported-dtype", { backend: "verify", dtype, value: source.value });
    return [
      {
        name: source.value,
        dtype,
        shape,
        source: { kind: "tensor", tensor: { dtype, shape, data: data as TypedArray } },
      },
    ];
  });
  return { ...job, model: path, feeds: [...given, ...constants] };
}

/** Runs the unsharded model with every value exposed; `affected` is the output that was seen to hold a NaN. */
export async function probeNaN(
  plan: Plan,
  graph: Graph,
  job: NamedJob,
  affected: string,
): Promise<{ readonly node?: string; readonly diagnostic: Diagnostic }> {
  const values = graph.nodes.flatMap((node) =>
    node.outputs.filter((name) => typeOf(graph, name).kind === "tensor"),
  );
  const exposed: Graph = { ...graph, outputs: values.map((value) => ({ name: value, value })) };
  const probe = wholeJob(plan, exposed, job, true);
  const { nans, inputNans } = await runWhole(probe, silenceOf(job));
  const bad = new Set(values.filter((_, i) => nans[i] === true));
  const source = probe.feeds.find((_, i) => inputNans[i] === true)?.name;
  if (source !== undefined) {
    const location = graph.sources.find(({ value }) => value === source)?.location ?? unknownLocation;
    return {
      diagnostic: diagnostic(
        "not-a-number",
        { value: affected, node: `nobody: ${source} itself holds one` },
        location,
      ),
    };
  }
  const node = graph.nodes.find(({ outputs }) => outputs.some((name) => bad.has(name)));
  if (node === undefined)
    return {
      diagnostic: diagnostic("not-a-number", { value: affected, node: "an operator that gives no tensor" }),
    };
  return {
    node: node.name,
    diagnostic: diagnostic(
      "not-a-number",
      { value: affected, node: `${node.name} (${node.op})` },
      node.location,
    ),
  };
}
