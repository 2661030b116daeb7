/** Tensor files in both directions: what `sbpc` writes NumPy and safetensors read, what they write `sbpc` takes. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect } from "vitest";
import { knownShape } from "../../src/ir/types.ts";
import { loadPlan } from "../../src/plan-files.ts";
import { readTensors, writeTensors } from "../../src/tensor-files.ts";
import { runCli, type CliResult } from "../support/cli.ts";
import { pythonTest, runPython } from "../support/python.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sbpc-tensors-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const path = (name: string) => join(folder, name);

interface Read {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly elements?: readonly number[];
  readonly sum?: number;
}

interface Written {
  /** A name of torch's. */
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly elements: readonly number[];
}

const python = (request: {
  readonly write?: Readonly<Record<string, Readonly<Record<string, Written>>>>;
  readonly read?: readonly string[];
}) => runPython("tensor_files.py", request) as Promise<Record<string, unknown>>;

const readSafetensors = async (file: string) =>
  (await python({ read: [file] }))[file] as Readonly<Record<string, Read>>;

async function succeed(...args: string[]): Promise<void> {
  const { code, stderr } = await runCli(args);
  expect(stderr).not.toContain("error");
  expect(code).toBe(0);
}

/** A model with an input of each type, to whose numbers it adds 1; booleans it turns round. */
function modelFile(name: string, types: readonly string[]): string {
  const file = path(`${name}.ts`);
  const inputs = types.map((type) => `${type}: input("${type}", ["batch", 2])`);
  const outputs = types.map(
    (type) => `${type}_out: ${type === "bool" ? "x.bool.not()" : `x.${type}.add(1)`}`,
  );
  writeFileSync(
    file,
    `import { defineModel, input } from "sbpc";
export default defineModel({
  name: "${name}",
  dims: { batch: 3 },
  inputs: { ${inputs.join(", ")} },
  build: (x) => ({ ${outputs.join(", ")} }),
});
`,
  );
  return file;
}

describe("weights", () => {
  pythonTest("are safetensors with every parameter's shape", async () => {
    await succeed(
      "compile",
      "examples/bert.ts",
      "--set",
      "layers=1",
      "--set",
      "vocabSize=77",
      "--mesh",
      "dp=2,tp=2",
      "-o",
      path("bert"),
      "--weights",
    );
    const weights = await readSafetensors(path("bert/weights.safetensors"));
    const { parameters } = loadPlan(path("bert"));
    expect(parameters.length).toBeGreaterThan(20);
    expect(
      Object.fromEntries(Object.entries(weights).map(([name, { dtype, shape }]) => [name, { dtype, shape }])),
    ).toEqual(
      Object.fromEntries(
        parameters.map(({ name, type }) => [name, { dtype: "F32", shape: knownShape(type) }]),
      ),
    );
    expect(weights["embeddings.word.weight"]).toMatchObject({ shape: [77, 768] });
    expect(weights["finalLayernorm.weight"]).toMatchObject({ sum: 768 });
    expect(weights["finalLayernorm.bias"]).toMatchObject({ sum: 0 });
  });
});

/** Names of sbpc's types in torch and, where it has them, in NumPy. */
const torchNames: Readonly<Record<string, string>> = {
  f64: "float64",
  f32: "float32",
  f16: "float16",
  bf16: "bfloat16",
  i64: "int64",
  i32: "int32",
  i16: "int16",
  i8: "int8",
  u64: "uint64",
  u32: "uint32",
  u16: "uint16",
  u8: "uint8",
  bool: "bool",
};

function sample(type: string): Written {
  const dtype = torchNames[type] as string;
  if (type === "bool") return { dtype, shape: [3, 2], elements: [1, 0, 0, 1, 1, 1] };
  if (type.includes("f")) return { dtype, shape: [3, 2], elements: [-2.5, -1, 0, 0.25, 1024, 7] };
  const negative = type.startsWith("u") ? 1 : -1;
  return { dtype, shape: [3, 2], elements: [negative * 5, 0, 1, 2, 100, negative * 120] };
}

/** What the model makes of the sample. */
const result = (type: string) =>
  sample(type).elements.map((value) => (type === "bool" ? 1 - value : value + 1));

