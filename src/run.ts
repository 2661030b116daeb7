/** Runs a plan on local devices, and verifies one against the unsharded model. */
import { availableParallelism, freemem } from "node:os";
import type { FedInput } from "../backends/local/feed.ts";
import type { Fault, GroupJob, DeviceReport, StepTimes } from "../backends/local/job.ts";
import { runWhole, type WholeResult } from "../backends/local/run-whole.ts";
import { runGroup, type GroupHooks, type GroupResult } from "../backends/local/supervisor.ts";
import type { Feed } from "../backends/local/whole.ts";
import { placeOf, printPlace, reference } from "./backends.ts";
import { diagnostic, fail, type Diagnostic } from "./diagnostics/diagnostic.ts";
import { unknownLocation } from "./diagnostics/location.ts";
import { bindGraph } from "./ir/bind.ts";
import type { TypedArray } from "./ir/tensor-data.ts";
import { producers, tensorTypeOf, typeOf, type Graph } from "./ir/graph.ts";
import { deviceCount, devicesPerStage, rankOf } from "./ir/layout.ts";
import type { TracedAction } from "./inspect/trace.ts";
import { withRandomSources } from "./ops/in-place.ts";
import { parseGraph } from "./ir/text/parse.ts";
import { knownShape } from "./ir/types.ts";
import { encodeModel } from "./onnx/write.ts";
import type { HostTensor } from "./plan/backend.ts";
import { compareTensors, holdsNaN, roundedAt } from "./plan/compare.ts";
import { inputRecipes } from "./plan/input-recipe.ts";
import type { Plan } from "./plan/plan.ts";
import type { InputRecipe } from "./plan/random.ts";
import { stagesOfRank } from "./sbp/mesh.ts";
import { baseFolder } from "./weights.ts";
import { present } from "./support/assert.ts";
import { arraysEqual, at, range, sum } from "./support/collections.ts";

export interface RunOptions {
  /** `onnxruntime` (default) or `tfjs`. */
  readonly backend?: string;
  /** `cpu` (default), `wasm`, `webgpu`, `cuda`, where the backend runs there. */
  readonly device?: string;
  readonly steps?: number;
  /** Of parameters, inputs and masks. */
  readonly seed?: number;
  /** Time without progress after which the devices count as stuck. */
  readonly timeoutSeconds?: number;
  /** Plan directory or file that relative paths of weights start from; default: the working directory. */
  readonly base?: string;
  /** Number of the first step: masks, data and the learning rate go by it. Default 0. */
  readonly firstStep?: number;
  /** Inputs that have other elements at every step, and what gives them. */
  readonly fed?: readonly string[];
  /** What the run takes from outside, and gives, while it goes on. */
  readonly hooks?: GroupHooks;
  /** Parameters and states go to `hooks.onTrained` whenever so many steps are done, and after the last. */
  readonly saveEvery?: number;
  /** Whether `hooks.onStep` gets all outputs, not only those that are made once per step. */
  readonly everyStep?: boolean;
  /** Inputs for the whole batch; those that are absent are random. */
  readonly inputs?: ReadonlyMap<string, HostTensor>;
  /** Threads that each device may use; default: the cores dealt to the devices, at least one each. */
  readonly threads?: number;
  readonly onProgress?: (text: string) => void;
  /** Whether devices say when they did what. */
  readonly trace?: boolean;
  /** For tests of supervision. */
  readonly faults?: readonly Fault[];
}

export interface RunResult {
  readonly backend: string;
  readonly ranks: number;
  readonly steps: number;
  /** Whole outputs of the last step. */
  readonly outputs: ReadonlyMap<string, HostTensor>;
  /** Outputs that are made once per step (the loss of a training step), of every step. */
  readonly history: ReadonlyMap<string, readonly HostTensor[]>;
  /** Per boxing, per device of its destination stage: bytes received from other devices in one step. */
  readonly bytes: readonly (readonly number[])[];
  /** Median over the steps after the first three (or all but the first, where there are not as many). */
  readonly stepSeconds: number;
  readonly devices: readonly DeviceTimes[];
  /** Notes on how the segments ran. */
  readonly diagnostics: readonly Diagnostic[];
  /** Every action of every device, where it was asked for. */
  readonly trace?: readonly TracedAction[];
}

