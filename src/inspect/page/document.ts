/**
 * How a plan lies in a page: its own bytes, without segment bodies and without the models it was built from, as gzip (whose
 * checksum tells damage) in base64. What is equal in every layer is so stored once, and the page computes its numbers by the same code as the terminal.
 */
import { fail } from "../../diagnostics/diagnostic.ts";
import { decodePlan } from "../../plan/codec.ts";
import type { Plan } from "../../plan/plan.ts";

/** Id of the element that holds the plan. */
const planElement = "sbpc-plan";

export async function planOfPage(page: Document, name: string): Promise<Plan> {
  const text = page.getElementById(planElement)?.textContent ?? "";
  if (text.trim() === "") throw new Error(`${name} is not a page that sbpc wrote`);
  const packed = bytesOf(text.trim());
  const whole = packed && (await unpacked(packed));
  if (!whole)
    return fail("plan-damaged", { path: name, problem: "what it holds does not match its checksum" });
  return decodePlan(whole, name, { intact: true });
}

/** Undefined where the text is not base64. */
function bytesOf(base64: string): Uint8Array<ArrayBuffer> | undefined {
  let text: string;
  try {
    text = atob(base64);
  } catch {
    return undefined;
  }
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

/** Undefined where the checksum is wrong, or the bytes are no gzip. */
async function unpacked(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array | undefined> {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  try {
    return new Uint8Array(await new Response(stream).arrayBuffer());
  } catch {
    return undefined;
  }
}

/** The plan in a file that a person picked: another page, or a plan's own file. */
export async function planOfFile(file: Pick<File, "name" | "arrayBuffer">): Promise<Plan> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  const start = new TextDecoder().decode(bytes.subarray(0, 256)).trimStart().toLowerCase();
  if (start.startsWith("<!doctype html")) {
    const page = new DOMParser().parseFromString(new TextDecoder().decode(bytes), "text/html");
    return planOfPage(page, file.name);
  }
  return decodePlan(bytes, file.name);
}
