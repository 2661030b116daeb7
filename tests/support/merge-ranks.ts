/**
 * Runs the per-device models of a plan together: one ONNX graph in which every collective is what its dialect's documentation
 * says it is, in standard operators. Knows nothing of the plan but what stands in the files.
 */
import { parseNdSbp, type Mesh } from "../../src/ir/layout.ts";
import { onnx } from "../../src/onnx/generated/onnx-ml.js";
import { spliceNodes } from "../../src/onnx/splice.ts";
import { encodeAttribute, encodeTensor } from "../../src/onnx/write.ts";
import { tensorData } from "../../src/ir/tensor-data.ts";
import type { Dense } from "../../src/ops/contract.ts";
import { assemble, takeShard } from "../../src/ops/shards.ts";
import { parseMesh } from "../../src/sbp/mesh.ts";
import { devicesPerStage } from "../../src/ir/layout.ts";
import { present } from "../../src/support/assert.ts";
import { at, range, sum } from "../../src/support/collections.ts";
import { runOnnx } from "./exported.ts";

type ModelProto = onnx.ModelProto.$Properties;
type NodeProto = onnx.NodeProto.$Properties;

interface Member {
  readonly rank: number;
  readonly node: NodeProto;
  /** Local shape of what it gets. */
  readonly to: readonly number[];
}

export function metadataOf(
  entries: readonly onnx.StringStringEntryProto.$Properties[] | null | undefined,
  key: string,
): string {
  return present(entries?.find((entry) => entry.key === key)?.value ?? undefined, "no metadata", () => key);
}

export function attributeOf(node: NodeProto, name: string): number | string | number[] | undefined {
  const attribute = node.attribute?.find((each) => each.name === name);
  const kinds = onnx.AttributeProto.AttributeType;
  if (attribute === undefined) return undefined;
  if (attribute.type === kinds.INT) return Number(attribute.i);
  if (attribute.type === kinds.INTS) return (attribute.ints ?? []).map(Number);
  return new TextDecoder().decode(attribute.s ?? new Uint8Array());
}

export function isCommunication(node: NodeProto): boolean {
  return (
    node.domain === "sbpc" ||
    (node.domain === "com.microsoft" && node.opType?.startsWith("All") === true) ||
    node.opType === "DistCollective"
  );
}

/** A node's name as its own file has it. */
function localName(node: NodeProto): string {
  return (node.name ?? "").replace(/^\d+:/, "");
}

const reductions: Readonly<Record<string, string>> = { sum: "Sum", max: "Max", min: "Min" };

class Merger {
  readonly nodes: NodeProto[] = [];
  readonly initializers: onnx.TensorProto.$Properties[] = [];
  readonly #ranks: readonly ModelProto[];
  readonly #sent = new Map<string, string>();
  #count = 0;

  constructor(ranks: readonly ModelProto[]) {
    this.#ranks = ranks;
  }

