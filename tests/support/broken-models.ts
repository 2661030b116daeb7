/**
 * One valid model, and copies of it that each break one rule: of ONNX's checker, or of ours beyond it.
 *
 * Files that a model refers to are in the folder that `writeCompanions` fills.
 */
import { linkSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Code } from "../../src/diagnostics/codes.ts";
import { onnx } from "../../src/onnx/generated/onnx-ml.js";
import { newestOpset } from "../../src/onnx/opsets.ts";

type Model = onnx.ModelProto.$Properties;
type Graph = onnx.GraphProto.$Properties;
type Node = onnx.NodeProto.$Properties;
type Tensor = onnx.TensorProto.$Properties;
type Attribute = onnx.AttributeProto.$Properties;

export interface BrokenModel {
  readonly name: string;
  /** What `checkModel` must say, among other things that follow from it. */
  readonly code: Code;
  /** Whether ONNX's own checker finds it too. */
  readonly known: boolean;
  readonly bytes: Uint8Array;
}

const types = onnx.TensorProto.DataType;
const kinds = onnx.AttributeProto.AttributeType;

const f32 = (name: string, shape: readonly number[]): Tensor => ({
  name,
  dims: [...shape],
  dataType: types.FLOAT,
  rawData: new Uint8Array(4 * shape.reduce((a, b) => a * b, 1)),
});

const i64 = (name: string, shape: readonly number[], values: readonly number[]): Tensor => ({
  name,
  dims: [...shape],
  dataType: types.INT64,
  int64Data: [...values],
});

const info = (name: string, shape: readonly (number | string)[]): onnx.ValueInfoProto.$Properties => ({
  name,
  type: {
    tensorType: {
      elemType: types.FLOAT,
      shape: { dim: shape.map((d) => (typeof d === "number" ? { dimValue: d } : { dimParam: d })) },
    },
  },
});

const branch = (name: string, op: string): Graph => ({
  name,
  node: [{ opType: op, name: `${name}.node`, input: ["h"], output: [`${name}.out`] }],
  output: [{ name: `${name}.out` }],
});

/** x -> MatMul(w) -> Add(b) -> If(flag) { Relu | Neg } -> Twice (a function) -> Concat with a sparse tensor's shape aside. */
export function validModel(): Model {
  return {
    irVersion: 11,
    producerName: "sbpc's tests",
    opsetImport: [
      { domain: "", version: 20 },
      { domain: "local", version: 1 },
    ],
    metadataProps: [
      { key: "a", value: "1" },
      { key: "b", value: "2" },
    ],
    functions: [
      {
        name: "Twice",
        domain: "local",
        input: ["v"],
        output: ["r"],
        attribute: ["scale"],
        opsetImport: [
          { domain: "", version: 20 },
          { domain: "local", version: 1 },
        ],
        node: [
          { opType: "Add", name: "inner.add", input: ["v", "v"], output: ["s"] },
          {
            opType: "LeakyRelu",
            name: "inner.leaky",
            input: ["s"],
            output: ["r"],
            attribute: [{ name: "alpha", type: kinds.FLOAT, refAttrName: "scale" }],
          },
        ],
      },
    ],
    configuration: [{ name: "four", numDevices: 4, device: ["a", "b", "c", "d"] }],
    graph: {
      name: "main",
      input: [
        info("x", ["batch", 8]),
        { name: "flag", type: { tensorType: { elemType: types.BOOL, shape: {} } } },
      ],
      output: [info("y", ["batch", 4])],
      initializer: [
        f32("w", [8, 4]),
        { name: "b", dims: [4], dataType: types.FLOAT, floatData: [1, 2, 3, 4] },
        i64("axes", [1], [0]),
      ],
      sparseInitializer: [
        { values: f32("sparse", [2]), indices: i64("sparse.indices", [2], [1, 5]), dims: [3, 4] },
      ],
      node: [
        {
          opType: "MatMul",
          name: "product",
          input: ["x", "w"],
          output: ["p"],
          deviceConfigurations: [
            {
              configurationId: "four",
              pipelineStage: 0,
              shardingSpec: [
                {
                  tensorName: "w",
                  device: [0, 1, 2, 3],
                  shardedDim: [{ axis: 1, simpleSharding: [{ dimValue: 4, numShards: 4 }] }],
                },
                {
                  tensorName: "x",
                  device: [-1, -2],
                  indexToDeviceGroupMap: [
                    { key: -1, value: [0, 1] },
                    { key: -2, value: [2, 3] },
                  ],
                  shardedDim: [{ axis: 0, simpleSharding: [{ dimParam: "batch", numShards: 2 }] }],
                },
              ],
            },
          ],
        },
        {
          opType: "Add",
          name: "bias",
          input: ["p", "b"],
          output: ["h"],
          deviceConfigurations: [{ configurationId: "four", pipelineStage: 1 }],
        },
        {
          opType: "If",
          name: "choice",
          input: ["flag"],
          output: ["c"],
          attribute: [
            { name: "then_branch", type: kinds.GRAPH, g: branch("then", "Relu") },
            { name: "else_branch", type: kinds.GRAPH, g: branch("else", "Neg") },
          ],
        },
        {
          opType: "Twice",
          domain: "local",
          name: "twice",
          input: ["c"],
          output: ["y"],
          attribute: [{ name: "scale", type: kinds.FLOAT, f: 0.5 }],
        },
        {
          opType: "Constant",
          name: "constant",
          output: ["k"],
          attribute: [{ name: "value", type: kinds.TENSOR, t: f32("k.value", [2]) }],
        },
      ],
    },
  };
}

