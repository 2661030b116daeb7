/**
 * The graph as boxes in boxes: modules hold operators and modules; runs of alike modules (layers) are one group until unfolded.
 * Of a step that trains, the forward pass, the backward pass and the update are boxes of their own, with modules in each.
 *
 * A link stands in the innermost box that holds both its ends, as one between two of that box's own entries. Links of a value
 * that many entries use (a mask that every layer reads) are `shared`: they would hide all others, and are drawn on request.
 */
import { captures, type Node as GraphNode } from "../../../ir/graph.ts";
import { printNdSbp } from "../../../ir/layout.ts";
import { printType } from "../../../ir/types.ts";
import { groupBy } from "../../../support/collections.ts";
import { boxingOp } from "../../../sbp/boxing-node.ts";
import { layoutOf, type PageModel } from "../model.ts";

/** Place in the parent, set by the layout. */
interface Placed {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Leaf extends Placed {
  readonly kind: "op" | "boxing" | "input";
  /** Name of the node, or of the input's value. */
  readonly name: string;
  /** What it makes first. */
  readonly value: string | undefined;
  readonly title: string;
  readonly detail: string;
  readonly stage: number;
  parent: Box;
}

export interface Box extends Placed {
  readonly kind: "root" | "part" | "module" | "group";
  /** The part of the step that it belongs to; "" where nothing is trained. */
  readonly part: Part;
  readonly id: string;
  /** Module path; of a group, that of its first member. */
  readonly path: string;
  readonly label: string;
  parent: Box | undefined;
  entries: Entry[];
  readonly links: Link[];
  /** Values that come in from outside, with the entries that take them. */
  readonly inward: Map<string, Set<Entry>>;
  /** Operators and communications inside. */
  ops: number;
  boxings: number;
  expanded: boolean;
}

export type Entry = Leaf | Box;

export interface Link {
  readonly from: Entry;
  readonly to: Entry;
  readonly source: Leaf;
  readonly target: Leaf;
  readonly value: string;
  /** From one part of a step to another. */
  readonly between: boolean;
  shared: boolean;
}

export interface Tree {
  readonly root: Box;
  readonly leaves: ReadonlyMap<string, Leaf>;
  readonly boxes: ReadonlySet<Box>;
  /** The boxes of a module, by its path: one in each part of the step that it has operators in. */
  readonly modules: ReadonlyMap<string, readonly Box[]>;
}

export type Part = "" | "forward" | "backward" | "update";

function partOf({ phase }: GraphNode): Part {
  if (phase === undefined) return "forward";
  return phase === "update" ? "update" : "backward";
}

/** Deeper paths are cut: a file may name them. */
const deepest = 24;
/** Entries of one box that may read a value before its links are set aside. */
const mostReaders = 6;
const fewestAlike = 3;

export function isBox(entry: Entry): entry is Box {
  return "entries" in entry;
}

function isPart(entry: Entry): boolean {
  return isBox(entry) && entry.kind === "part";
}

export function graphTree(
  model: PageModel,
  details: (node: GraphNode) => { title: string; detail: string },
): Tree {
  const root = newBox("root", "", "", model.plan.model, undefined);
  const boxes = new Map<string, Box>();
  const trains = model.plan.options.train !== undefined;
  const leaves = new Map<string, Leaf>();
  // Field by field: spread objects cost a third of the time here.
  const add = (
    { kind, name, value, title, detail, stage }: Omit<Leaf, "parent" | keyof Placed>,
    parent: Box,
  ) => {
    const placed: Leaf = { kind, name, value, title, detail, stage, parent, x: 0, y: 0, width: 0, height: 0 };
    leaves.set(name, placed);
    parent.entries.push(placed);
  };
  for (const { kind, value } of model.graph.sources) {
    if (kind !== "input" && kind !== "random") continue;
    const type = model.graph.values.get(value)?.type;
    const detail = type === undefined ? "" : `${printType(type)} ${printNdSbp(layoutOf(model, value))}`;
    add({ kind: "input", name: `${kind} ${value}`, value, title: value, detail, stage: 0 }, root);
  }
  for (const node of model.graph.nodes) {
    const kind = node.op === boxingOp ? "boxing" : "op";
    const parent = boxOf(root, boxes, trains ? partOf(node) : "", homeOf(model, node, trains));
    const { title, detail } = details(node);
    add({ kind, name: node.name, value: node.outputs[0], title, detail, stage: node.stage ?? 0 }, parent);
  }
  dissolveSingles(root, boxes);
  groupAlike(root, model, boxes);
  countInside(root);
  link(model, leaves);
  return {
    root,
    leaves,
    boxes: new Set(boxes.values()),
    modules: groupBy(
      [...boxes.values()].filter(({ kind }) => kind === "module"),
      ({ path }) => path,
    ),
  };
}

function idOf(kind: Box["kind"], part: Part, path: string): string {
  return `${kind} ${part} ${path}`;
}

function newBox(kind: Box["kind"], part: Part, path: string, label: string, parent: Box | undefined): Box {
  return {
    kind,
    part,
    id: idOf(kind, part, path),
    path,
    label,
    parent,
    entries: [],
    links: [],
    inward: new Map(),
    ops: 0,
    boxings: 0,
    expanded: kind === "root",
    x: 0,
    y: 0,
    width: 0,
    height: 0,
  };
}

/** A transfer between stages stands where both of its sides can be seen: outside the modules that only one of them is in. */
function homeOf(model: PageModel, node: GraphNode, trains: boolean): readonly string[] {
  const own = segmentsOf(node.module);
  if (node.op !== boxingOp || node.attributes["kind"] !== "send") return own;
  const maker = model.producers.get(node.inputs[0] ?? "");
  if (trains && maker !== undefined && partOf(maker) !== partOf(node)) return [];
  const from = segmentsOf(maker?.module ?? "");
  let common = 0;
  while (common < own.length && own[common] === from[common]) common++;
  return own.slice(0, common);
}

function segmentsOf(module: string): readonly string[] {
  return module === ""
    ? []
    : module
        .split(/[./]/)
        .filter((part) => part !== "")
        .slice(0, deepest);
}

/** `boxes`: known ones by their ids. */
function boxOf(root: Box, boxes: Map<string, Box>, part: Part, segments: readonly string[]): Box {
  let box = root;
  const enterBox = (kind: "part" | "module", path: string, label: string) => {
    const known = boxes.get(idOf(kind, part, path));
    const next = known ?? newBox(kind, part, path, label, box);
    if (known === undefined) {
      boxes.set(next.id, next);
      box.entries.push(next);
    }
    box = next;
  };
  if (part !== "") enterBox("part", "", part);
  for (const segment of segments)
    enterBox("module", box.path === "" ? segment : `${box.path}.${segment}`, segment);
  return box;
}

/** A module that holds nothing but one entry gives way to it. */
function dissolveSingles(box: Box, boxes: Map<string, Box>): void {
  box.entries = box.entries.map((entry) => {
    if (!isBox(entry)) return entry;
    dissolveSingles(entry, boxes);
    const [only] = entry.entries;
    if (entry.entries.length !== 1 || only === undefined || entry.kind === "part") return entry;
    boxes.delete(entry.id);
    only.parent = box;
    if (!isBox(only)) return only;
    return Object.assign(only, { label: only.path.slice(box.path === "" ? 0 : box.path.length + 1) });
  });
}

/** Numbers for equal contents: two boxes are alike if all of theirs, in order, are. */
function groupAlike(root: Box, model: PageModel, boxes: Map<string, Box>): void {
  const numbers = new Map<string, number>();
  const numberOf = (text: string) => {
    const known = numbers.get(text) ?? numbers.size;
    numbers.set(text, known);
    return known;
  };
  const content = new Map<Box, number>();
  const visit = (box: Box): number => {
    const parts = box.entries.map((entry) => {
      if (isBox(entry)) return visit(entry);
      const node = model.nodes.get(entry.name);
      return numberOf(`${entry.title}\0${entry.detail}\0${entry.stage}\0${node?.op ?? ""}`);
    });
    const own = numberOf(parts.join());
    content.set(box, own);
    const kept: Entry[] = [];
    for (let i = 0; i < box.entries.length;) {
      const first = box.entries[i] as Entry;
      let end = i + 1;
      if (isBox(first)) {
        const alike = content.get(first);
        const isAlike = (entry: Entry | undefined) =>
          entry !== undefined && isBox(entry) && content.get(entry) === alike;
        while (isAlike(box.entries[end])) end++;
      }
      const run = box.entries.slice(i, end);
      i = end;
      if (run.length < fewestAlike) kept.push(...run);
      else {
        const members = run as Box[];
        const last = members.at(-1) as Box;
        const group = newBox(
          "group",
          box.part,
          (first as Box).path,
          `${(first as Box).label} … ${last.label}`,
          box,
        );
        group.entries = members;
        for (const member of members) member.parent = group;
        boxes.set(group.id, group);
        kept.push(group);
      }
    }
    box.entries = kept;
    return own;
  };
  visit(root);
}

function countInside(box: Box): void {
  for (const entry of box.entries) {
    if (isBox(entry)) {
      countInside(entry);
      box.ops += entry.ops;
      box.boxings += entry.boxings;
    } else if (entry.kind === "boxing") box.boxings++;
    else if (entry.kind === "op") box.ops++;
  }
}

function link(model: PageModel, leaves: ReadonlyMap<string, Leaf>): void {
  const holders = new Set<Box>();
  for (const node of model.graph.nodes) {
    const target = leaves.get(node.name);
    if (target === undefined) continue;
    const taken = node.regions === undefined ? node.inputs : [...node.inputs, ...captures(node)];
    for (let i = 0; i < taken.length; i++) {
      const value = taken[i];
      if (value == null || taken.indexOf(value) < i) continue;
      const maker = model.producers.get(value)?.name;
      const source =
        maker === undefined
          ? (leaves.get(`input ${value}`) ?? leaves.get(`random ${value}`))
          : leaves.get(maker);
      if (source === undefined || source === target) continue;
      const [holder, from, to] = meeting(source, target);
      const between = isPart(from) && isPart(to);
      holder.links.push({ from, to, source, target, value, between, shared: false });
      holders.add(holder);
    }
  }
  for (const { links } of holders) {
    const readers = new Map<string, Set<Entry>>();
    for (const { value, to } of links) {
      const set = readers.get(value) ?? new Set();
      readers.set(value, set.add(to));
    }
    for (const entry of links) {
      entry.shared = !entry.between && (readers.get(entry.value)?.size ?? 0) > mostReaders;
      if (!entry.shared && !entry.between) enter(entry);
    }
  }
}

/** Notes the way of a link into the boxes around its target. */
function enter({ to, target, value }: Link): void {
  for (let entry: Entry = target; entry !== to; entry = entry.parent as Box) {
    const { inward } = entry.parent as Box;
    const takers = inward.get(value) ?? new Set();
    inward.set(value, takers.add(entry));
  }
}

/** The innermost box that holds both, and which of its entries they are in. */
function meeting(a: Leaf, b: Leaf): [Box, Entry, Entry] {
  let [from, to]: [Entry, Entry] = [a, b];
  const depth = (entry: Entry) => {
    let around = 0;
    for (let box = entry.parent; box !== undefined; box = box.parent) around++;
    return around;
  };
  let [da, db] = [depth(a), depth(b)];
  for (; da > db; da--) from = from.parent as Box;
  for (; db > da; db--) to = to.parent as Box;
  while (from.parent !== to.parent) {
    from = from.parent as Box;
    to = to.parent as Box;
  }
  return [from.parent as Box, from, to];
}

/** The boxes around an entry, innermost first. */
export function pathTo(entry: Entry): Box[] {
  const path: Box[] = [];
  for (let box = entry.parent; box !== undefined; box = box.parent) path.push(box);
  return path;
}

/** What of an entry is on view: itself, or the outermost folded box around it. */
export function shownFor(entry: Entry): Entry {
  let shown = entry;
  for (const box of pathTo(entry)) if (!box.expanded) shown = box;
  return shown;
}

/** Unfolds the first screen: as many boxes from the top as give a picture of some 30 entries. */
export function unfoldFirst(root: Box, wanted = 30): void {
  let shown = root.entries.length;
  let level: Box[] = root.entries.filter(isBox);
  while (level.length > 0) {
    const next: Box[] = [];
    for (const box of level.sort((a, b) => a.entries.length - b.entries.length)) {
      if (box.kind === "group" || shown + box.entries.length > wanted) continue;
      box.expanded = true;
      shown += box.entries.length;
      next.push(...box.entries.filter(isBox));
    }
    level = next;
  }
}