  run(stages: readonly (readonly number[])[]): void {
    for (const ranks of stages) {
      const left = new Map(ranks.map((rank) => [rank, this.#nodesOf(rank)]));
      for (;;) {
        for (const nodes of left.values())
          while (nodes[0] !== undefined && !isCommunication(nodes[0]))
            this.nodes.push(nodes.shift() as NodeProto);
        const waiting = ranks.flatMap((rank) => {
          const [node] = left.get(rank) ?? [];
          return node === undefined ? [] : [{ rank, node }];
        });
        if (waiting.length === 0) break;
        // A communication happens once all of its group have come to it.
        const ready = waiting.flatMap(({ rank, node }) => {
          const group = this.#groupOf(node, rank);
          const members = group.flatMap((other) =>
            waiting.filter((each) => each.rank === other && localName(each.node) === localName(node)),
          );
          return members.length === group.length ? [members] : [];
        });
        const members = present(ready[0], "no communication has all its members");
        this.#communicate(
          members.map((member) => ({ ...member, to: this.#shapeOf(member.rank, member.node) })),
        );
        for (const { rank } of members) left.get(rank)?.shift();
      }
    }
  }

  #nodesOf(rank: number): NodeProto[] {
    const graph = present(at(this.#ranks, rank).graph, "no graph");
    const nameOf = (name: string) => `${rank}:${name}`;
    for (const tensor of graph.initializer ?? [])
      this.initializers.push({ ...tensor, name: nameOf(tensor.name ?? "") });
    return spliceNodes(graph.node ?? [], nameOf, nameOf);
  }

  #groupOf(node: NodeProto, rank: number): readonly number[] {
    const all = range(this.#ranks.length);
    if (node.opType === "Send" || node.opType === "Recv") return [rank];
    if (node.domain === "com.microsoft") return all;
    const groups = attributeOf(node, "groups") as number[] | undefined;
    if (node.opType === "DistCollective") return groups ?? all;
    const size = attributeOf(node, "group_size") as number;
    const list = range((groups ?? []).length / size).map((i) =>
      (groups ?? []).slice(i * size, (i + 1) * size),
    );
    return present(
      list.find((group) => group.includes(rank)),
      "no group holds the rank",
    );
  }

  /** What a file states of a communication's result. */
  #shapeOf(rank: number, node: NodeProto): readonly number[] {
    const stated = attributeOf(node, "shape");
    return Array.isArray(stated) ? stated : [];
  }

  #communicate(members: readonly Member[]): void {
    const { node } = at(members, 0);
    const inputs = members.map((member) => member.node.input?.[0] ?? "");
    const give = (make: (member: Member, position: number) => string) =>
      members.forEach((member, i) => this.#add("Identity", [make(member, i)], {}, member.node.output?.[0]));
    const total = () =>
      this.#add(
        reductions[String(attributeOf(node, "reduce") ?? attributeOf(node, "reduce_op") ?? "sum")] ?? "",
        inputs,
      );
    const blocks = (member: number, position: number, parts: number, value = at(inputs, member)) =>
      this.#add("Split", [value], { axis: 0, num_outputs: parts }, undefined, parts)[position] as string;
    const kind =
      node.opType === "DistCollective"
        ? `trt ${attributeOf(node, "collective_operation")}`
        : `${node.domain} ${node.opType}`;
    switch (kind) {
      case "sbpc Send":
        this.#sent.set(
          `${attributeOf(node, "tag")} ${at(members, 0).rank} ${attributeOf(node, "peer")}`,
          at(inputs, 0),
        );
        give(() => at(inputs, 0));
        return;
      case "sbpc Recv":
        give(() =>
          present(
            this.#sent.get(`${attributeOf(node, "tag")} ${attributeOf(node, "peer")} ${at(members, 0).rank}`),
            "nothing was sent",
          ),
        );
        return;
      case "sbpc AllReduce":
      case "com.microsoft AllReduce":
      case "trt all_reduce": {
        const [value] = total();
        give(() => value as string);
        return;
      }
      case "com.microsoft AllGather": {
        const [value] = this.#add("Concat", inputs, { axis: attributeOf(node, "axis") as number });
        give(() => value as string);
        return;
      }
      case "trt all_gather": {
        const [value] = this.#add("Concat", inputs, { axis: 0 });
        give(() => value as string);
        return;
      }
      case "trt reduce_scatter": {
        const [value] = total();
        give((_, i) => blocks(0, i, members.length, value));
        return;
      }
      case "com.microsoft AllToAll":
      case "trt all_to_all":
        give(
          (_, i) =>
            this.#add(
              "Concat",
              inputs.map((_value, member) => blocks(member, i, members.length)),
              { axis: 0 },
            )[0] as string,
        );
        return;
      default:
        this.#exchange(kind, members, inputs, total);
    }
  }

  /** The sbpc collectives that cut or join one tensor axis each, uneven too. */
  #exchange(
    kind: string,
    members: readonly Member[],
    inputs: readonly string[],
    total: () => string[],
  ): void {
    const { node } = at(members, 0);
    const changed = (side: "from" | "to") => {
      const layouts = (["from", "to"] as const).map((name) =>
        present(parseNdSbp(String(attributeOf(node, name))), "no layout"),
      );
      const own = at(layouts, side === "from" ? 0 : 1);
      const other = at(layouts, side === "from" ? 1 : 0);
      const sbp = own.find((each, i) => JSON.stringify(each) !== JSON.stringify(other[i]));
      return sbp?.kind === "S" ? sbp.axis : -1;
    };
    const cut = (value: string, axis: number, position: number) => {
      const sizes = members.map(({ to }) => at(to, axis));
      const start = sum(sizes.slice(0, position));
      const ints = [start, start + at(sizes, position), axis].map((n) => this.#ints([n]));
      return this.#add("Slice", [value, ...ints])[0] as string;
    };
    const results = (() => {
      switch (kind) {
        case "sbpc AllGather": {
          const [whole] = this.#add("Concat", inputs, { axis: changed("from") });
          return members.map(() => whole as string);
        }
        case "sbpc ReduceScatter": {
          const [whole] = total();
          return members.map((_, i) => cut(whole as string, changed("to"), i));
        }
        case "sbpc AllToAll":
          return members.map(
            (_, i) =>
              this.#add(
                "Concat",
                inputs.map((value) => cut(value, changed("to"), i)),
                { axis: changed("from") },
              )[0] as string,
          );
        default:
          throw new Error(`unknown collective ${kind}`);
      }
    })();
    members.forEach((member, i) => this.#add("Identity", [at(results, i)], {}, member.node.output?.[0]));
  }

  #ints(values: readonly number[]): string {
    const name = `ints:${this.#count++}`;
    this.initializers.push(encodeTensor(tensorData("i64", [values.length], values), name));
    return name;
  }

  #add(
    opType: string,
    input: readonly string[],
    attributes: Readonly<Record<string, number>> = {},
    output = `merged:${this.#count++}`,
    outputs = 1,
  ): string[] {
    const names = outputs === 1 ? [output] : range(outputs).map((i) => `${output}.${i}`);
    const attribute = Object.entries(attributes).map(([key, value]) => encodeAttribute(key, value));
    this.nodes.push({ opType, name: output, input: [...input], output: names, attribute });
    return names;
  }
}

