/** What the devices of a run are told: the plan, where it runs, and what it is fed. */
import { availableParallelism, freemem } from "node:os";
import type { FedInput } from "../backends/local/feed.ts";
import type { Fault, GroupJob } from "../backends/local/job.ts";
import type { GroupHooks } from "../backends/local/supervisor.ts";
import { placeOf, printPlace } from "./backends.ts";
import { fail } from "./diagnostics/diagnostic.ts";
import { bindGraph } from "./ir/bind.ts";
import { tensorTypeOf, type Graph } from "./ir/graph.ts";
import { deviceCount } from "./ir/layout.ts";
import { parseGraph } from "./ir/text/parse.ts";
import { knownShape } from "./ir/types.ts";
import { withRandomSources } from "./ops/in-place.ts";
import type { HostTensor } from "./plan/backend.ts";
import { inputRecipes } from "./plan/input-recipe.ts";
import type { Plan } from "./plan/plan.ts";
import type { InputRecipe } from "./plan/random.ts";
import { arraysEqual } from "./support/collections.ts";
import { baseFolder } from "./weights.ts";

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
  /** Number of the first step: masks and data go by it. Default 0. */
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
  // A wrong one is refused where devices are threads too.
  const exchange = chosenExchange();
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
      ? { processes: true, environments: place.environments?.(ranks) ?? [], ...exchange }
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
