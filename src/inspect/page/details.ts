/** The panel beside every view: what is chosen, with its numbers, why it is so, and where to go from it. */
import { printLocation } from "../../diagnostics/location.ts";
import { printNdSbp } from "../../ir/layout.ts";
import { printType } from "../../ir/types.ts";
import type { Attribute, Node as GraphNode } from "../../ir/graph.ts";
import { coordinatesOf, stagesOfRank } from "../../sbp/mesh.ts";
import { devicesPerStage } from "../../ir/layout.ts";
import { sum } from "../../support/collections.ts";
import { phaseTexts, type BoxingFigures } from "../figures.ts";
import { printRuns } from "../ranks.ts";
import { bytes, count, seconds } from "../text.ts";
import { breakable, h, type Child } from "./dom.ts";
import { boxingOfItem, itemOfNode, layoutOf, nodesOf, reasonTexts, type PageModel } from "./model.ts";
import { boxingOp } from "../../sbp/boxing-node.ts";
import type { Item, State } from "./state.ts";
import type { App } from "./view.ts";

export function details(app: App, state: State): HTMLElement {
  return h("div", { class: "details-body" }, ...itemPart(app, state), ...rankPart(app, state.rank));
}

function itemPart(app: App, { item }: State): Child[] {
  const { model } = app;
  if (item === undefined) return overview(app);
  const boxing = boxingOfItem(model, item);
  if (boxing !== undefined) return boxingPart(app, boxing);
  if (item.kind === "module") return modulePart(app, item);
  if (item.kind === "op") {
    const node = model.nodes.get(item.name);
    return node === undefined ? missing(item.name) : opPart(app, node);
  }
  if (item.kind === "value") {
    if (!model.graph.values.has(item.name)) return missing(item.name);
    const maker = model.producers.get(item.name);
    return maker === undefined
      ? valuePart(app, item.name)
      : [...opPart(app, maker), ...valuePart(app, item.name)];
  }
  return missing(`boxing ${item.index}`);
}

function missing(name: string): Child[] {
  return [h("h2", {}, "Not in this plan"), h("p", { class: "mono wrap" }, ...breakable(name))];
}

function overview(app: App): Child[] {
  const { figures, plan } = app.model;
  return [
    h("h2", {}, "Plan"),
    facts([
      ["model", figures.model],
      ["mesh", figures.mesh],
      ["devices", count(figures.devices)],
      ["micro-batches", String(figures.microbatches)],
      ...trainingFacts(app),
      ["operators", count(figures.ops)],
      ["parameters", count(figures.parameters)],
      ["FLOPs per step", count(figures.flops)],
      ["bytes per step", bytes(figures.bytes)],
      ["predicted step", seconds(figures.stepSeconds)],
      ["cluster", plan.options.cluster.length > 40 ? "of its own" : plan.options.cluster],
      ["layout hints", plan.options.hints ? "obeyed" : "ignored"],
      ["highest peak", `${bytes(figures.peak.bytes)}, rank ${figures.peak.rank}`],
    ]),
    h("h3", {}, "Stages"),
    ...figures.stages.map((stage) =>
      h(
        "p",
        { class: "stage-line" },
        h("b", {}, `stage ${stage.stage}`),
        ` ${layerText(stage.layers)}, ${count(stage.parameters)} parameters, ${count(stage.flops)} FLOPs`,
      ),
    ),
    h("h3", {}, "Costliest boxings"),
    ...[...figures.boxings]
      .sort((a, b) => b.seconds * b.times - a.seconds * a.times)
      .slice(0, 5)
      .map((boxing) =>
        link(
          app,
          { kind: "boxing", index: boxing.index },
          boxing.input,
          `${boxing.kind} ${seconds(boxing.seconds * boxing.times)} per step`,
        ),
      ),
    h(
      "p",
      { class: "hint" },
      "Choose anything in any view: all views follow. Keys: 1 to 6 views, / search, arrows in the graph.",
    ),
  ];
}

function trainingFacts({ model }: App): [string, Child][] {
  const { training } = model.figures;
  if (training === null) return [];
  const { loss, optimizer, schedule, zero } = training;
  return [
    ["trains", loss],
    ["optimizer", zero === 0 ? optimizer : `${optimizer}, ZeRO ${zero}`],
    ["schedule", schedule],
  ];
}

/** How often a communication happens in a step. */
function timesText({ times }: BoxingFigures, microbatches: number): string {
  return times === microbatches ? "per micro-batch" : "once per step";
}

export function layerText(layers: readonly number[]): string {
  if (layers.length === 0) return "no layers";
  const [first, last] = [layers[0], layers.at(-1)];
  if (layers.length === 1) return `layer ${first}`;
  return last === (first as number) + layers.length - 1
    ? `layers ${first}-${last}`
    : `layers ${layers.join(", ")}`;
}

