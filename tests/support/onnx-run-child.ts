/** The process of `onnx-run.ts`. */
import ort from "onnxruntime-node";
import type { TypedArray } from "../../src/ir/tensor-data.ts";
import type { DataType } from "../../src/ir/types.ts";
import type { HostTensor } from "../../src/plan/backend.ts";
import type { OnnxAnswer, OnnxJob } from "./onnx-run.ts";

ort.env.logLevel = "fatal";

const names: Partial<Record<DataType, string>> = {
  f32: "float32",
  f64: "float64",
  f16: "float16",
  i8: "int8",
  u8: "uint8",
  i16: "int16",
  u16: "uint16",
  i32: "int32",
  u32: "uint32",
  i64: "int64",
  u64: "uint64",
  bool: "bool",
  string: "string",
  i4: "int4",
  u4: "uint4",
};
const byName = new Map(Object.entries(names).map(([dtype, name]) => [name, dtype as DataType]));

function toTensor({ dtype, shape, data }: HostTensor): ort.Tensor {
  const name = names[dtype];
  if (name === undefined) throw new Error(`JavaScript has no tensors of ${dtype}`);
  const { Float16Array } = globalThis as { Float16Array?: new (...args: unknown[]) => unknown };
  const held =
    dtype === "f16" && Float16Array !== undefined
      ? new Float16Array(data.buffer, data.byteOffset, data.length)
      : data;
  return new ort.Tensor(name as "float32", held as Float32Array, shape as number[]);
}

function fromTensor(value: unknown): HostTensor | undefined {
  const tensor = value as Partial<ort.Tensor>;
  const dtype = byName.get(tensor.type ?? "");
  if (dtype === undefined || tensor.dims === undefined) return undefined;
  const data = tensor.data as unknown as TypedArray;
  if (dtype !== "f16") return { dtype, shape: tensor.dims, data };
  return { dtype, shape: tensor.dims, data: new Uint16Array(data.buffer, data.byteOffset, data.length) };
}

async function answer({ model, inputs }: OnnxJob): Promise<OnnxAnswer> {
  let session: ort.InferenceSession | undefined;
  try {
    session = await ort.InferenceSession.create(model, { logSeverityLevel: 4, executionProviders: ["cpu"] });
    const feeds = Object.fromEntries(
      Object.entries(inputs).map(([name, tensor]) => [name, toTensor(tensor)]),
    );
    const results = await session.run(feeds);
    return { outputs: session.outputNames.map((name) => fromTensor(results[name])) };
  } catch (error) {
    return { failed: error instanceof Error ? error.message : String(error) };
  } finally {
    await session?.release();
  }
}

process.on("message", (job) => {
  void answer(job as OnnxJob).then((result) => process.send?.(result));
});
process.once("disconnect", () => process.exit());