/** Seconds are means over the steps that `stepSeconds` counts. */
export interface DeviceTimes {
  readonly rank: number;
  readonly segmentSeconds: number;
  /** Reducing. */
  readonly collectiveSeconds: number;
  readonly copySeconds: number;
  readonly waitSeconds: number;
  /** How many values went from the backend to the host, and the other way, in one step. */
  readonly toHost: number;
  readonly toDevice: number;
  /** Most bytes of buffers between segments that were alive at once, as executed and as planned. */
  readonly peakBytes: number;
  readonly plannedPeakBytes: number;
  readonly parameterBytes: number;
}

export interface VerifyOptions extends Omit<RunOptions, "steps"> {
  /** Largest allowed max|a-b| / max|b|; default by element type. */
  readonly tolerance?: number;
  /** The ONNX file that the plan was compiled from: it is what runs unsharded. */
  readonly original?: OriginalModel;
}

export interface OriginalModel {
  readonly path: string;
  /** Its inputs that are constants in the plan. */
  readonly fixed: readonly string[];
}

export interface VerifiedOutput {
  readonly name: string;
  readonly maxAbsolute: number;
  readonly maxRelative: number;
  readonly allowed: number;
  readonly ok: boolean;
}

export interface VerifyResult {
  readonly ok: boolean;
  readonly backend: string;
  readonly ranks: number;
  readonly outputs: readonly VerifiedOutput[];
  /** The first operator of the unsharded model that makes a NaN, where there is one. */
  readonly firstNaN?: string;
  readonly diagnostics: readonly Diagnostic[];
}

/** Rejects with `worker-failed`, `worker-stuck`, `worker-crashed`, or what the input or the weights lack. */
export async function runPlan(plan: Plan, options: RunOptions = {}): Promise<RunResult> {
  const job = groupJob(plan, sourceGraph(plan), options, false);
  return summarise(plan, job, await runGroup(job, options.onProgress, options.hooks));
}

/**
 * Runs the plan on its devices and the model as it was built in one session of ONNX Runtime on the CPU, with equal random parameters (constants too
 * are made random), inputs and masks, and compares their outputs.
 */
export async function verifyPlan(plan: Plan, options: VerifyOptions = {}): Promise<VerifyResult> {
  const { onProgress = () => undefined } = options;
  const graph = sourceGraph(plan);
  const job = groupJob(plan, graph, options, true);
  onProgress("running the unsharded model");
  const silence = silenceFactor * job.timeoutSeconds;
  const unsharded = wholeJob(plan, graph, job, false);
  const { original, tolerance = toleranceAt(options) } = options;
  const whole = await runWhole(
    original === undefined ? unsharded : originalJob(unsharded, graph, original),
    silence,
  );
  const sharded = await runGroup(job, (text) =>
    onProgress(`running on ${deviceCount(plan.mesh)} devices: ${text}`),
  );

  const diagnostics: Diagnostic[] = [];
  let anyNaN = false;
  const makers = producers(graph);
  const outputs = graph.outputs.map(({ name, value }, index): VerifiedOutput => {
    const expected = present(whole.outputs[index], "the unsharded model lacks an output", () => name);
    const actual = present(sharded.outputs.get(name), "the plan lacks an output", () => name);
    const { hasNaN, ...difference } = compareTensors(actual, expected, tolerance, roundedAt(value, makers));
    anyNaN ||= hasNaN;
    if (!difference.ok && !hasNaN) {
      const details = {
        output: name,
        difference: difference.maxRelative.toExponential(2),
        allowed: difference.allowed.toExponential(0),
      };
      diagnostics.push(diagnostic("verification-failed", details));
    }
    return { name, ...difference };
  });
  diagnostics.push(...sharded.notes);
  const common = { backend: job.backendName, ranks: deviceCount(plan.mesh), outputs };
  if (!anyNaN) return { ok: outputs.every(({ ok }) => ok), ...common, diagnostics };
  onProgress("looking for the first NaN");
  const nan = await findNaN(plan, graph, job, whole, sharded, silence);
  const first = nan.node === undefined ? {} : { firstNaN: nan.node };
  return { ok: false, ...common, ...first, diagnostics: [nan.diagnostic, ...diagnostics] };
}

