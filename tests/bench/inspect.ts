/**
 * Peak memory and time of `sbpc inspect` and `sbpc check` on models of 4 GB with external data and of 2 GB without, in
 * processes of their own. The files are sparse: their weights take no space on disk, and none are read.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { onnx } from "../../src/onnx/generated/onnx-ml.js";

const limitBytes = 200e6;
const entry = fileURLToPath(new URL("../../dist/src/cli/main.js", import.meta.url));

type Tensor = onnx.TensorProto.$Properties;

function modelWith(initializer: readonly Tensor[]): onnx.ModelProto.$Properties {
  const names = initializer.map(({ name }) => name ?? "");
  const info = (name: string) => ({
    name,
    type: { tensorType: { elemType: 1, shape: { dim: [{ dimValue: 1 }, { dimValue: 4096 }] } } },
  });
  return {
    irVersion: 10,
    opsetImport: [{ domain: "", version: 20 }],
    graph: {
      name: "large",
      input: [info("v0")],
      output: [info(`v${names.length}`)],
      node: names.map((name, i) => ({
        opType: "MatMul",
        name: `layer${i}`,
        input: [`v${i}`, name],
        output: [`v${i + 1}`],
      })),
      initializer: [...initializer],
    },
  };
}

/** 64 matrices of 64 MiB in a file of their own. */
function externalModel(folder: string): string {
  const bytes = 4096 * 4096 * 4;
  const tensors = Array.from({ length: 64 }, (_, i) => ({
    name: `w${i}`,
    dims: [4096, 4096],
    dataType: 1,
    dataLocation: 1,
    externalData: Object.entries({
      location: "large.data",
      offset: String(i * bytes),
      length: String(bytes),
    }).map(([key, value]) => ({ key, value })),
  }));
  const data = openSync(join(folder, "large.data"), "w");
  ftruncateSync(data, tensors.length * bytes);
  closeSync(data);
  const path = join(folder, "external.onnx");
  writeFileSync(path, onnx.ModelProto.encode(modelWith(tensors)).finish());
  return path;
}

/** One matrix of nearly 2 GiB inside the model file. */
function inlineModel(folder: string): string {
  const rows = 131_000;
  const payload = rows * 4096 * 4;
  const varint = (value: number): number[] =>
    value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))];
  const head = onnx.TensorProto.encode({ name: "w0", dims: [rows, 4096], dataType: 1 }).finish();
  const tensorLength = head.length + 1 + varint(payload).length + payload;
  const rest = modelWith([{ name: "w0" }]);
  const graph = onnx.GraphProto.encode({ ...rest.graph, initializer: [] }).finish();
  const graphLength = graph.length + 1 + varint(tensorLength).length + tensorLength;
  const start = Buffer.concat([
    onnx.ModelProto.encode({ ...rest, graph: null }).finish(),
    Uint8Array.from([0x3a, ...varint(graphLength)]),
    graph,
    Uint8Array.from([0x2a, ...varint(tensorLength)]),
    head,
    Uint8Array.from([0x4a, ...varint(payload)]),
  ]);
  const path = join(folder, "inline.onnx");
  const file = openSync(path, "w");
  writeSync(file, start);
  ftruncateSync(file, start.length + payload);
  closeSync(file);
  return path;
}

function measure(command: string, path: string): void {
  const script = `process.on("exit", () => process.stderr.write("peak " + process.resourceUsage().maxRSS));
    process.argv = [process.argv[0], "sbpc", "${command}", ${JSON.stringify(path)}, "--json"];
    await import(${JSON.stringify(entry)});`;
  const started = performance.now();
  const { stdout, stderr, status } = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
    encoding: "utf8",
  });
  const milliseconds = performance.now() - started;
  const peak = 1024 * Number(/peak (\d+)/.exec(stderr)?.[1]);
  const result = JSON.parse(stdout) as { readonly parameters?: number; readonly ok?: boolean };
  const said =
    command === "inspect" ? `${((result.parameters ?? 0) * 4) / 1e9} GB of weights` : `ok: ${result.ok}`;
  console.log(
    `${command.padEnd(8)} ${path.replace(/.*\//, "").padEnd(14)} ${(peak / 1e6).toFixed(0)} MB, ${milliseconds.toFixed(0)} ms (${said})`,
  );
  if (status !== 0 || !(peak < limitBytes)) process.exitCode = 1;
}

execFileSync("npm", ["run", "--silent", "build"], { stdio: "inherit" });
const folder = mkdtempSync(join(tmpdir(), "sbpc-large-"));
try {
  for (const path of [externalModel(folder), inlineModel(folder)])
    for (const command of ["inspect", "check"]) measure(command, path);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
