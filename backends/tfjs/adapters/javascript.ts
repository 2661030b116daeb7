/** tfjs on the CPU: in plain JavaScript, and in WebAssembly. Both run in one thread. */
import { choose, importPackage, type Adapter, type Opened } from "./adapter.ts";
import { withFastProducts } from "./wasm-products.ts";

async function open(
  kernelsOf: string,
  backend: string,
  name: string,
  load: () => Promise<unknown>,
  sharesMemory: boolean,
): Promise<Opened> {
  const core = "@tensorflow/tfjs-core";
  const tf = await importPackage(core, backend, () => import("@tensorflow/tfjs-core"));
  await importPackage(name, backend, load);
  await choose(tf, kernelsOf, backend);
  return { tf, kernelsOf, sharesMemory };
}

export const openCpu: Adapter = () =>
  open(
    "cpu",
    "tfjs on cpu",
    "@tensorflow/tfjs-backend-cpu",
    () => import("@tensorflow/tfjs-backend-cpu"),
    true,
  );

export const openWasm: Adapter = async () => {
  const opened = await open(
    "wasm",
    "tfjs on wasm",
    "@tensorflow/tfjs-backend-wasm",
    () => import("@tensorflow/tfjs-backend-wasm"),
    false,
  );
  return { ...opened, tf: withFastProducts(opened.tf) };
};