describe("inputs and outputs", () => {
  /** Those that ONNX Runtime adds on a CPU. */
  const types = ["f64", "f32", "f16", "i64", "i32", "bool"];

  pythonTest("in safetensors, of every type that runs", async () => {
    const [file, outputs] = [path("in.safetensors"), path("out.safetensors")];
    await python({ write: { [file]: Object.fromEntries(types.map((type) => [type, sample(type)])) } });
    const model = modelFile("types", types);
    await succeed("run", model, "--mesh", "dp=2", "--inputs", file, "--outputs", outputs);
    expect(await readSafetensors(outputs)).toEqual(
      Object.fromEntries(
        types.map((type) => {
          const dtype = type.toUpperCase();
          return [`${type}_out`, { dtype, shape: [3, 2], elements: result(type) }];
        }),
      ),
    );
  });

  pythonTest("in .npy, of every type that runs", async () => {
    const file = (name: string) => path(`${name}.npy`);
    await python({
      write: Object.fromEntries(types.map((type) => [file(type), { [type]: sample(type) }])),
    });
    for (const type of types) {
      const model = modelFile(`only_${type}`, [type]);
      await succeed(
        "run",
        model,
        "--mesh",
        "dp=2",
        "--inputs",
        `${type}=${file(type)}`,
        "--outputs",
        file(`${type}_out`),
      );
    }
    const read = await python({ read: types.map((type) => file(`${type}_out`)) });
    for (const type of types) {
      const expected = { dtype: torchNames[type], shape: [3, 2], elements: result(type) };
      expect(read[file(`${type}_out`)]).toEqual(expected);
    }
  });

  pythonTest("all types there and back, scalars and empty tensors among them", async () => {
    const [theirs, ours] = [path("theirs.safetensors"), path("ours.safetensors")];
    const written: Record<string, Written> = {
      ...Object.fromEntries(Object.keys(torchNames).map((type) => [type, sample(type)])),
      "a scalar": { dtype: "float32", shape: [], elements: [3.5] },
      empty: { dtype: "int64", shape: [0, 4], elements: [] },
    };
    // bfloat16 is no type of NumPy's.
    const inNumpy = Object.keys(torchNames).filter((type) => type !== "bf16");
    const npy = (type: string, side: string) => path(`${side}_${type}.npy`);
    const arrays = inNumpy.map((type) => [npy(type, "theirs"), { [type]: sample(type) }] as const);
    await python({ write: { [theirs]: written, ...Object.fromEntries(arrays) } });

    writeTensors(ours, readTensors(theirs));
    for (const type of inNumpy)
      writeTensors(npy(type, "ours"), readTensors(`${type}=${npy(type, "theirs")}`));

    const read = await python({ read: [theirs, ours, ...inNumpy.map((type) => npy(type, "ours"))] });
    expect(read[ours]).toEqual(read[theirs]);
    const kept = Object.entries(read[ours] as Readonly<Record<string, Read>>);
    expect(
      Object.fromEntries(kept.map(([name, { shape, elements }]) => [name, { shape, elements }])),
    ).toEqual(
      Object.fromEntries(
        Object.entries(written).map(([name, { shape, elements }]) => [name, { shape, elements }]),
      ),
    );
    for (const type of inNumpy) expect(read[npy(type, "ours")]).toEqual(sample(type));
  });
});

describe("inputs that do not fit", () => {
  const refused = (code: string, ...words: readonly string[]) => ({
    code: 1,
    stderr: expect.stringMatching(new RegExp([`error ${code}: `, ...words].join(".*"), "s")) as string,
  });

  pythonTest("are refused with a code, and nothing is written", async () => {
    const good = sample("f32");
    const files: Readonly<Record<string, Readonly<Record<string, Written>>>> = {
      [path("name.safetensors")]: { g32: good },
      [path("shape.safetensors")]: { f32: { ...good, shape: [2, 3] } },
      [path("rank.safetensors")]: { f32: { ...good, shape: [6] } },
      [path("integers.safetensors")]: { f32: { ...good, dtype: "int32" } },
      [path("bfloat.safetensors")]: { f32: { ...good, dtype: "bfloat16" } },
      [path("double.npy")]: { f32: { ...good, dtype: "float64" } },
      [path("complex.safetensors")]: { f32: { ...good, dtype: "complex64" } },
      [path("complex.npy")]: { f32: { ...good, dtype: "complex64" } },
    };
    await python({ write: files });
    const model = modelFile("refusing", ["f32"]);
    const before = readdirSync(folder);
    const attempt = (inputs: string): Promise<CliResult> =>
      runCli(["run", model, "--mesh", "dp=2", "--inputs", inputs, "--outputs", path("never.safetensors")]);
    const cases: readonly (readonly [string, ReturnType<typeof refused>])[] = [
      [path("name.safetensors"), refused("bad-input", "g32", "f32")],
      [path("shape.safetensors"), refused("bad-input", "f32", "\\[2, 3\\]", "\\[3, 2\\]")],
      [path("rank.safetensors"), refused("bad-input", "f32", "\\[6\\]", "\\[3, 2\\]")],
      [path("integers.safetensors"), refused("bad-input", "i32", "f32")],
      [path("bfloat.safetensors"), refused("bad-input", "bf16", "f32")],
      [`f32=${path("double.npy")}`, refused("bad-input", "f64", "f32")],
      [path("complex.safetensors"), refused("file-unreadable", "C64")],
      [`f32=${path("complex.npy")}`, refused("file-unreadable", "<c8")],
      [path("absent.safetensors"), refused("file-not-found", "absent")],
    ];
    for (const [inputs, expected] of cases) expect(await attempt(inputs), inputs).toMatchObject(expected);
    expect(readdirSync(folder)).toEqual(before);
  });
});