/** The whole outputs that the devices' models give for whole inputs. */
export async function runRanks(
  ranks: readonly ModelProto[],
  feeds: ReadonlyMap<string, Dense>,
): Promise<Map<string, Dense>> {
  const mesh = parseMesh(metadataOf(at(ranks, 0).metadataProps, "sbpc.mesh"));
  const perStage = devicesPerStage(mesh);
  const merger = new Merger(ranks);
  merger.run(range(mesh.stages).map((stage) => range(perStage).map((device) => stage * perStage + device)));
  const local = new Map<string, Dense>();
  const input: onnx.ValueInfoProto.$Properties[] = [];
  const output: onnx.ValueInfoProto.$Properties[] = [];
  ranks.forEach((model, rank) => {
    for (const info of model.graph?.input ?? []) {
      const whole = present(feeds.get(info.name ?? ""), "nothing to feed", () => info.name ?? "");
      local.set(`${rank}:${info.name}`, takeShard(whole, layoutOf(info), mesh, rank % perStage));
      input.push({ ...info, name: `${rank}:${info.name}` });
    }
    for (const info of model.graph?.output ?? []) output.push({ ...info, name: `${rank}:${info.name}` });
  });
  const results = await runOnnx(
    {
      irVersion: 10,
      opsetImport: [{ domain: "", version: 23 }],
      graph: { name: "ranks", node: merger.nodes, initializer: merger.initializers, input, output },
    },
    local,
  );
  return joinOutputs(ranks, results, mesh);
}

function layoutOf(info: onnx.ValueInfoProto.$Properties) {
  return present(parseNdSbp(metadataOf(info.metadataProps, "sbpc.layout")), "no layout");
}

function joinOutputs(
  ranks: readonly ModelProto[],
  results: ReadonlyMap<string, Dense>,
  mesh: Mesh,
): Map<string, Dense> {
  const perStage = devicesPerStage(mesh);
  const outputs = new Map<string, Dense>();
  ranks.forEach((model, first) => {
    if (first % perStage !== 0) return;
    for (const info of model.graph?.output ?? []) {
      if (!(info.metadataProps ?? []).some(({ key }) => key === "sbpc.batch_axis")) continue;
      const name = info.name ?? "";
      const shards = range(perStage).map((device) =>
        present(results.get(`${first + device}:${name}`), "no output"),
      );
      const shape = JSON.parse(metadataOf(info.metadataProps, "sbpc.global_shape")) as number[];
      outputs.set(
        name,
        present(assemble(shards, shape, layoutOf(info), mesh, { tolerance: 1e-4 }), "replicas differ"),
      );
    }
  });
  return outputs;
}