function boxingPart(app: App, index: number): Child[] {
  const { model } = app;
  const boxing = model.figures.boxings[index];
  if (boxing === undefined) return missing(`boxing ${index}`);
  const times = timesText(boxing, model.figures.microbatches);
  const where =
    boxing.fromStage === boxing.toStage
      ? `stage ${boxing.fromStage}`
      : `stage ${boxing.fromStage} to ${boxing.toStage}`;
  return [
    h("h2", {}, boxing.kind, h("small", {}, ` boxing ${index}`)),
    facts([
      ["tensor", valueLink(app, boxing.input)],
      ["type", boxing.type],
      ["from", boxing.from],
      ["to", boxing.to],
      ["where", where],
      [
        "groups",
        boxing.kind === "send"
          ? `${boxing.groups} pairs of devices`
          : `${boxing.groups} of ${boxing.groupSize} along ${boxing.axes.join(", ")}`,
      ],
      ["runs together with", boxing.together === 1 ? "none" : `${boxing.together - 1} more`],
      ["bytes, all devices", `${bytes(boxing.bytesPerMicrobatch)} ${times}`],
      ["bytes, one device", `${bytes(boxing.mostBytes)} at most`],
      ["bytes per step", bytes(boxing.bytes)],
      ["predicted", `${seconds(boxing.seconds)} ${times}`],
      ["source", boxing.location],
    ]),
    h("h3", {}, "Gives"),
    valueLink(app, boxing.output),
    ...readers(app, [boxing.output]),
  ];
}

function modulePart(app: App, item: Item & { readonly kind: "module" }): Child[] {
  const { model } = app;
  const nodes = nodesOf(model, item);
  if (nodes.length === 0) return missing(item.name);
  const boxings = nodes.flatMap(({ name }) => {
    const index = model.boxingOfNode.get(name);
    const figures = index === undefined ? undefined : model.figures.boxings[index];
    return figures === undefined ? [] : [figures];
  });
  const parameters = model.graph.sources.filter(
    (source) =>
      source.kind === "parameter" &&
      (source.module === item.name || source.module.startsWith(`${item.name}.`)),
  );
  const stages = [...new Set(nodes.map(({ stage }) => stage ?? 0))];
  return [
    h("h2", { class: "wrap" }, item.name, h("small", {}, " module")),
    facts([
      ["operators", String(nodes.filter(({ op }) => op !== boxingOp).length)],
      ["stage", stages.join(", ")],
      ["communications", String(boxings.length)],
      ["bytes per step", bytes(sum(boxings.map((boxing) => boxing.bytes)))],
      [
        "in communication",
        `${seconds(sum(boxings.map((boxing) => boxing.seconds * boxing.times)))} per step`,
      ],
    ]),
    boxings.length === 0 ? null : h("h3", {}, "Communications"),
    ...boxings.map((boxing) =>
      link(
        app,
        { kind: "boxing", index: boxing.index },
        boxing.input,
        `${boxing.kind} ${bytes(boxing.bytesPerMicrobatch)}`,
      ),
    ),
    parameters.length === 0 ? null : h("h3", {}, "Parameters"),
    ...parameters.map(({ value }) => valueLink(app, value, true)),
    h("h3", {}, "Operators"),
    ...nodes.slice(0, 60).map((node) => link(app, itemOfNode(model, node.name), node.name, node.op)),
    nodes.length > 60 ? h("p", { class: "hint" }, `and ${nodes.length - 60} more`) : null,
  ];
}

function opPart(app: App, node: GraphNode): Child[] {
  const { model } = app;
  const { signature } = node;
  const actions = model.actionsOfNode.get(node.name) ?? [];
  return [
    h(
      "h2",
      { class: "wrap" },
      node.op === boxingOp ? `${String(node.attributes["kind"])} (local)` : node.op,
      h("small", {}, ` stage ${node.stage ?? 0}`),
    ),
    h("p", { class: "mono wrap" }, ...breakable(node.name)),
    facts([
      ["source", printLocation(node.location)],
      ["layer", node.layer === undefined ? "outside layers" : String(node.layer)],
      ["form", signature?.form ?? "plain"],
      [
        "runs in",
        actions.map(({ stage, action }) => actionText(model, stage, action)).join(", ") ||
          "nothing: folded into others",
      ],
      ...Object.entries(node.attributes).map(([name, value]): [string, Child] => [
        name,
        attributeText(value),
      ]),
    ]),
    h("h3", {}, "Takes"),
    ...node.inputs.map((input, i) => {
      if (input === null) return null;
      const taken = signature?.inputs[i];
      const note = taken === undefined || taken === null ? "" : printNdSbp(taken);
      return link(app, { kind: "value", name: input }, input, note);
    }),
    h("h3", {}, "Gives"),
    ...node.outputs.map((output) => valueLink(app, output, true)),
    ...why(model, node.outputs[0]),
    ...readers(app, node.outputs),
  ];
}

