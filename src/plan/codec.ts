/** Plans as bytes: plan.proto in an envelope with a version and a digest. Equal plans give equal bytes. */
import { sha256 } from "@noble/hashes/sha2.js";
import { fail, SbpcError } from "../diagnostics/diagnostic.ts";
import { sbpc } from "./generated/plan.js";
import { planVersion, type Plan } from "./plan.ts";
import { readPlan } from "./read-plan.ts";
import { writePlan } from "./write-plan.ts";

/** The bytes "SBPC". */
const magic = 0x43504253;

export function encodePlan(plan: Plan): Uint8Array {
  const payload = sbpc.Plan.encode(writePlan(plan)).finish();
  return sbpc.PlanFile.encode({ magic, version: plan.version, digest: sha256(payload), payload }).finish();
}

/**
 * Reads what `encodePlan` wrote; `path` is what errors call it. Fails with `plan-damaged`, `plan-newer` or `plan-older`.
 * `intact`: what the bytes lay in has a checksum of its own, and it was right.
 */
export function decodePlan(bytes: Uint8Array, path: string, { intact = false } = {}): Plan {
  const damaged = (problem: string): never => fail("plan-damaged", { path, problem });
  const file =
    attempt(() => sbpc.PlanFile.decode(bytes)) ??
    damaged("it is not in the format of plans, or is cut short");
  if (file.magic !== magic) damaged("it does not begin as plans do");
  if (file.version > planVersion) fail("plan-newer", { path, version: file.version, supported: planVersion });
  if (!intact && !isDigest(file.digest, file.payload)) damaged("its content does not match its digest");
  if (file.version < planVersion) fail("plan-older", { path, version: file.version, supported: planVersion });
  return (
    attempt(() => readPlan(sbpc.Plan.decode(file.payload), file.version)) ??
    damaged("its content is not a plan")
  );
}

function isDigest(digest: Uint8Array, payload: Uint8Array): boolean {
  const own = sha256(payload);
  return digest.length === own.length && own.every((byte, i) => byte === digest[i]);
}

/** The result; undefined where the bytes cannot be read as they should. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof SbpcError) throw error;
    return undefined;
  }
}