/** The tolerance of f32 where the plan runs elsewhere than the reference; that of each type by itself otherwise. */
function toleranceAt({ backend, device }: Pick<RunOptions, "backend" | "device">): number | undefined {
  const { tolerance } = placeOf(backend, device);
  return tolerance === placeOf().tolerance ? undefined : tolerance;
}

/** The unsharded model runs in one call, in which it cannot say that it is alive: it gets so many times longer. */
const silenceFactor = 10;
const defaultTimeoutSeconds = 60;
/** Part of the free memory that the devices count on. */
const memoryShare = 0.8;

export interface NamedJob extends GroupJob {
  readonly backendName: string;
}

/** Backends that have no kernels for bf16 on a CPU, nor compute it in f32. */
const withoutBfloat: ReadonlySet<string> = new Set(["onnxruntime"]);

/** The model as it was built, drawing its random numbers from the same sources as the plan. */
export function sourceGraph(plan: Plan): Graph {
  const graph = parseGraph(plan.source, `${plan.model}.graph`);
  return withRandomSources(bindGraph(graph, new Map(Object.entries(plan.options.dims))));
}

export function groupJob(plan: Plan, graph: Graph, options: RunOptions, randomized: boolean): NamedJob {
  const { seed = 0, base, inputs = new Map<string, HostTensor>() } = options;
  const place = placeOf(options.backend, options.device);
  const ranks = deviceCount(plan.mesh);
  if (plan.options.train?.precision === "bf16" && withoutBfloat.has(place.backend))
    fail("unsupported-dtype", {
      backend: place.backend,
      dtype: "bf16",
      value: "the products of a training step (--precision bf16)",
    });
  const known = new Set(graph.sources.flatMap((source) => (source.kind === "input" ? [source.value] : [])));
  for (const [name, tensor] of inputs) {
    if (!known.has(name))
      fail("bad-input", { name, problem: `is none of the model's (${[...known].join(", ")})` });
    const { dtype, shape } = tensorTypeOf(graph, name);
    if (tensor.dtype !== dtype || !arraysEqual<unknown>(tensor.shape, shape)) {
      const problem = `is ${tensor.dtype}[${tensor.shape.join(", ")}], the model takes ${dtype}[${shape.join(", ")}]`;
      fail("bad-input", { name, problem });
    }
  }
  return {
    plan: {
      mesh: plan.mesh,
      stages: plan.stages,
      bodies: plan.bodies,
      boxing: plan.boxing,
      inputs: plan.inputs,
      parameters: plan.parameters,
      randoms: plan.randoms,
      outputs: plan.outputs,
      provenance: plan.provenance,
      microbatches: plan.options.microbatches,
      ...(plan.options.samples === undefined ? {} : { samples: plan.options.samples }),
      ...(plan.options.train === undefined ? {} : { schedule: plan.options.train.schedule }),
    },
    backendName: printPlace(place),
    backend: place.url,
    backendOptions: {
      device: place.device,
      threads: options.threads ?? Math.max(1, Math.floor(availableParallelism() / ranks)),
      memoryBytes: Math.floor((freemem() * memoryShare) / ranks),
    },
    ...(place.processes === true
      ? { processes: true, environments: place.environments?.(ranks) ?? [], ...chosenExchange() }
      : {}),
    steps: options.steps ?? 1,
    seed,
    randomized,
    inputs: new Map<string, HostTensor | InputRecipe | FedInput>([
      ...inputRecipes(graph),
      ...inputs,
      ...(options.fed ?? []).map((name): [string, FedInput] => {
        const type = tensorTypeOf(graph, name);
        return [name, { kind: "fed", dtype: type.dtype, shape: knownShape(type) }];
      }),
    ]),
    ...(options.firstStep === undefined ? {} : { firstStep: options.firstStep }),
    ...(options.saveEvery === undefined ? {} : { saveEvery: options.saveEvery }),
    ...(options.everyStep === true ? { givesEveryStep: true } : {}),
    base: baseFolder(base),
    timeoutSeconds: options.timeoutSeconds ?? defaultTimeoutSeconds,
    faults: options.faults ?? [],
    ...(options.trace === true ? { trace: true } : {}),
  };
}