function actionText(model: PageModel, stage: number, action: number): string {
  const phase = model.actionTexts(stage)[action]?.phase;
  const trains = model.figures.training !== null && phase !== undefined;
  return `action ${action} of stage ${stage}${trains ? ` (${phaseTexts[phase]})` : ""}`;
}

function valuePart(app: App, value: string): Child[] {
  const { model } = app;
  const type = model.graph.values.get(value)?.type;
  const source = model.sources.get(value);
  const maker = model.producers.get(value);
  if (maker !== undefined && maker.outputs.length === 1) return [];
  return [
    h("h2", { class: "wrap" }, source?.kind ?? "tensor"),
    h("p", { class: "mono wrap" }, ...breakable(value)),
    facts([
      ["type", type === undefined ? "" : printType(type)],
      ["layout", printNdSbp(layoutOf(model, value))],
      ["source", source === undefined ? "" : printLocation(source.location)],
    ]),
    ...(maker === undefined ? [...why(model, value), ...readers(app, [value])] : []),
  ];
}

function why(model: PageModel, value: string | undefined): Child[] {
  const entry = value === undefined ? undefined : model.provenance.get(value);
  if (entry === undefined) return [];
  return [
    h("h3", {}, "Why this layout"),
    h("p", {}, reasonTexts[entry.reason] ?? entry.reason),
    entry.signature === "" ? null : h("p", { class: "mono wrap" }, entry.signature),
  ];
}

function readers(app: App, values: readonly string[]): Child[] {
  const nodes = values.flatMap((value) => (app.model.consumers.get(value) ?? []).map(({ node }) => node));
  if (nodes.length === 0) return [];
  return [
    h("h3", {}, "Read by"),
    ...nodes.slice(0, 12).map((node) => link(app, itemOfNode(app.model, node.name), node.name, node.op)),
    nodes.length > 12 ? h("p", { class: "hint" }, `and ${nodes.length - 12} more`) : null,
  ];
}

function rankPart(app: App, rank: number | undefined): Child[] {
  const { plan, figures } = app.model;
  if (rank === undefined || rank >= figures.devices) return [];
  const stages = stagesOfRank(plan.mesh, rank);
  const device = rank % devicesPerStage(plan.mesh);
  const own = stages.flatMap(
    (stage) => figures.stages[stage]?.classes[plan.stages[stage]?.deviceClass[device] ?? 0] ?? [],
  );
  const [first] = own;
  if (first === undefined) return [];
  const at = coordinatesOf(plan.mesh, device).map((n, axis) => `${plan.mesh.axes[axis]?.name}=${n}`);
  return [
    h(
      "h2",
      { class: "rank-title" },
      `Device ${rank}`,
      h("small", {}, ` ${[...at, `stage${stages.length > 1 ? "s" : ""} ${stages.join(", ")}`].join(", ")}`),
    ),
    facts([
      ["alike", own.length > 1 ? "" : `ranks ${printRuns(first.ranks)}`],
      ["FLOPs per step", count(sum(own.map(({ flops }) => flops)))],
      ["computes", seconds(sum(own.map(({ computeSeconds }) => computeSeconds)))],
      ["communicates", seconds(sum(own.map(({ communicationSeconds }) => communicationSeconds)))],
      ["waits", seconds(first.idleSeconds)],
      ["peak memory", bytes(sum(own.map(({ memory }) => memory.total)))],
    ]),
    h("button", { class: "quiet", onclick: () => app.store.set({ rank: undefined }) }, "No device"),
  ];
}

function attributeText(value: Attribute): string {
  if (typeof value === "number" || typeof value === "string") return String(value).slice(0, 120);
  if (Array.isArray(value)) return `[${value.slice(0, 16).join(", ")}${value.length > 16 ? ", …" : ""}]`;
  if ("float" in value) return String(value.float);
  if ("floats" in value) return `[${value.floats.slice(0, 16).join(", ")}]`;
  return "tensor" in value ? "a tensor" : "a type";
}

export function facts(rows: readonly (readonly [string, Child])[]): HTMLElement {
  return h(
    "dl",
    {},
    ...rows.flatMap(([name, value]) => (value === "" ? [] : [h("dt", {}, name), h("dd", {}, value)])),
  );
}

/** Something that can be gone to, with a note to its right. */
export function link({ store }: App, item: Item, text: string, note = ""): HTMLElement {
  return h(
    "button",
    { class: "link", title: text, onclick: () => store.set({ item }) },
    h("span", { class: "name" }, h("bdi", {}, ...breakable(text))),
    note === "" ? null : h("span", { class: "note" }, note),
  );
}

function valueLink(app: App, value: string, withLayout = false): HTMLElement {
  const type = app.model.graph.values.get(value)?.type;
  const note =
    withLayout && type !== undefined ? `${printType(type)} ${printNdSbp(layoutOf(app.model, value))}` : "";
  return link(app, { kind: "value", name: value }, value, note);
}
