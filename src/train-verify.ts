/**
 * Verifies a training plan: some steps on its devices against the same steps on one device with the same micro-batches.
 *
 * 1  Each step from equal state. The state that one device has before a step is given to the many: the loss, every gradient, and every
 *    new parameter and optimizer state must agree. New values are compared with what the optimizer makes (in f64) of the devices'
 *    own gradients: an optimizer divides by small numbers, and would show rounding of the gradients as if it were its own.
 * 2  Free-running: all steps one after another, losses and parameters. What has a true gradient of zero (a key bias, or that part of
 *    a fused one: the softmax does not see it) moves with the rounding of its gradient, by up to the learning rate a step; such
 *    elements are found by their gradients, listed, and bounded by that.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Restart } from "../backends/local/job.ts";
import { runGroup, type GroupResult } from "../backends/local/supervisor.ts";
import { compile } from "./compile.ts";
import { loadCluster } from "./cluster-files.ts";
import { placeOf, printPlace, reference } from "./backends.ts";
import { diagnostic, fail, type Diagnostic } from "./diagnostics/diagnostic.ts";
import { deviceCount } from "./ir/layout.ts";
import type { Graph, Node } from "./ir/graph.ts";
import { producers } from "./ir/graph.ts";
import { accumulateOp, gradientOp } from "./ir/step-node.ts";
import { parseGraph } from "./ir/text/parse.ts";
import { readNumber, toNumbers } from "./ir/tensor-data.ts";
import type { HostTensor } from "./plan/backend.ts";
import type { Plan, TrainOptions } from "./plan/plan.ts";
import { groupJob, sourceGraph, type RunOptions } from "./run-job.ts";
import { listSafetensors, writeSafetensors } from "./files/safetensors.ts";
import { present } from "./support/assert.ts";
import { at, range } from "./support/collections.ts";
import { compareFree, compareStep, limitsOf, Worst, type Outcome, type TrainCheck } from "./train-compare.ts";

export interface TrainVerifyOptions extends Omit<RunOptions, "steps"> {
  /** Default 3. */
  readonly steps?: number;
}

