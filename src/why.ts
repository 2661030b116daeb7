/** Why a plan is as it is: the choice of layouts made again from what the plan holds, with other layouts forced where asked. */
import { inferSbp, layoutSearch, type LayoutSearch } from "../passes/infer-sbp.ts";
import type { LayoutOption, LayoutReason } from "../passes/infer-sbp/explain.ts";
import type { PassContext } from "../passes/pass.ts";
import { pipeline } from "../passes/pipeline.ts";
import { runPasses } from "../passes/runner.ts";
import { createCostModel } from "./cost/alpha-beta.ts";
import { clusterOf } from "./cost/cluster.ts";
import { DiagnosticSink, fail, SbpcError } from "./diagnostics/diagnostic.ts";
import { printLocation } from "./diagnostics/location.ts";
import { graphOf } from "./inspect/plan-graph.ts";
import type { BoxingReason, ForcedLayout, PathReason, ValueReason } from "./inspect/why-text.ts";
import { producers, sourcesByValue, tensorTypeOf, valueOf, type Graph } from "./ir/graph.ts";
import { broadcast, printNdSbp, split, type NdSbp } from "./ir/layout.ts";
import { parseGraph } from "./ir/text/parse.ts";
import { knownShape, printType, type TensorType } from "./ir/types.ts";
import type { Plan } from "./plan/plan.ts";
import type { BoxingStep } from "./sbp/boxing.ts";
import { boxingStepOf } from "./sbp/boxing-node.ts";
import { BoxingPaths } from "./sbp/boxing-path.ts";
import { isSplittable, normalizeLayout } from "./sbp/geometry.ts";
import { invariant, present } from "./support/assert.ts";
import { at, cartesian, sum, uniqueBy } from "./support/collections.ts";
import { nearestNames } from "./support/nearest.ts";

/** The model as layouts are chosen for it, with what the choice depends on. */
interface Undecided {
  readonly graph: Graph;
  readonly search: LayoutSearch;
}

const undecided = new WeakMap<Plan, Undecided>();

/** Runs the passes before the choice of layouts again. */
function undecidedOf(plan: Plan): Undecided {
  let known = undecided.get(plan);
  if (known === undefined) {
    const text = plan.micro === "" ? plan.source : plan.micro;
    const context: PassContext = {
      mesh: plan.mesh,
      options: plan.options,
      costModel: createCostModel(clusterOf(plan.options.cluster)),
      memoryBudget: plan.options.memoryBudget ?? Infinity,
      sink: new DiagnosticSink(),
      source: plan.source,
      batchAxes: new Map([...plan.inputs, ...plan.outputs].map(({ name, batchAxis }) => [name, batchAxis])),
    };
    const before = pipeline.slice(0, pipeline.indexOf(inferSbp));
    const model = parseGraph(text, `${plan.model}.graph`);
    const { compilation } = runPasses(before, { graph: { ...model, mesh: plan.mesh } }, context, {
      check: false,
    });
    undecided.set(
      plan,
      (known = { graph: compilation.graph, search: layoutSearch(compilation.graph, context) }),
    );
  }
  return known;
}

export interface ExplainOptions {
  /** Whether each other layout is forced and the choice made again. */
  readonly force?: boolean;
  /** At most so many, the cheapest first; default: all. */
  readonly mostForced?: number;
  readonly onProgress?: (text: string) => void;
}

/**
 * Why a value, or what an operator makes first, has its layout. Errors: plan-part-missing, with the names that are nearest.
 */
export function explainValue(
  plan: Plan,
  name: string,
  { force = true, mostForced = Infinity, onProgress }: ExplainOptions = {},
): ValueReason {
  const { graph, search } = undecidedOf(plan);
  const value = valueNamed(plan, graph, name);
  const makers = producers(graph);
  const maker = makers.get(value);
  const source = sourcesByValue(graph).get(value);
  const type = tensorTypeOf(graph, value);
  const base = {
    value,
    type: printType(type),
    location: printLocation(maker?.location ?? source?.location ?? { kind: "unknown" }),
    ...(maker === undefined ? { maker: source?.kind ?? "source" } : { maker: maker.op }),
    /** As the plan has it. */
    layout: printNdSbp(layoutInPlan(plan, value)),
  };
  const reason = source?.kind === "constant" ? undefined : search.explain(value);
  if (reason === undefined) return { ...base, options: [], forced: [] };
  const forced = force ? forceOthers(plan, value, reason, mostForced, onProgress) : [];
  return {
    ...base,
    role: reason.role,
    decides: reason.decides,
    ...(reason.hint === undefined ? {} : { hint: reason.hint }),
    limited: reason.limited,
    options: reason.options.map(optionText),
    without: reason.without.map(printNdSbp),
    forced,
  };
}