/** SBPC_EXCHANGE says how processes of devices exchange data; unset, they do as they can. Error: usage. */
function chosenExchange(): Pick<GroupJob, "exchange"> {
  const chosen = process.env["SBPC_EXCHANGE"] ?? "";
  if (chosen === "") return {};
  if (chosen !== "mapped" && chosen !== "sockets")
    fail("usage", { problem: `SBPC_EXCHANGE=${chosen}: use mapped or sockets, or leave it unset.` });
  return { exchange: chosen };
}

// --- the unsharded model

function wholeJob(plan: Plan, graph: Graph, job: NamedJob, probe: boolean) {
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
function originalJob(job: ReturnType<typeof wholeJob>, graph: Graph, { path, fixed }: OriginalModel) {
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

/** The first node of the unsharded model that makes a NaN out of none; the input or parameter that holds one; or neither. */
async function findNaN(
  plan: Plan,
  graph: Graph,
  job: NamedJob,
  whole: WholeResult,
  sharded: GroupResult,
  silence: number,
): Promise<{ readonly node?: string; readonly diagnostic: Diagnostic }> {
  const inShards = (name: string): boolean => {
    const tensor = sharded.outputs.get(name);
    return tensor !== undefined && holdsNaN(tensor);
  };
  const affected =
    graph.outputs.find(({ name }, i) => whole.nans[i] === true || inShards(name))?.name ?? "an output";
  if (!whole.nans.includes(true)) {
    return { diagnostic: diagnostic("not-a-number", { value: affected, node: "the sharded run alone" }) };
  }
  return probeNaN(plan, graph, job, affected, silence);
}

/** Runs the unsharded model with every value exposed; `affected` is the output that was seen to hold a NaN. */
export async function probeNaN(
  plan: Plan,
  graph: Graph,
  job: NamedJob,
  affected: string,
  silence = silenceFactor * job.timeoutSeconds,
): Promise<{ readonly node?: string; readonly diagnostic: Diagnostic }> {
  const values = graph.nodes.flatMap((node) =>
    node.outputs.filter((name) => typeOf(graph, name).kind === "tensor"),
  );
  const exposed: Graph = { ...graph, outputs: values.map((value) => ({ name: value, value })) };
  const probe = wholeJob(plan, exposed, job, true);
  const { nans, inputNans } = await runWhole(probe, silence);
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

// --- results

function summarise(plan: Plan, job: NamedJob, { outputs, history, devices, notes }: GroupResult): RunResult {
  const perStage = devicesPerStage(plan.mesh);
  const skipped = Math.min(3, job.steps - 1);
  const ends = range(job.steps).map((step) =>
    Math.max(...devices.map((device) => at(device.steps, step).end)),
  );
  const begin = Math.min(...devices.map((device) => device.begin));
  const lengths = ends.map((end, step) => end - (step === 0 ? begin : at(ends, step - 1))).slice(skipped);
  const mean = (device: DeviceReport, part: keyof StepTimes): number => {
    const counted = device.steps.slice(skipped);
    return sum(counted.map((times) => times[part])) / counted.length;
  };
  return {
    backend: job.backendName,
    ranks: devices.length,
    steps: job.steps,
    outputs,
    history,
    bytes: plan.boxing.map((boxing, index) =>
      range(perStage).map((device) =>
        at(at(devices, rankOf(plan.mesh, boxing.toStage, device)).bytes, index),
      ),
    ),
    stepSeconds: median(lengths),
    diagnostics: notes,
    ...(job.trace === true
      ? { trace: devices.flatMap(({ rank, stamps = [] }) => stamps.map((stamp) => ({ rank, ...stamp }))) }
      : {}),
    devices: devices.map((device) => {
      const planned = stagesOfRank(plan.mesh, device.rank).map((index) => {
        const stage = at(plan.stages, index);
        return at(stage.memory, at(stage.deviceClass, device.rank % perStage)).peakBytes;
      });
      return {
        rank: device.rank,
        segmentSeconds: mean(device, "segments"),
        collectiveSeconds: mean(device, "collectives"),
        copySeconds: mean(device, "copies"),
        waitSeconds: mean(device, "waiting"),
        toHost: mean(device, "toHost"),
        toDevice: mean(device, "toDevice"),
        peakBytes: device.peakBytes,
        plannedPeakBytes: sum(planned),
        parameterBytes: device.parameterBytes,
      };
    }),
  };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = at(sorted, middle);
  return sorted.length % 2 === 1 ? upper : (at(sorted, middle - 1) + upper) / 2;
}