/** Writes the files that the models refer to. */
export function writeCompanions(folder: string): void {
  writeFileSync(join(folder, "data.bin"), new Uint8Array(256));
  writeFileSync(join(folder, "twin.bin"), new Uint8Array(256));
  linkSync(join(folder, "twin.bin"), join(folder, "other-twin.bin"));
  symlinkSync(join(folder, "data.bin"), join(folder, "link.bin"));
  mkdirSync(join(folder, "inside"));
  writeFileSync(join(folder, "inside", "data.bin"), new Uint8Array(256));
  symlinkSync(join(folder, "inside"), join(folder, "linked"));
}

const external = (tensor: Tensor, entries: Readonly<Record<string, string>>): Tensor => ({
  name: tensor.name ?? "",
  dims: tensor.dims ?? [],
  dataType: tensor.dataType ?? 0,
  dataLocation: onnx.TensorProto.DataLocation.EXTERNAL,
  externalData: Object.entries(entries).map(([key, value]) => ({ key, value })),
});

interface Parts {
  readonly model: Model & { functions: Body[]; configuration: onnx.DeviceConfigurationProto.$Properties[] };
  readonly graph: Graph & { node: Node[]; initializer: Tensor[]; input: Info[]; output: Info[] };
  /** By name, in the main graph. */
  readonly node: (name: string) => Node & { input: string[]; output: string[]; attribute: Attribute[] };
  readonly weight: Tensor;
  readonly body: Body & { node: Node[] };
  readonly sparse: onnx.SparseTensorProto.$Properties & { values: Tensor; indices: Tensor };
}

type Info = onnx.ValueInfoProto.$Properties;
type Body = onnx.FunctionProto.$Properties;
type Break = (parts: Parts) => void;

function partsOf(model: Model): Parts {
  const graph = model.graph as Parts["graph"];
  return {
    model: model as Parts["model"],
    graph,
    node: (name) => {
      const found = graph.node.find((node) => node.name === name);
      if (found === undefined) throw new Error(name);
      found.attribute ??= [];
      return found as ReturnType<Parts["node"]>;
    },
    weight: graph.initializer[0] as Tensor,
    body: model.functions?.[0] as Parts["body"],
    sparse: graph.sparseInitializer?.[0] as Parts["sparse"],
  };
}

const thenBranch = ({ node }: Parts): Graph & { node: Node[] } =>
  node("choice").attribute[0]?.g as Graph & { node: Node[] };
const spec = ({ node }: Parts, i: number): onnx.ShardingSpecProto.$Properties =>
  node("product").deviceConfigurations?.[0]?.shardingSpec?.[i] as onnx.ShardingSpecProto.$Properties;

/** Replaces the weight by another tensor of its name. */
const weight =
  (tensor: Tensor): Break =>
  ({ graph }) => {
    graph.initializer[0] = { name: "w", ...tensor };
  };

const located = (location: string): Break => weight(external(f32("w", [8, 4]), { location }));

