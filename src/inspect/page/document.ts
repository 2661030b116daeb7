/**
 * How a plan lies in a page: its own bytes, without segment bodies and without the models it was built from, deflated and in
 * base64. What is equal in every layer is so stored once, and the page computes its numbers by the same code as the terminal.
 */
import { decodePlan } from "../../plan/codec.ts";
import type { Plan } from "../../plan/plan.ts";

/** Id of the element that holds the plan. */
const planElement = "sbpc-plan";

export async function planOfPage(page: Document, name: string): Promise<Plan> {
  const text = page.getElementById(planElement)?.textContent ?? "";
  if (text.trim() === "") throw new Error(`${name} is not a page that sbpc wrote`);
  const bytes = Uint8Array.from(atob(text.trim()), (char) => char.charCodeAt(0));
  const inflated = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return decodePlan(new Uint8Array(await new Response(inflated).arrayBuffer()), name);
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
