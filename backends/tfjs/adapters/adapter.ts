/** What an adapter is: how one of tfjs's backends is had in Node, and how it is found to be missing. */
import { fail } from "../../../src/diagnostics/diagnostic.ts";
import type { Tf } from "../kernel.ts";

export interface Opened {
  readonly tf: Tf;
  /** The name under which its kernels are registered. */
  readonly kernelsOf: string;
  /** Whether its tensors hand out the very memory that they live in: what is read is to be copied. */
  readonly sharesMemory: boolean;
}

/** Error: backend-missing. */
export type Adapter = () => Promise<Opened>;

/** Imports a package; `load` is the import itself. */
export async function importPackage<T>(name: string, backend: string, load: () => Promise<T>): Promise<T> {
  try {
    const module = (await load()) as T & { readonly default?: T };
    // Of a CommonJS package, what it exports may be there under `default` alone.
    return module.default ?? module;
  } catch (error) {
    if (!isAbsent(error, name)) throw error;
    return fail("backend-missing", {
      backend,
      problem: `the package ${name} is not installed`,
      remedy: `Run: npm install ${name}`,
    });
  }
}

/** Whether the error says that this very package is not there (not one that it needs). */
export function isAbsent(error: unknown, name: string): boolean {
  const { code, message = "" } = error as { readonly code?: string; readonly message?: string };
  const isMissing = code === "ERR_MODULE_NOT_FOUND" || code === "MODULE_NOT_FOUND";
  return isMissing && message.includes(`'${name}'`);
}

/** Makes a backend of tfjs-core the one that runs. */
export async function choose(tf: Tf, kernelsOf: string, backend: string): Promise<void> {
  // Production: no check of every result for NaN, no advice on standard error.
  tf.enableProdMode();
  let problem = "it could not be initialised";
  const isChosen = await tf.setBackend(kernelsOf).catch((error: unknown) => {
    problem = (error as Error).message;
    return false;
  });
  if (!isChosen) fail("backend-missing", { backend, problem, remedy: "Use another --device." });
  await tf.ready();
}