function optionText(option: LayoutOption): ValueReason["options"][number] {
  const { layout, signature, chosen, computeSeconds, hintSeconds, neighbours, seconds } = option;
  return {
    layout: printNdSbp(layout),
    signature:
      signature === undefined
        ? ""
        : `(${signature.inputs.map((nd) => (nd === null ? "-" : printNdSbp(nd))).join(", ")}) -> (${signature.outputs.map(printNdSbp).join(", ")})`,
    ...(signature?.form === undefined ? {} : { form: signature.form }),
    chosen,
    computeSeconds,
    hintSeconds,
    neighbours,
    seconds,
  };
}

/** The choice made again with every other layout that nothing rules out. */
function forceOthers(
  plan: Plan,
  value: string,
  reason: LayoutReason,
  most: number,
  onProgress: ExplainOptions["onProgress"],
): ForcedLayout[] {
  const free = chooseAgain(plan, new Map());
  return reason.options
    .filter(({ chosen }) => !chosen)
    .slice(0, most)
    .map(({ layout }) => {
      onProgress?.(`forcing ${printNdSbp(layout)}`);
      return forceLayout(plan, value, layout, free);
    });
}

/** The laid-out graph, and the seconds of its compute and boxing; undefined where no layout of the graph allows it. */
function chooseAgain(plan: Plan, forced: ReadonlyMap<string, NdSbp>): Chosen | undefined {
  try {
    const { graph, layout } = undecidedOf(plan).search.choose(forced);
    return { graph, seconds: layout.seconds };
  } catch (error) {
    if (error instanceof SbpcError) return undefined;
    throw error;
  }
}

interface Chosen {
  readonly graph: Graph;
  readonly seconds: number;
}

/** What changes where one value must have a layout; `free` is the choice without that. */
function forceLayout(
  plan: Plan,
  value: string,
  layout: NdSbp,
  free = chooseAgain(plan, new Map()),
): ForcedLayout {
  const other = chooseAgain(plan, new Map([[value, layout]]));
  const text = printNdSbp(layout);
  if (other === undefined || free === undefined) return { layout: text, possible: false };
  const has = other.graph.values.get(value)?.layout;
  invariant(has !== undefined && printNdSbp(has) === text, "a forced layout was not taken", () => value);
  const changed = [...free.graph.values.keys()].flatMap((name) => {
    const [before, after] = [free, other].map(({ graph }) => graph.values.get(name)?.layout);
    if (name === value || before === undefined || after === undefined) return [];
    const [from, to] = [printNdSbp(before), printNdSbp(after)];
    return from === to ? [] : [{ value: name, from, to }];
  });
  return {
    layout: text,
    possible: true,
    seconds: other.seconds,
    change: other.seconds - free.seconds,
    changed,
  };
}

/** A value of that name, or what the operator of that name makes first. */
function valueNamed(plan: Plan, graph: Graph, name: string): string {
  const plain = name.startsWith("%") ? name.slice(1) : name;
  if (graph.values.get(plain)?.type.kind === "tensor") return plain;
  const node = graph.nodes.find((one) => one.name === plain);
  const first = node?.outputs[0];
  if (first !== undefined) return first;
  const boxing = plan.boxing.findIndex(({ output }) => output === plain);
  if (boxing >= 0) {
    const remedy = `It is what boxing ${boxing} makes: see --why-boxing ${boxing}, and --why ${at(plan.boxing, boxing).input}.`;
    fail("plan-part-missing", { what: "choice for", name: plain, remedy });
  }
  const near = nearestNames(plain, [...graph.values.keys(), ...graph.nodes.map((one) => one.name)]);
  const remedy =
    near.length === 0
      ? "sbpc dump PLAN --ops --unfolded lists the names."
      : `Near it: ${[...new Set(near)].join(", ")}.`;
  return fail("plan-part-missing", { what: "tensor or operator", name: plain, remedy });
}

function layoutInPlan(plan: Plan, value: string): NdSbp {
  return graphOf(plan).values.get(value)?.layout ?? plan.mesh.axes.map(() => broadcast);
}

// --- boxing

/** Other ways that are shown. */
const mostAlternatives = 6;

