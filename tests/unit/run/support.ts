/** Hand-made plans for the tests of running. */
import { onnx } from "../../../src/onnx/generated/onnx-ml.js";
import { placeOf } from "../../../src/backends.ts";
import { sourceLocation } from "../../../src/diagnostics/location.ts";
import { devicesPerStage, type Mesh, type NdSbp } from "../../../src/ir/layout.ts";
import { broadcast, partial, split } from "../../../src/ir/layout.ts";
import { dataTypes, tensorType, type DataType } from "../../../src/ir/types.ts";
import type { GroupJob, RunnablePlan } from "../../../backends/local/job.ts";
import type { BoxingPlan, MemoryPlan, Plan, PlanParameter, Slot, StagePlan } from "../../../src/plan/plan.ts";
import { shardOf } from "../../../src/sbp/geometry.ts";

export interface SmallNode {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

/** Bytes of an ONNX model with graph inputs `i0…` and outputs `o0…` of these shapes. */
export function model(
  inputs: readonly (readonly number[])[],
  outputs: readonly (readonly number[])[],
  nodes: readonly SmallNode[],
  dtype: DataType = "f32",
): Uint8Array {
  const info = (prefix: string) => (shape: readonly number[], i: number) => ({
    name: `${prefix}${i}`,
    type: {
      tensorType: { elemType: dataTypes[dtype][0], shape: { dim: shape.map((dimValue) => ({ dimValue })) } },
    },
  });
  return onnx.ModelProto.encode({
    irVersion: 8,
    opsetImport: [{ domain: "", version: 17 }],
    graph: {
      name: "body",
      input: inputs.map(info("i")),
      output: outputs.map(info("o")),
      node: nodes.map(({ op, inputs, outputs }) => ({
        opType: op,
        input: [...inputs],
        output: [...outputs],
      })),
    },
  }).finish();
}

export function slot(
  mesh: Mesh,
  name: string,
  kind: Slot["kind"],
  shape: readonly number[],
  layout: NdSbp,
  dtype: DataType = "f32",
): Slot {
  return { name, kind, dtype, shape, layout, localShapes: [shardOf(shape, layout, mesh, 0).size] };
}

export function boxing(
  kind: BoxingPlan["kind"],
  value: string,
  shape: readonly number[],
  from: NdSbp,
  to: NdSbp,
  options: Partial<BoxingPlan> = {},
): BoxingPlan {
  return {
    kind,
    input: value,
    output: `${value}.boxed`,
    dtype: "f32",
    shape,
    from,
    to,
    axes: from.flatMap((sbp, i) => (JSON.stringify(sbp) === JSON.stringify(to[i]) ? [] : [i])),
    fromStage: 0,
    toStage: 0,
    bytes: [],
    predictedSeconds: 0,
    latencySeconds: 0,
    location: sourceLocation("mlp.ts", 7),
    ...options,
  };
}

/** No plan of memory: nothing is executed by it. */
const unplanned: MemoryPlan = {
  arenaBytes: 0,
  peakBytes: 0,
  peakAction: 0,
  parameterBytes: 0,
  inputBytes: 0,
  segmentScratchBytes: 0,
};

export function stage(
  mesh: Mesh,
  index: number,
  parts: Pick<StagePlan, "slots" | "segments" | "actions">,
): StagePlan {
  return {
    stage: index,
    layers: [],
    ...parts,
    phases: [{ kind: "F", first: 0, count: parts.actions.length }],
    buckets: [],
    deviceClass: Array.from({ length: devicesPerStage(mesh) }, () => 0),
    memory: [unplanned],
  };
}

const batch = 4;

function parameter(name: string, shape: readonly number[], stageIndex: number, layout: NdSbp): PlanParameter {
  return {
    name,
    type: tensorType("f32", shape),
    initializer: { kind: "normal", mean: 0, std: 1 },
    placements: [{ stage: stageIndex, layout }],
  };
}

/** Two layers, y = relu(x w1) w2 + b, split over tp=2: one all-reduce, then the bias. */
export function twoDevicePlan(): RunnablePlan {
  const mesh: Mesh = { axes: [{ name: "tp", size: 2 }], stages: 1 };
  const slots: Slot[] = [
    slot(mesh, "x", "input", [batch, 8], [broadcast]),
    slot(mesh, "w1", "parameter", [8, 6], [split(1)]),
    slot(mesh, "w2", "parameter", [6, 8], [split(0)]),
    slot(mesh, "b", "parameter", [8], [broadcast]),
    slot(mesh, "y", "value", [batch, 8], [partial()]),
    slot(mesh, "y.boxed", "value", [batch, 8], [broadcast]),
    slot(mesh, "z", "value", [batch, 8], [broadcast]),
  ];
  return {
    mesh,
    microbatches: 1,
    bodies: [
      model(
        [
          [batch, 8],
          [8, 3],
          [3, 8],
        ],
        [[batch, 8]],
        [
          { op: "MatMul", inputs: ["i0", "i1"], outputs: ["h"] },
          { op: "Relu", inputs: ["h"], outputs: ["r"] },
          { op: "MatMul", inputs: ["r", "i2"], outputs: ["o0"] },
        ],
      ),
      model([[batch, 8], [8]], [[batch, 8]], [{ op: "Add", inputs: ["i0", "i1"], outputs: ["o0"] }]),
    ],
    boxing: [boxing("all-reduce", "y", [batch, 8], [partial()], [broadcast])],
    stages: [
      stage(mesh, 0, {
        slots,
        segments: [
          {
            bodies: [0],
            inputs: [0, 1, 2],
            outputs: [4],
            nodes: ["fc1", "relu", "fc2"],
            flops: [],
            predictedSeconds: [0],
          },
          { bodies: [1], inputs: [5, 3], outputs: [6], nodes: ["bias"], flops: [], predictedSeconds: [0] },
        ],
        actions: [
          { kind: "segment", segment: 0 },
          { kind: "collective", boxing: 0, input: 4, output: 5 },
          { kind: "segment", segment: 1 },
        ],
      }),
    ],
    inputs: [
      { name: "x", type: tensorType("f32", [batch, 8]), layout: [broadcast], stages: [0], batchAxis: 0 },
    ],
    parameters: [
      parameter("w1", [8, 6], 0, [split(1)]),
      parameter("w2", [6, 8], 0, [split(0)]),
      parameter("b", [8], 0, [broadcast]),
    ],
    randoms: [],
    outputs: [
      {
        name: "out",
        value: "z",
        type: tensorType("f32", [batch, 8]),
        layout: [broadcast],
        stage: 0,
        slot: 6,
        batchAxis: 0,
      },
    ],
    provenance: [
      { value: "y", location: sourceLocation("mlp.ts", 3), signature: "", reason: "" },
      { value: "z", location: sourceLocation("mlp.ts", 9), signature: "", reason: "" },
    ],
  };
}

/** y = x w1 on one stage, z = relu(y) + its row mask on the next, for dp=2 and micro-batches. */
export function pipelinePlan(microbatches: number): RunnablePlan {
  const mesh: Mesh = { axes: [{ name: "dp", size: 2 }], stages: 2 };
  const s0: NdSbp = [split(0)];
  const shape = [batch, 8];
  const local = [batch / 2, 8];
  return {
    mesh,
    microbatches,
    bodies: [
      model([local, [8, 8]], [local], [{ op: "MatMul", inputs: ["i0", "i1"], outputs: ["o0"] }]),
      model(
        [local, local],
        [local],
        [
          { op: "Relu", inputs: ["i0"], outputs: ["r"] },
          { op: "Add", inputs: ["r", "i1"], outputs: ["o0"] },
        ],
      ),
    ],
    boxing: [boxing("send", "y", shape, s0, s0, { axes: [], toStage: 1 })],
    stages: [
      stage(mesh, 0, {
        slots: [
          slot(mesh, "x", "input", shape, s0),
          slot(mesh, "w1", "parameter", [8, 8], [broadcast]),
          slot(mesh, "y", "value", shape, s0),
        ],
        segments: [
          { bodies: [0], inputs: [0, 1], outputs: [2], nodes: ["fc"], flops: [], predictedSeconds: [0] },
        ],
        actions: [
          { kind: "segment", segment: 0 },
          { kind: "send", boxing: 0, input: 2, toStage: 1 },
        ],
      }),
      stage(mesh, 1, {
        slots: [
          slot(mesh, "y.boxed", "value", shape, s0),
          slot(mesh, "mask", "random", shape, s0),
          slot(mesh, "z", "value", shape, s0),
        ],
        segments: [
          {
            bodies: [1],
            inputs: [0, 1],
            outputs: [2],
            nodes: ["relu", "add"],
            flops: [],
            predictedSeconds: [0],
          },
        ],
        actions: [
          { kind: "receive", boxing: 0, output: 0, fromStage: 0 },
          { kind: "segment", segment: 0 },
        ],
      }),
    ],
    inputs: [{ name: "x", type: tensorType("f32", shape), layout: s0, stages: [0], batchAxis: 0 }],
    parameters: [parameter("w1", [8, 8], 0, [broadcast])],
    randoms: [
      {
        name: "mask",
        type: tensorType("f32", shape),
        recipe: { kind: "bernoulli", keep: 0.5, key: "drop" },
        batchAxis: 0,
      },
    ],
    outputs: [
      {
        name: "out",
        value: "z",
        type: tensorType("f32", shape),
        layout: s0,
        stage: 1,
        slot: 2,
        batchAxis: 0,
      },
    ],
    provenance: [],
  };
}

export function job(plan: RunnablePlan, options: Partial<GroupJob> = {}): GroupJob {
  return {
    plan,
    backend: placeOf().url,
    backendOptions: { device: "cpu", threads: 1 },
    steps: 1,
    seed: 5,
    randomized: false,
    inputs: new Map(plan.inputs.map(({ name }) => [name, { kind: "normal" }])),
    base: ".",
    timeoutSeconds: 30,
    faults: [],
    ...options,
  };
}

/** A whole plan around a runnable one. */
export function wholePlan(plan: RunnablePlan, source: string): Plan {
  const { microbatches, ...rest } = plan;
  return {
    ...rest,
    version: 1,
    model: "test",
    source,
    micro: "",
    graph: "",
    options: { microbatches, hints: true, cluster: "", dims: {}, settings: {} },
    prediction: { stepSeconds: 0, flops: [], parameterBytes: [], peakMemoryBytes: [] },
  };
}