/** What ONNX's checker finds: one per rule. */
const known: readonly (readonly [name: string, code: Code, break_: Break])[] = [
  // The model
  ["no IR version", "onnx-ir-version", ({ model }) => delete model.irVersion],
  ["IR version 0", "onnx-ir-version", ({ model }) => (model.irVersion = 0)],
  ["an IR version to come", "onnx-ir-version", ({ model }) => (model.irVersion = 99)],
  ["a metadata key twice", "onnx-duplicate", ({ model }) => model.metadataProps?.push({ key: "a" })],
  ["no opset", "onnx-opset", ({ model }) => (model.opsetImport = [])],
  ["opsets before IR 3", "onnx-opset", ({ model }) => (model.irVersion = 2)],
  [
    "an opset beyond 32 bits",
    "onnx-opset",
    ({ model }) => model.opsetImport?.push({ domain: "z", version: 2 ** 40 }),
  ],

  // Graphs
  ["a graph without a name", "onnx-missing", ({ graph }) => (graph.name = "")],
  ["no graph", "onnx-missing", ({ model }) => delete model.graph],
  ["an input without a name", "onnx-missing", ({ graph }) => graph.input.push({ ...info("", [1]) })],
  ["an output without a name", "onnx-missing", ({ graph }) => graph.output.push({ ...info("", [1]) })],
  ["an input twice", "onnx-duplicate", ({ graph }) => graph.input.push(info("x", [1]))],
  ["an initializer without a name", "onnx-missing", ({ weight }) => (weight.name = "")],
  ["an initializer twice", "onnx-duplicate", ({ graph }) => graph.initializer.push(f32("w", [1]))],
  [
    "a dense and a sparse initializer of one name",
    "onnx-duplicate",
    ({ sparse }) => (sparse.values.name = "w"),
  ],
  ["a sparse initializer without a name", "onnx-missing", ({ sparse }) => delete sparse.values.name],
  ["an initializer that is no input in IR 3", "onnx-initializer", ({ model }) => (model.irVersion = 3)],
  ["nodes out of order", "onnx-order", ({ graph }) => (graph.node = graph.node.toReversed())],
  ["a name that nothing makes", "undefined-value", ({ node }) => (node("bias").input[1] = "nothing")],
  ["a node that uses its own output", "cyclic-graph", ({ node }) => (node("bias").input[1] = "h")],
  ["a circle", "cyclic-graph", ({ node }) => (node("product").input[0] = "y")],
  ["a value made twice", "onnx-duplicate", ({ node }) => (node("constant").output[0] = "h")],
  [
    "a value made inside that is outside",
    "onnx-duplicate",
    (p) => (thenBranch(p).node[0] as Node).output?.push("p"),
  ],
  [
    "a value of a branch used outside",
    "undefined-value",
    ({ node }) => (node("twice").input[0] = "then.out"),
  ],
  ["a graph's output that nothing makes", "onnx-output", ({ graph }) => graph.output.push(info("z", [1]))],
  ["a branch's output from outside", "onnx-output", (p) => thenBranch(p).output?.push({ name: "h" })],
  ["a branch without a name", "onnx-missing", (p) => (thenBranch(p).name = "")],
  ["a branch's output without a name", "onnx-missing", (p) => thenBranch(p).output?.push({ name: "" })],
  [
    "nothing made in a branch's use",
    "undefined-value",
    (p) => ((thenBranch(p).node[0] as Node).input = ["q"]),
  ],

  // Types of the interface
  ["an input without a type", "onnx-value-type", ({ graph }) => delete graph.input[0]?.type],
  ["a type that is none", "onnx-value-type", ({ graph }) => graph.input.push({ name: "t", type: {} })],
  [
    "a tensor without an element type",
    "onnx-value-type",
    ({ graph }) => graph.input.push({ name: "t", type: { tensorType: { shape: {} } } }),
  ],
  [
    "a tensor without a shape",
    "onnx-value-type",
    ({ graph }) => graph.input.push({ name: "t", type: { tensorType: { elemType: 1 } } }),
  ],
  [
    "a sequence of nothing",
    "onnx-value-type",
    ({ graph }) => graph.input.push({ name: "t", type: { sequenceType: {} } }),
  ],
  [
    "an optional of nothing",
    "onnx-value-type",
    ({ graph }) => graph.input.push({ name: "t", type: { optionalType: {} } }),
  ],
  [
    "a map without a type of keys",
    "onnx-value-type",
    ({ graph }) => graph.input.push({ name: "t", type: { mapType: { valueType: info("", []).type ?? {} } } }),
  ],
  [
    "a map without a type of values",
    "onnx-value-type",
    ({ graph }) => graph.input.push({ name: "t", type: { mapType: { keyType: 7 } } }),
  ],
  [
    "a sparse tensor without a shape",
    "onnx-value-type",
    ({ graph }) => graph.input.push({ name: "t", type: { sparseTensorType: { elemType: 1 } } }),
  ],
  [
    "a sparse tensor without an element type",
    "onnx-value-type",
    ({ graph }) => graph.input.push({ name: "t", type: { sparseTensorType: { shape: {} } } }),
  ],
  [
    "an opaque type without a name",
    "onnx-value-type",
    ({ graph }) => graph.input.push({ name: "t", type: { opaqueType: { domain: "d" } } }),
  ],

  // Tensors
  ["no element type", "onnx-missing", ({ weight }) => delete weight.dataType],
  ["the element type UNDEFINED", "onnx-missing", ({ weight }) => (weight.dataType = 0)],
  ["an element type that is none", "onnx-tensor-type", weight({ dataType: 99, dims: [1], floatData: [1] })],
  ["a negative dimension", "onnx-tensor-dims", ({ weight }) => (weight.dims = [8, -4])],
  ["dimensions beyond 63 bits", "onnx-tensor-dims", ({ weight }) => (weight.dims = [2 ** 40, 2 ** 40])],
  ["elements where there are none", "onnx-tensor-data", ({ weight }) => (weight.dims = [0, 4])],
  ["no elements", "onnx-tensor-data", weight({ dims: [4], dataType: 1 })],
  ["elements in two fields", "onnx-tensor-data", ({ weight }) => (weight.floatData = [1])],
  ["strings in raw_data", "onnx-tensor-data", weight({ dims: [1], dataType: 8, rawData: new Uint8Array(4) })],
  ["too few bytes", "onnx-tensor-data", ({ weight }) => (weight.dims = [9, 4])],
  [
    "too few bytes of 4 bits",
    "onnx-tensor-data",
    weight({ dims: [3], dataType: 22, rawData: new Uint8Array(1) }),
  ],
  [
    "too few bytes of 2 bits",
    "onnx-tensor-data",
    weight({ dims: [5], dataType: 25, rawData: new Uint8Array(1) }),
  ],
  [
    "too few bytes of c128",
    "onnx-tensor-data",
    weight({ dims: [2], dataType: 15, rawData: new Uint8Array(31) }),
  ],
  [
    "too few bytes of f8",
    "onnx-tensor-data",
    weight({ dims: [3], dataType: 17, rawData: new Uint8Array(2) }),
  ],
  [
    "too few bytes of bf16",
    "onnx-tensor-data",
    weight({ dims: [3], dataType: 16, rawData: new Uint8Array(5) }),
  ],
  ["f32 in int32_data", "onnx-tensor-data", weight({ dims: [1], dataType: 1, int32Data: [1] })],
  ["f64 in float_data", "onnx-tensor-data", weight({ dims: [1], dataType: 11, floatData: [1] })],
  ["i8 in int64_data", "onnx-tensor-data", weight({ dims: [1], dataType: 3, int64Data: [1] })],
  ["i64 in int32_data", "onnx-tensor-data", weight({ dims: [1], dataType: 7, int32Data: [1] })],
  ["u32 in int32_data", "onnx-tensor-data", weight({ dims: [1], dataType: 12, int32Data: [1] })],
  ["i4 in int64_data", "onnx-tensor-data", weight({ dims: [1], dataType: 22, int64Data: [1] })],
  ["strings in float_data", "onnx-tensor-data", weight({ dims: [1], dataType: 8, floatData: [1] })],
  ["too few f32", "onnx-tensor-data", weight({ dims: [2], dataType: 1, floatData: [1] })],
  ["too few c64", "onnx-tensor-data", weight({ dims: [2], dataType: 14, floatData: [1, 2] })],
  ["too few f64", "onnx-tensor-data", weight({ dims: [2], dataType: 11, doubleData: [1] })],
  ["too few c128", "onnx-tensor-data", weight({ dims: [2], dataType: 15, doubleData: [1, 2] })],
  ["too few i32", "onnx-tensor-data", weight({ dims: [2], dataType: 6, int32Data: [1] })],
  ["too few f16", "onnx-tensor-data", weight({ dims: [2], dataType: 10, int32Data: [1] })],
  ["too few i4", "onnx-tensor-data", weight({ dims: [9], dataType: 22, int32Data: [1] })],
  ["too few u2", "onnx-tensor-data", weight({ dims: [17], dataType: 25, int32Data: [1] })],
  ["too few i64", "onnx-tensor-data", weight({ dims: [2], dataType: 7, int64Data: [1] })],
  ["too few u64", "onnx-tensor-data", weight({ dims: [2], dataType: 13, uint64Data: [1] })],
  [
    "too few strings",
    "onnx-tensor-data",
    weight({ dims: [2], dataType: 8, stringData: [new Uint8Array(1)] }),
  ],
  [
    "a payload that is too short, in the file",
    "onnx-tensor-data",
    weight({ dims: [3000], dataType: 1, rawData: new Uint8Array(8000) }),
  ],
  [
    "a payload in the wrong field, in the file",
    "onnx-tensor-data",
    weight({ dims: [3000], dataType: 6, floatData: new Array<number>(3000).fill(1) }),
  ],
  [
    "payloads in two fields, in the file",
    "onnx-tensor-data",
    weight({
      dims: [3000],
      dataType: 1,
      floatData: new Array<number>(3000).fill(1),
      rawData: new Uint8Array(12000),
    }),
  ],
  [
    "a constant that is too short",
    "onnx-tensor-data",
    ({ node }) => void ((node("constant").attribute[0] as { t: Tensor }).t.dims = [3]),
  ],

  // External data
  [
    "external data without a location",
    "onnx-external-data",
    weight(external(f32("w", [8, 4]), { offset: "0" })),
  ],
  [
    "external data and elements",
    "onnx-tensor-data",
    weight({ ...external(f32("w", [8, 4]), { location: "data.bin" }), rawData: new Uint8Array(128) }),
  ],
  ["an empty location", "onnx-external-data", located("")],
  ["an absolute location", "onnx-external-data", located("/etc/passwd")],
  ["a location outside", "onnx-external-data", located("../data.bin")],
  ["a location outside, later on", "onnx-external-data", located("inside/../../data.bin")],
  ["a location with two dots in a name", "onnx-external-data", located("da..ta.bin")],
  ["a location that is not there", "onnx-external-data", located("absent.bin")],
  ["a symbolic link", "onnx-external-data", located("link.bin")],
  ["a hard link", "onnx-external-data", located("twin.bin")],
  ["a folder", "onnx-external-data", located("inside")],

  // Sparse tensors
  [
    "a sparse tensor without values",
    "onnx-missing",
    ({ graph }) => graph.sparseInitializer?.push({ dims: [2] }),
  ],
  ["values of rank 2", "onnx-sparse-tensor", ({ sparse }) => (sparse.values.dims = [1, 2])],
  ["no dimensions", "onnx-sparse-tensor", ({ sparse }) => (sparse.dims = [])],
  ["a dimension of 0", "onnx-sparse-tensor", ({ sparse }) => (sparse.dims = [3, 0])],
  [
    "indices of another type",
    "onnx-sparse-tensor",
    ({ sparse }) => (sparse.indices = { dims: [2], dataType: 6, int32Data: [1, 2] }),
  ],
  ["no indices", "onnx-sparse-tensor", ({ sparse }) => delete (sparse as { indices?: Tensor }).indices],
  ["indices of rank 3", "onnx-sparse-tensor", ({ sparse }) => (sparse.indices = i64("i", [2, 1, 1], [1, 2]))],
  ["fewer indices than values", "onnx-sparse-tensor", ({ sparse }) => (sparse.indices = i64("i", [1], [1]))],
  ["an index past the end", "onnx-sparse-tensor", ({ sparse }) => (sparse.indices = i64("i", [2], [1, 12]))],
  ["a negative index", "onnx-sparse-tensor", ({ sparse }) => (sparse.indices = i64("i", [2], [-1, 5]))],
  ["indices that descend", "onnx-sparse-tensor", ({ sparse }) => (sparse.indices = i64("i", [2], [5, 1]))],
  ["an index twice", "onnx-sparse-tensor", ({ sparse }) => (sparse.indices = i64("i", [2], [5, 5]))],
  [
    "fewer tuples than values",
    "onnx-sparse-tensor",
    ({ sparse }) => (sparse.indices = i64("i", [1, 2], [0, 1])),
  ],
  [
    "tuples of another rank",
    "onnx-sparse-tensor",
    ({ sparse }) => (sparse.indices = i64("i", [2, 1], [0, 1])),
  ],
  [
    "a tuple outside",
    "onnx-sparse-tensor",
    ({ sparse }) => (sparse.indices = i64("i", [2, 2], [0, 1, 0, 4])),
  ],
  [
    "tuples that descend",
    "onnx-sparse-tensor",
    ({ sparse }) => (sparse.indices = i64("i", [2, 2], [1, 1, 0, 3])),
  ],

  // Nodes
  ["a node without an operator", "onnx-missing", ({ node }) => (node("bias").opType = "")],
  ["a node without inputs and outputs", "onnx-missing", ({ graph }) => graph.node.push({ opType: "Relu" })],
  ["a domain that is not imported", "onnx-opset", ({ node }) => (node("bias").domain = "else.where")],
  ["an operator that is none", "onnx-operator", ({ node }) => (node("bias").opType = "Addition")],
  ["an operator of a later opset", "onnx-operator", ({ node }) => (node("bias").opType = "Swish")],
  ["an operator that was withdrawn", "onnx-operator", ({ node }) => (node("bias").opType = "Upsample")],
  [
    "an operator of ai.onnx.ml that is none",
    "onnx-operator",
    ({ model, node }) => {
      model.opsetImport?.push({ domain: "ai.onnx.ml", version: 3 });
      node("bias").domain = "ai.onnx.ml";
    },
  ],
  [
    "opset 0",
    "onnx-operator",
    ({ model }) =>
      (model.opsetImport = [
        { domain: "", version: 0 },
        { domain: "local", version: 1 },
      ]),
  ],
  ["too few inputs", "onnx-arity", ({ node }) => (node("bias").input = ["p"])],
  ["too many inputs", "onnx-arity", ({ node }) => (node("bias").input = ["p", "b", "b"])],
  ["too many outputs", "onnx-arity", ({ node }) => node("bias").output.push("more")],
  ["no name for an input that must be", "onnx-arity", ({ node }) => (node("bias").input[1] = "")],
  ["no name for an output that must be", "onnx-arity", ({ node }) => (node("constant").output = [""])],
  [
    "two outputs where one or three are allowed",
    "onnx-arity",
    ({ graph }) =>
      graph.node.push({
        opType: "BatchNormalization",
        input: ["x", "b", "b", "b", "b"],
        output: ["bn", "bn.mean"],
      }),
  ],
  [
    "too few of a variadic input",
    "onnx-arity",
    ({ graph }) =>
      graph.node.push({
        opType: "Concat",
        output: ["cat"],
        attribute: [{ name: "axis", type: kinds.INT, i: 0 }],
      }),
  ],

  // Attributes
  [
    "an attribute without a name",
    "onnx-missing",
    ({ node }) => node("twice").attribute.push({ type: 1, f: 1 }),
  ],
  [
    "an attribute without a type",
    "onnx-attribute",
    ({ node }) => node("twice").attribute.push({ name: "q", f: 1 }),
  ],
  [
    "a value of another type",
    "onnx-attribute",
    ({ node }) => node("twice").attribute.push({ name: "q", type: kinds.INT, f: 1 }),
  ],
  [
    "a list of another type",
    "onnx-attribute",
    ({ node }) => node("twice").attribute.push({ name: "q", type: kinds.FLOATS, ints: [1] }),
  ],
  [
    "two values",
    "onnx-attribute",
    ({ node }) => node("twice").attribute.push({ name: "q", type: kinds.FLOAT, f: 1, i: 1 }),
  ],
  [
    "an attribute twice",
    "onnx-duplicate",
    ({ node }) => node("twice").attribute.push({ name: "scale", type: kinds.FLOAT, f: 1 }),
  ],
  [
    "a reference and a value, in a branch",
    "onnx-attribute",
    (p) =>
      ((thenBranch(p).node[0] as Node).attribute = [
        { name: "__q", type: kinds.FLOAT, f: 1, refAttrName: "scale" },
      ]),
  ],
  [
    "an attribute that the operator does not have",
    "onnx-attribute",
    ({ node }) => node("bias").attribute.push({ name: "axis", type: kinds.INT, i: 1 }),
  ],
  [
    "an attribute of another type than the operator's",
    "onnx-attribute",
    ({ graph }) =>
      graph.node.push({
        opType: "Softmax",
        input: ["x"],
        output: ["soft"],
        attribute: [{ name: "axis", type: kinds.FLOAT, f: 1 }],
      }),
  ],
  [
    "a required attribute that is missing",
    "onnx-attribute",
    ({ graph }) => graph.node.push({ opType: "Concat", input: ["x"], output: ["cat"] }),
  ],
  [
    "a graph attribute without a graph",
    "onnx-attribute",
    ({ node }) => delete (node("choice").attribute[0] as { g?: Graph }).g,
  ],
  [
    "a tensor attribute without a tensor",
    "onnx-attribute",
    ({ node }) => delete (node("constant").attribute[0] as { t?: Tensor }).t,
  ],
  [
    "a sparse tensor in an attribute",
    "onnx-sparse-tensor",
    ({ node }) =>
      (node("constant").attribute = [
        {
          name: "sparse_value",
          type: kinds.SPARSE_TENSOR,
          sparseTensor: { values: f32("v", [1]), indices: i64("i", [1], [7]), dims: [7] },
        },
      ]),
  ],
  [
    "a tensor in a list",
    "onnx-tensor-data",
    ({ node }) =>
      node("twice").attribute.push({ name: "q", type: kinds.TENSORS, tensors: [{ dataType: 1, dims: [2] }] }),
  ],
  [
    "a graph in a list",
    "undefined-value",
    ({ node }) =>
      node("twice").attribute.push({
        name: "q",
        type: kinds.GRAPHS,
        graphs: [{ name: "g", node: [{ opType: "Relu", input: ["nothing"], output: ["o"] }] }],
      }),
  ],

  // Functions
  [
    "a function without a name",
    "onnx-missing",
    ({ model }) => model.functions.push({ name: "", domain: "local" }),
  ],
  ["a function without a domain", "onnx-missing", ({ model }) => model.functions.push({ name: "Other" })],
  ["a function twice", "onnx-function", ({ model, body }) => model.functions.push({ ...body })],
  ["a function's input twice", "onnx-duplicate", ({ body }) => (body.input = ["v", "v"])],
  ["a function's output twice", "onnx-duplicate", ({ body }) => (body.output = ["r", "r"])],
  ["a function's attribute twice", "onnx-duplicate", ({ body }) => (body.attribute = ["scale", "scale"])],
  ["a function's nodes out of order", "onnx-order", ({ body }) => (body.node = body.node.toReversed())],
  [
    "a name from outside in a function",
    "undefined-value",
    ({ body }) => ((body.node[0] as Node).input = ["x", "v"]),
  ],
  ["a function's value made twice", "onnx-duplicate", ({ body }) => ((body.node[1] as Node).output = ["s"])],
  [
    "a function that calls itself",
    "onnx-function",
    ({ body }) => body.node.push({ opType: "Twice", domain: "local", input: ["v"], output: ["again"] }),
  ],
  [
    "a function that calls itself in a branch",
    "onnx-function",
    ({ body }) =>
      body.node.push({
        opType: "If",
        input: ["v"],
        output: ["again"],
        attribute: ["then_branch", "else_branch"].map((name) => ({
          name,
          type: kinds.GRAPH,
          g: {
            name,
            node: [{ opType: "Twice", domain: "local", input: ["v"], output: [`${name}.again`] }],
            output: [{ name: `${name}.again` }],
          },
        })),
      }),
  ],
  [
    "functions that call one another too deep",
    "onnx-function",
    ({ model }) => {
      // ONNX's checker begins anywhere in the chain.
      for (let i = 0; i < 2000; i++)
        model.functions.push({
          name: `f${i}`,
          domain: "local",
          input: ["v"],
          output: ["r"],
          opsetImport: [{ domain: "local", version: 1 }],
          node: [{ opType: `f${i + 1}`, domain: "local", input: ["v"], output: ["r"] }],
        });
    },
  ],
  [
    "a function's domain that is not imported",
    "onnx-opset",
    ({ body }) => (body.opsetImport = [{ domain: "local", version: 1 }]),
  ],
  [
    "a function of another opset",
    "onnx-function",
    ({ body }) =>
      (body.opsetImport = [
        { domain: "", version: 6 },
        { domain: "local", version: 1 },
      ]),
  ],
  [
    "an operator that is none in a function",
    "onnx-operator",
    ({ body }) => ((body.node[0] as Node).opType = "Addition"),
  ],
];

