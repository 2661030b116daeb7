/**
 * tfjs: interprets a segment call by call on the kernels of tfjs-core, which is injected: on the CPU in JavaScript, in
 * WebAssembly, on WebGPU, or on a GPU through `@tensorflow/tfjs-node-gpu`.
 */
import { fail } from "../../src/diagnostics/diagnostic.ts";
import type { Graph } from "../../src/ir/graph.ts";
import { importOnnx } from "../../src/onnx/import/import.ts";
import type { Backend, BackendOptions, HostTensor, LoadedSegment } from "../../src/plan/backend.ts";
import { bindInputs } from "../onnxruntime/bind.ts";
import type { Opened } from "./adapters/adapter.ts";
import { adapters } from "./adapters/table.ts";
import { heldBytes, isTensor, toHost, toValue, type Held, type Value } from "./elements.ts";
import { compileProgram } from "./program.ts";

export async function createBackend(options: BackendOptions): Promise<Backend<Held>> {
  const open = adapters[options.device];
  if (open === undefined) {
    return fail("backend-missing", {
      backend: `tfjs on ${options.device}`,
      problem: "there is no such device",
      remedy: `Use --device ${Object.keys(adapters).join(" or ")}.`,
    });
  }
  return tfjsBackend(options.device, await open());
}

/** The backend over an instance of tfjs-core whose backend is chosen already. */
export function tfjsBackend(device: string, opened: Opened): Backend<Held> {
  const { tf } = opened;
  const name = `tfjs on ${device}`;
  const registered = new Set(tf.getKernelsForBackend(opened.kernelsOf).map(({ kernelName }) => kernelName));
  const upload = (tensor: HostTensor): Value => toValue(tf, name, tensor);

  /** A graph whose inputs `bound` names are there already. */
  const program = (graph: Graph, bound: ReadonlyMap<string, HostTensor>): LoadedSegment<Held> => {
    const held = new Map([...bound].map(([input, tensor]) => [input, upload(tensor)]));
    const made = compileProgram(graph, held, {
      tf,
      backend: name,
      registered,
      upload: (data) => upload(data as HostTensor),
    });
    const dtypes = graph.outputs.map(({ value }) => {
      const type = graph.values.get(value)?.type;
      return type?.kind === "tensor" ? type.dtype : "f32";
    });
    return {
      run: async (inputs) => {
        const values = await made.run(inputs.map(({ value }) => value));
        return values.map((value, i): Held => ({ value, dtype: dtypes[i] ?? "f32" }));
      },
      release: async () => made.release(),
    };
  };

  return {
    name: "tfjs",
    // Whole numbers that are bound (tables of the device, counts) may decide shapes: they become constants of the model.
    load: async (model, bound) => {
      const isKnown = ([, { dtype }]: readonly [string, HostTensor]) => /^[iu]|^bool/.test(dtype);
      const known = new Map([...bound].filter(isKnown));
      const floats = new Map([...bound].filter((entry) => !isKnown(entry)));
      return program(importOnnx(known.size === 0 ? model : bindInputs(model, known)).graph, floats);
    },
    loadFile: async (path) =>
      fail("backend-missing", {
        backend: name,
        problem: `it runs segments, not files (${path})`,
        remedy: "Use --backend onnxruntime.",
      }),
    upload: (tensor) => ({ value: upload(tensor), dtype: tensor.dtype }),
    download: (held) => toHost(held, opened.sharesMemory),
    byteLength: heldBytes,
    free: ({ value }) => {
      if (isTensor(value)) value.dispose();
    },
    close: async () => undefined,
  };
}
