/**
 * Executes a laid-out graph on simulated devices: every node localized per class of devices and interpreted on each of them.
 * Where a node takes a value in another layout than it is made in, the value is put together and cut again.
 */
import { GraphBuilder } from "../../src/ir/builder.ts";
import { typeOf, type Graph, type Node } from "../../src/ir/graph.ts";
import { devicesPerStage, ndSbpEqual, type Mesh, type NdSbp } from "../../src/ir/layout.ts";
import type { TensorData } from "../../src/ir/tensor-data.ts";
import { knownShape, printType, type TensorType } from "../../src/ir/types.ts";
import { Call } from "../../src/ops/call.ts";
import type { Dense } from "../../src/ops/contract.ts";
import type { OpDefinition } from "../../src/ops/define.ts";
import { GraphEmitter } from "../../src/ops/emitter.ts";
import { interpretGraph, toDense } from "../../src/ops/interpret.ts";
import { localizeNode, localTypeOf } from "../../src/ops/localize.ts";
import { findOp } from "../../src/ops/registry.ts";
import { assemble, takeShard } from "../../src/ops/shards.ts";
import { coordinatesOf } from "../../src/sbp/mesh.ts";
import { present } from "../../src/support/assert.ts";
import { groupBy, range } from "../../src/support/collections.ts";

/** What every device of a stage holds of one value, in their order. */
export type Shards = readonly Dense[];

export interface ShardedOptions {
  readonly operators?: (op: string) => OpDefinition | undefined;
  /** Changes what a boxing gives; for faults. */
  readonly rebox?: (value: string, shards: Shards, to: NdSbp) => Shards;
}

/** All values of the graph on all devices. `feeds` holds the sources in their layouts; constants need none. */
export function executeSharded(
  graph: Graph,
  mesh: Mesh,
  feeds: ReadonlyMap<string, Shards>,
  options: ShardedOptions = {},
): Map<string, Shards> {
  const values = new Map<string, Shards>();
  const constants = new Map<string, TensorData>();
  for (const source of graph.sources) {
    if (source.kind === "constant") constants.set(source.value, source.data);
    const fed = feeds.get(source.value);
    if (fed !== undefined) values.set(source.value, fed);
    else if (source.kind === "constant")
      values.set(
        source.value,
        range(devicesPerStage(mesh)).map(() => toDense(source.data)),
      );
    else throw new Error(`no shards for ${source.value}`);
  }
  for (const node of graph.nodes) {
    const inputs = node.inputs.map((name, i) => {
      if (name === null) return null;
      const made = graph.values.get(name)?.layout as NdSbp;
      const wanted = node.signature?.inputs[i] as NdSbp;
      const shards = present(values.get(name), "value without shards", () => name);
      return ndSbpEqual(made, wanted)
        ? shards
        : (options.rebox ?? rebox(graph, mesh, made))(name, shards, wanted);
    });
    const outputs = executeNode(graph, node, mesh, inputs, constants, options.operators ?? findOp);
    node.outputs.forEach((name, i) => values.set(name, outputs[i] as Shards));
  }
  return values;
}

function rebox(graph: Graph, mesh: Mesh, from: NdSbp): NonNullable<ShardedOptions["rebox"]> {
  return (name, shards, to) => {
    const whole = present(
      assemble(shards, knownShape(typeOf(graph, name) as TensorType), from, mesh),
      "shards do not fit their layout",
      () => name,
    );
    return range(devicesPerStage(mesh)).map((device) => takeShard(whole, to, mesh, device));
  };
}

function executeNode(
  graph: Graph,
  node: Node,
  mesh: Mesh,
  inputs: readonly (Shards | null)[],
  constants: ReadonlyMap<string, TensorData>,
  operators: (op: string) => OpDefinition | undefined,
): Shards[] {
  const definition = present(operators(node.op), "undeclared operator", () => node.op);
  const call = Call.of(
    node,
    (name) => typeOf(graph, name),
    (name) => constants.get(name),
  );
  const signature = present(node.signature, "node without a signature", () => node.name);
  const inputTypes = node.inputs.map((name) => (name === null ? null : (typeOf(graph, name) as TensorType)));
  const outputTypes = node.outputs.map((name) => typeOf(graph, name) as TensorType);
  const localInput = (i: number, device: number) =>
    localTypeOf(inputTypes[i] as TensorType, signature.inputs[i] as NdSbp, mesh, device);
  const classes = groupBy(range(devicesPerStage(mesh)), (device) =>
    [
      ...node.inputs.map((name, i) => (name === null ? "-" : printType(localInput(i, device)))),
      ...outputTypes.map((type, i) =>
        printType(localTypeOf(type, signature.outputs[i] as NdSbp, mesh, device)),
      ),
    ].join(),
  );
  const results: Dense[][] = node.outputs.map(() => []);
  for (const devices of classes.values()) {
    const builder = new GraphBuilder("local");
    const names = node.inputs.map((name, i) => {
      if (name === null) return null;
      const data = constants.get(name);
      const local = `in${i}`;
      const source = { value: local, location: node.location };
      const whole = signature.inputs[i]?.every((sbp) => sbp.kind === "B") === true;
      builder.addSource(
        data !== undefined && whole ? { kind: "constant", ...source, data } : { kind: "input", ...source },
        {
          name: local,
          type: localInput(i, devices[0] as number),
        },
      );
      return local;
    });
    const emitter = new GraphEmitter(builder, { location: node.location });
    const outputs = localizeNode({
      emitter,
      node,
      call,
      definition,
      mesh,
      devices,
      inputs: names,
      inputTypes,
      outputTypes,
    });
    const local = builder.finish(outputs.map((value, i) => ({ name: `out${i}`, value })));
    for (const device of devices) {
      const feeds = new Map(
        names.flatMap((name, i) => (name === null ? [] : [[name, inputs[i]?.[device] as Dense] as const])),
      );
      const made = interpretGraph(local, feeds, {
        device: { mesh, coordinates: coordinatesOf(mesh, device) },
      });
      outputs.forEach((_, i) => ((results[i] as Dense[])[device] = made.get(`out${i}`) as Dense));
    }
  }
  return results;
}