/** What ONNX's checker lets pass. */
const ours: readonly (readonly [name: string, code: Code, break_: Break])[] = [
  [
    "external data past the end",
    "onnx-external-data",
    weight(external(f32("w", [8, 4]), { location: "data.bin", offset: "129" })),
  ],
  [
    "external data of 2^31 elements",
    "onnx-external-data",
    weight(external({ name: "w", dims: [2 ** 31], dataType: 1 }, { location: "data.bin" })),
  ],
  [
    "a length that is not the type's",
    "onnx-external-data",
    weight(external(f32("w", [8, 4]), { location: "data.bin", length: "127" })),
  ],
  [
    "an offset that is no number",
    "onnx-external-data",
    weight(external(f32("w", [8, 4]), { location: "data.bin", offset: "-4" })),
  ],
  [
    "a checksum of another file",
    "onnx-external-data",
    weight(external(f32("w", [8, 4]), { location: "data.bin", checksum: "0".repeat(40) })),
  ],
  [
    "external data of negative dimensions",
    "onnx-tensor-dims",
    weight(external({ name: "w", dims: [-1], dataType: 1 }, { location: "data.bin" })),
  ],
  ["a link on the way", "onnx-external-data", located("linked/data.bin")],

  // Several devices
  [
    "a configuration without a name",
    "onnx-device-configuration",
    ({ model }) => model.configuration.push({ numDevices: 1 }),
  ],
  [
    "a configuration twice",
    "onnx-device-configuration",
    ({ model }) => model.configuration.push({ name: "four", numDevices: 4 }),
  ],
  [
    "a configuration of no devices",
    "onnx-device-configuration",
    ({ model }) => model.configuration.push({ name: "none" }),
  ],
  [
    "a configuration that names too few devices",
    "onnx-device-configuration",
    ({ model }) => model.configuration.push({ name: "two", numDevices: 2, device: ["a"] }),
  ],
  [
    "a configuration that is not there",
    "onnx-device-configuration",
    ({ node }) => (node("bias").deviceConfigurations = [{ configurationId: "five" }]),
  ],
  [
    "two annotations for one configuration",
    "onnx-device-configuration",
    ({ node }) => node("bias").deviceConfigurations?.push({ configurationId: "four" }),
  ],
  ["a tensor of another node", "onnx-sharding", (p) => (spec(p, 0).tensorName = "b")],
  ["a tensor twice", "onnx-sharding", (p) => (spec(p, 1).tensorName = "w")],
  ["a device that is not there", "onnx-sharding", (p) => (spec(p, 0).device = [0, 1, 2, 4])],
  ["a group that is not there", "onnx-sharding", (p) => (spec(p, 1).device = [-1, -3])],
  [
    "a device of a group that is not there",
    "onnx-sharding",
    (p) =>
      (spec(p, 1).indexToDeviceGroupMap = [
        { key: -1, value: [0, 9] },
        { key: -2, value: [1] },
      ]),
  ],
  ["a group twice", "onnx-sharding", (p) => spec(p, 1).indexToDeviceGroupMap?.push({ key: -1, value: [2] })],
  ["an axis out of range", "onnx-sharding", (p) => ((spec(p, 0).shardedDim?.[0] ?? {}).axis = 2)],
  ["an axis below the range", "onnx-sharding", (p) => ((spec(p, 0).shardedDim?.[0] ?? {}).axis = -3)],
  [
    "an axis twice, counted from both ends",
    "onnx-sharding",
    (p) => spec(p, 0).shardedDim?.push({ axis: -1, simpleSharding: [{ numShards: 1 }] }),
  ],
  ["no shards", "onnx-sharding", (p) => ((spec(p, 0).shardedDim?.[0] ?? {}).simpleSharding = [])],
  [
    "0 shards",
    "onnx-sharding",
    (p) => ((spec(p, 0).shardedDim?.[0] ?? {}).simpleSharding = [{ numShards: 0 }]),
  ],
  ["fewer devices than shards", "onnx-sharding", (p) => (spec(p, 0).device = [0, 1])],
  [
    "a size that is not the tensor's",
    "onnx-sharding",
    (p) => ((spec(p, 0).shardedDim?.[0] ?? {}).simpleSharding = [{ dimValue: 8, numShards: 4 }]),
  ],
  [
    "a stage below 0",
    "onnx-pipeline-stage",
    ({ node }) => (node("bias").deviceConfigurations = [{ configurationId: "four", pipelineStage: -1 }]),
  ],
  [
    "a stage before that of an input",
    "onnx-pipeline-stage",
    ({ node }) => {
      (node("product").deviceConfigurations?.[0] ?? {}).pipelineStage = 2;
    },
  ],
  [
    "an operator set that is not known yet",
    "opset-newer",
    ({ model }) => ((model.opsetImport?.[0] ?? {}).version = newestOpset + 1),
  ],
  ["annotations before their IR version", "onnx-annotations-early", ({ model }) => (model.irVersion = 10)],
  [
    "a reference outside of functions",
    "onnx-reference-outside",
    ({ node }) => node("twice").attribute.push({ name: "q", type: kinds.FLOAT, refAttrName: "r" }),
  ],
];

function broken(isKnown: boolean) {
  return ([name, code, break_]: readonly [string, Code, Break]): BrokenModel => {
    const model = validModel();
    break_(partsOf(model));
    return { name, code, known: isKnown, bytes: onnx.ModelProto.encode(model).finish() };
  };
}

export function brokenModels(): BrokenModel[] {
  return [...known.map(broken(true)), ...ours.map(broken(false))];
}
