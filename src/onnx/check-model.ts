/**
 * Checks a model as ONNX's own checker does, and the annotations for several devices, which that does not look at.
 *
 * All problems are found in one go, each with the node or tensor that has it and what to do. Weights are not read, but for
 * the indices of sparse tensors and files that state a checksum.
 */
import { sha1 } from "@noble/hashes/legacy.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { collectProblems, quote, type CheckContext, type Problems } from "./check-context.ts";
import { checkConfigurations } from "./check-devices.ts";
import { checkFunctions } from "./check-functions.ts";
import { checkGraph } from "./check-graph.ts";
import { externalProblem, isExternal, locateExternal } from "./external-data.ts";
import type { onnx } from "./generated/onnx-ml.js";
import type { DecodedModel } from "./model-file.ts";
import { importedOpsets, newestOpset } from "./opsets.ts";
import { tensorsOf } from "./walk.ts";

/** The newest IR version that there is. */
const latestIrVersion = 14;

/** Everything that is wrong with a model; errors, and warnings where tools may still take it. */
export function checkModel(model: DecodedModel): Diagnostic[] {
  const problems = collectProblems();
  const { proto } = model;
  const irVersion = Number(proto.irVersion);
  checkHead(problems, proto, irVersion);
  const opsets = importedOpsets(problems, proto.opsetImport ?? [], "The model");
  if (irVersion < 3 && opsets.size === 0) opsets.set("", 1);
  const version = opsets.get("") ?? opsets.get("ai.onnx") ?? 0;
  if (version > newestOpset)
    problems.report("opset-newer", { path: model.path, version, newest: newestOpset });
  const context: CheckContext = {
    model,
    problems,
    irVersion,
    opsets,
    isMain: true,
    inFunction: false,
    within: "",
  };
  checkConfigurations(context);
  checkGraph(context, proto.graph ?? {}, undefined);
  if (irVersion >= 8) checkFunctions(context);
  checkChecksums(problems, model);
  return problems.list();
}

function checkHead(problems: Problems, proto: onnx.ModelProto, irVersion: number): void {
  const ir = (problem: string): void =>
    problems.report("onnx-ir-version", { version: irVersion, problem, latest: latestIrVersion });
  if (irVersion <= 0) ir("there is no such version");
  if (irVersion > latestIrVersion) ir(`sbpc knows versions up to ${latestIrVersion}`);
  const keys = new Set<string>();
  for (const { key } of proto.metadataProps ?? []) {
    if (keys.has(key ?? ""))
      problems.report("onnx-duplicate", { place: "metadata_props", what: "the key", name: quote(key) });
    keys.add(key ?? "");
  }
  const imports = proto.opsetImport?.length ?? 0;
  if (irVersion >= 3 && imports === 0)
    problems.report("onnx-opset", { problem: "The model imports no opset" });
  if (irVersion < 3 && imports > 0)
    problems.report("onnx-opset", { problem: `IR version ${irVersion} has no opset_import, the model does` });
}

/** Holds files of external data to the checksums that tensors state of them; each file is read once. */
function checkChecksums(problems: Problems, model: DecodedModel): void {
  const digests = new Map<string, string>();
  for (const { tensor } of tensorsOf(model.proto)) {
    if (!isExternal(tensor)) continue;
    const found = locateExternal(model.files, tensor);
    if ("problem" in found || found.checksum === undefined) continue;
    const { path } = found.payload;
    const digest = digests.get(path) ?? digestOf(model, path);
    digests.set(path, digest);
    if (digest !== found.checksum.trim().toLowerCase())
      problems.add(
        externalProblem(tensor, path, `the file's SHA-1 is ${digest}, the tensor states ${found.checksum}`),
      );
  }
}

function digestOf(model: DecodedModel, path: string): string {
  const hash = sha1.create();
  const size = model.files.size(path) ?? 0;
  const part = 1 << 20;
  for (let at = 0; at < size; at += part) hash.update(model.files.read(path, at, Math.min(part, size - at)));
  return bytesToHex(hash.digest());
}