export interface TrainVerifyResult {
  readonly ok: boolean;
  readonly backend: string;
  readonly ranks: number;
  readonly steps: number;
  /** Of one device, free-running. */
  readonly losses: readonly number[];
  readonly checks: readonly TrainCheck[];
  /** Parameters whose true gradient is zero. */
  readonly zeroGradients: readonly string[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Rejects as `runPlan` does. */
export async function verifyTraining(
  plan: Plan,
  options: TrainVerifyOptions = {},
): Promise<TrainVerifyResult> {
  const { steps = 3, onProgress = () => undefined } = options;
  const train = plan.options.train ?? fail("usage", { problem: "The plan does not train." });
  const single = onOneDevice(plan, train);
  const worst = new Worst(limitsOf(plan, placeOf(options.backend, options.device)));
  const onReference: RunOptions = { ...options, ...reference };
  const notes = new Map<string, Diagnostic>();
  const folder = mkdtempSync(join(tmpdir(), "sbpc-verify-"));
  try {
    onProgress(`${steps} steps on one device`);
    const expected = await runEachStep(single, onReference, steps);
    const before = (step: number) =>
      step === 0 ? expected.initial : at(expected.steps, step - 1).parameters;
    // The first step is from equal state anyway. The others run behind those that run freely, on the same devices.
    const again = range(steps).slice(1);
    const restarts = again.map((step): Restart => {
      const state = join(folder, `step${step}.safetensors`);
      writeSafetensors(state, before(step));
      return { step, parameters: withParameters(plan, state).parameters };
    });
    onProgress(`${steps} steps free-running, and ${again.length} from equal state`);
    const actual = await runEachStep(plan, options, steps, restarts);
    for (const note of actual.notes) notes.set(note.message, note);
    for (const step of range(steps)) {
      const own = at(actual.steps, step === 0 ? 0 : steps + step - 1);
      compareStep(worst, train, step, at(expected.steps, step), own, before(step));
    }
    const free = { ...actual, steps: actual.steps.slice(0, steps) };
    const zeroGradients = compareFree(worst, train, steps, freely(expected), freely(free));
    const checks = worst.checks();
    const diagnostics = checks.flatMap(({ ok, what, where, difference, allowed }) =>
      ok
        ? []
        : [
            diagnostic("verification-failed", {
              output: `${what} (${where})`,
              difference: difference.toExponential(2),
              allowed: allowed.toExponential(0),
            }),
          ],
    );
    return {
      ok: diagnostics.length === 0,
      backend: printPlace(placeOf(options.backend, options.device)),
      ranks: deviceCount(plan.mesh),
      steps,
      losses: freely(expected).losses,
      checks,
      zeroGradients,
      diagnostics: [...notes.values(), ...diagnostics],
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The same training on one device, with the same micro-batches. */
function onOneDevice(plan: Plan, train: TrainOptions): Plan {
  const whole = parseGraph(plan.source, `${plan.model}.graph`);
  const micro = plan.micro === "" ? whole : parseGraph(plan.micro, `${plan.model}.graph`);
  const { microbatches, samples, dims, settings } = plan.options;
  return compile({
    whole,
    micro,
    batchAxes: new Map<string, number | null>([
      ...[...plan.inputs, ...plan.outputs].map(({ name, batchAxis }) => [name, batchAxis] as const),
      ...plan.randoms.map(({ recipe, batchAxis }) => [recipe.key, batchAxis] as const),
    ]),
    mesh: { axes: [], stages: 1 },
    cluster: loadCluster("local"),
    hints: false,
    memoryLimit: Infinity,
    microbatches,
    samples,
    train: { ...train, zero: 0, schedule: "1f1b", recompute: "none" },
    dims,
    settings,
  }).plan;
}

/** Steps with random parameters, or from the parameters and states of a safetensors file. Gradients are the last step's. */
export async function runSteps(
  plan: Plan,
  options: RunOptions,
  state: string | undefined,
  firstStep: number,
  steps: number,
): Promise<Outcome> {
  const from = state === undefined ? plan : withParameters(plan, state);
  const job = jobOf(from, options, steps, state === undefined);
  const result = await runGroup({ ...job, firstStep, collects: "last" });
  return {
    losses: lossesOf(plan, result),
    gradients: steps === 0 ? new Map() : gradientsOf(parseGraph(plan.graph), result.gradients),
    parameters: result.parameters,
    notes: result.notes,
  };
}

function jobOf(plan: Plan, options: RunOptions, steps: number, randomized: boolean) {
  return groupJob(plan, sourceGraph(plan), { ...options, steps }, randomized);
}

/** What every step of a run leaves, and the parameters and states that the first begins with. */
interface Course {
  readonly initial: ReadonlyMap<string, HostTensor>;
  readonly steps: readonly Outcome[];
  readonly notes: readonly Diagnostic[];
}

/** Steps one after another with random parameters; behind them, a step from each of the states in `restarts`. */
async function runEachStep(
  plan: Plan,
  options: RunOptions,
  steps: number,
  restarts: readonly Restart[] = [],
): Promise<Course> {
  const result = await runGroup({
    ...jobOf(plan, options, steps + restarts.length, true),
    restarts: new Map(restarts.map((restart, i) => [steps + i, restart])),
    collects: "all",
  });
  const losses = lossesOf(plan, result);
  const graph = parseGraph(plan.graph);
  const [begin, ...each] = result.collected;
  return {
    initial: present(begin, "nothing was collected").parameters,
    steps: each.map(({ parameters, gradients }, step) => ({
      losses: losses.slice(step, step + 1),
      gradients: gradientsOf(graph, gradients),
      parameters,
    })),
    notes: result.notes,
  };
}

/** The losses of all steps, and what the last one leaves. */
function freely({ steps }: Course): Outcome {
  return { ...at(steps, steps.length - 1), losses: steps.flatMap(({ losses }) => losses) };
}

function lossesOf({ options }: Plan, { history }: GroupResult): number[] {
  const { loss } = present(options.train, "the plan does not train");
  return (history.get(loss) ?? []).map(({ dtype, data }) => readNumber(dtype, data, 0));
}

/** The plan with parameters and states that come from a safetensors file. */
function withParameters(plan: Plan, path: string): Plan {
  const entries = new Map(listSafetensors(path).map((entry) => [entry.name, entry]));
  const parameters = plan.parameters.map((parameter) => {
    const entry = entries.get(parameter.name);
    if (entry === undefined) return parameter;
    const { offset, length } = entry;
    return { ...parameter, initializer: { kind: "file" as const, path, offset, length } };
  });
  return { ...plan, parameters };
}

/** The whole gradient of every parameter, out of what the stages accumulated. */
function gradientsOf(graph: Graph, gradients: GroupResult["gradients"]): Map<string, Float64Array> {
  const makers = producers(graph);
  const valueOf = (name: string): Float64Array => {
    const node: Node = present(makers.get(name), "gradient that nothing makes", () => name);
    const input = (i: number) => valueOf(present(node.inputs[i], "absent input", () => node.name));
    if (node.op === accumulateOp) {
      return toNumbers(present(gradients.get(name), "gradient that was not collected", () => name));
    }
    if (node.inputs.length === 1) return input(0);
    const [a, b] = [input(0), input(1)];
    const isSum = node.op === "Add";
    for (let i = 0; i < a.length; i++) {
      const [x, y] = [a[i] as number, b[b.length === 1 ? 0 : i] as number];
      a[i] = isSum ? x + y : x / y;
    }
    return a;
  };
  return new Map(
    graph.nodes.flatMap((node): [string, Float64Array][] =>
      node.op === gradientOp
        ? [[node.attributes["parameter"] as string, valueOf(present(node.inputs[0], "no gradient"))]]
        : [],
    ),
  );
}