/** Why a communication of a plan is there: what makes and takes the value, and the ways from the one layout to the other. */
export function explainBoxing(plan: Plan, index: number): BoxingReason {
  const boxing = at(plan.boxing, index);
  const graph = graphOf(plan);
  const makers = producers(graph);
  const costModel = createCostModel(clusterOf(plan.options.cluster));
  const type = tensorTypeOf(graph, boxing.output);

  // From the value as it was made, over the boxing that leads here.
  const before: string[] = [boxing.input];
  for (;;) {
    const maker = makers.get(before[0] as string);
    const step = maker === undefined ? undefined : boxingStepOf(maker);
    const input = maker?.inputs[0];
    if (step === undefined || input == null) break;
    before.unshift(input);
  }
  const made = before[0] as string;
  const path = (value: string): BoxingStep[] => {
    const steps: BoxingStep[] = [];
    for (let at = value; at !== made;) {
      const maker = present(makers.get(at), "boxing without its maker");
      steps.unshift(present(boxingStepOf(maker), "value that no boxing makes"));
      at = present(maker.inputs[0], "boxing without an input");
    }
    return steps;
  };
  // Everything that the boxed value becomes, up to the operators that take it.
  const ends: { value: string; takers: string[] }[] = [];
  const open = [boxing.output];
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    const takers = graph.nodes.filter((node) => node.inputs.includes(value as string));
    const further = takers.filter((node) => boxingStepOf(node) !== undefined);
    open.push(...further.flatMap((node) => node.outputs));
    const operators = takers.filter((node) => boxingStepOf(node) === undefined).map(({ name }) => name);
    const returned = graph.outputs
      .filter((output) => output.value === value)
      .map(({ name }) => `output ${name}`);
    if (operators.length + returned.length > 0) ends.push({ value, takers: [...operators, ...returned] });
  }
  const maker = makers.get(made);
  const from = present(valueOf(graph, made).layout, "value without a layout");
  const fromStage = maker?.stage ?? boxing.fromStage;
  return {
    index,
    value: made,
    type: printType(type),
    location: printLocation(boxing.location),
    maker: maker === undefined ? "a source" : `${maker.op} ${maker.name}`,
    made: printNdSbp(from),
    madeOnStage: fromStage,
    ends: ends.map(({ value, takers }): PathReason => {
      const steps = path(value);
      const to = present(valueOf(graph, value).layout, "value without a layout");
      const toStage = steps.at(-1)?.toStage ?? fromStage;
      const taken = describePath(steps, type, plan, costModel);
      return {
        takers,
        layout: printNdSbp(to),
        stage: toStage,
        taken,
        alternatives: alternatives(plan, type, { from, to, fromStage, toStage }, costModel)
          .filter(({ text }) => text !== taken.text)
          .slice(0, mostAlternatives),
      };
    }),
  };
}

function describePath(
  steps: readonly BoxingStep[],
  type: TensorType,
  { mesh }: Plan,
  costModel: ReturnType<typeof createCostModel>,
): PathReason["taken"] {
  const costs = steps.map((step) => costModel.boxing(step, type, mesh));
  const words = steps.map(({ kind, axes, to, fromStage, toStage }) => {
    const where =
      kind === "send"
        ? `stage ${fromStage} -> ${toStage}`
        : axes.map((axis) => at(mesh.axes, axis).name).join(",");
    return `${kind} (${where}) -> ${printNdSbp(to)}`;
  });
  return {
    text: words.join("; ") || "nothing",
    seconds: sum(costs.map(({ seconds }) => seconds)),
    bytes: sum(costs.flatMap(({ bytes }) => bytes)),
  };
}

/** Ways over each layout in between, the cheapest first; each the cheapest from end to end through that layout. */
function alternatives(
  plan: Plan,
  type: TensorType,
  ends: { readonly from: NdSbp; readonly to: NdSbp; readonly fromStage: number; readonly toStage: number },
  costModel: ReturnType<typeof createCostModel>,
): PathReason["taken"][] {
  const { mesh } = plan;
  const { from, to, fromStage, toStage } = ends;
  const shape = knownShape(type);
  const paths = new BoxingPaths(mesh, costModel);
  const components = mesh.axes.map((_, axis) =>
    uniqueBy(
      [broadcast, ...shape.map((__, i) => split(i)), ...[from[axis], to[axis]].flatMap((sbp) => sbp ?? [])],
      (sbp) => printNdSbp([sbp]),
    ).filter(({ kind }) => kind !== "W"),
  );
  const between = cartesian(components).filter(
    (layout) =>
      isSplittable(shape, layout, mesh) &&
      printNdSbp(normalizeLayout(shape, layout, mesh)) === printNdSbp(layout),
  );
  const stages = [...new Set([fromStage, toStage])];
  const ways = between.flatMap((layout) =>
    stages.map((stage) => [
      ...paths.path(type, from, layout, fromStage, stage).steps,
      ...paths.path(type, layout, to, stage, toStage).steps,
    ]),
  );
  const described = ways
    // A way that comes back to a layout is none.
    .filter((steps) => {
      const visited = [from, ...steps.map((step) => step.to)].map(
        (layout, i) => `${printNdSbp(layout)} ${i === 0 ? fromStage : at(steps, i - 1).toStage}`,
      );
      return new Set(visited).size === visited.length;
    })
    .map((steps) => describePath(steps, type, plan, costModel));
  return uniqueBy(described, ({ text }) => text).sort((a, b) => a.seconds - b.seconds);
}
