/**
 * What is said where one of tfjs's backends is not there. `@tensorflow/tfjs-node-gpu` cannot be installed without a download of
 * libtensorflow: a fake with its real surface stands for it, whose kernels are those of tfjs's CPU backend under its names.
 */
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, test, vi } from "vitest";
import { placeOf } from "../../../src/backends.ts";
import { SbpcError } from "../../../src/diagnostics/diagnostic.ts";
import { openNodeGpuOn } from "../../../backends/tfjs/adapters/node-gpu.ts";
import { openWebGpuWith, type Dawn } from "../../../backends/tfjs/adapters/webgpu.ts";
import { createBackend, tfjsBackend } from "../../../backends/tfjs/index.ts";
import type { Tf } from "../../../backends/tfjs/kernel.ts";
import { model } from "../run/support.ts";

async function problemOf(
  run: () => Promise<unknown>,
): Promise<{ code: string; text: string; remedy: string }> {
  try {
    await run();
  } catch (error) {
    if (!(error instanceof SbpcError)) throw error;
    const [first] = error.diagnostics;
    return { code: first?.code ?? "", text: first?.message ?? "", remedy: first?.remedy ?? "" };
  }
  throw new Error("no error");
}

const absent = (name: string) =>
  Object.assign(new Error(`Cannot find package '${name}' imported from /app/index.js`), {
    code: "ERR_MODULE_NOT_FOUND",
  });

/** As version 4.22.0: everything of tfjs, its backend called "tensorflow", whose object knows whether it is on a GPU. */
function fakeNodeGpu(onGpu: boolean): Tf {
  const backend = {
    isGPUPackage: true,
    isUsingGpuDevice: onGpu,
    binding: { isUsingGpuDevice: () => onGpu },
  };
  // `default` is what an import of a CommonJS package has besides: its exports.
  return {
    ...tf,
    default: undefined,
    ready: async () => undefined,
    getBackend: () => "tensorflow",
    backend: () => backend,
  } as unknown as Tf;
}

const name = "@tensorflow/tfjs-node-gpu";
const node = "22.23.0";

describe("tfjs-node-gpu", () => {
  test("is refused on a version of Node that it cannot run on, before it is looked for", async () => {
    let asked = false;
    const load = async () => {
      asked = true;
      return fakeNodeGpu(true);
    };
    const { code, text, remedy } = await problemOf(() => openNodeGpuOn({ node: "24.21.0", load }));
    expect(code).toBe("backend-missing");
    expect(text).toContain("24.21.0");
    expect(remedy).toContain("22");
    expect(asked).toBe(false);
  });

  test("is said to be missing where the package is not there", async () => {
    const load = () => Promise.reject(absent(name));
    const { code, text, remedy } = await problemOf(() => openNodeGpuOn({ node, load }));
    expect(code).toBe("backend-missing");
    expect(text).toContain("not installed");
    expect(remedy).toBe(`Run: npm install ${name}`);
  });

  test("an error of another package is not taken for that", async () => {
    const load = () => Promise.reject(absent("adm-zip"));
    await expect(openNodeGpuOn({ node, load })).rejects.toThrow("adm-zip");
  });

  const native = [
    // As index.js throws it: a plain error.
    new Error(
      "The Node.js native addon module (tfjs_binding.node) can not be found at path: /app/node_modules/@tensorflow/tfjs-node-gpu/lib/napi-v8/tfjs_binding.node. \nPlease run command 'npm rebuild @tensorflow/tfjs-node-gpu --build-addon-from-source' to rebuild the native addon module.",
    ),
    Object.assign(
      new Error("libtensorflow.so.2: cannot open shared object file: No such file or directory"),
      {
        code: "ERR_DLOPEN_FAILED",
      },
    ),
  ];
  test.each(native)("is said to lack its native addon: %s", async (error) => {
    const load = () => Promise.reject(error);
    const { code, text, remedy } = await problemOf(() => openNodeGpuOn({ node, load }));
    expect(code).toBe("backend-missing");
    expect(text).toContain("native addon");
    expect(text).toContain((error.message.split("\n")[0] as string).trim());
    expect(remedy).toContain("CUDA 11.2");
  });

  test("is refused where it would run on the CPU", async () => {
    const load = async () => fakeNodeGpu(false);
    const { code, text, remedy } = await problemOf(() => openNodeGpuOn({ node, load }));
    expect(code).toBe("backend-missing");
    expect(text).toContain("found no GPU");
    expect(text).toContain("CUDA_VISIBLE_DEVICES");
    expect(remedy).toContain("libcudart.so.11.0");
  });

  test("runs segments on the kernels that it registers, and names those that it lacks", async () => {
    await createBackend({ device: "cpu", threads: 1 });
    const lacking = new Set(["Erf"]);
    for (const kernel of tf.getKernelsForBackend("cpu"))
      if (!lacking.has(kernel.kernelName)) tf.registerKernel({ ...kernel, backendName: "tensorflow" });
    const opened = await openNodeGpuOn({ node, load: async () => fakeNodeGpu(true) });
    const backend = tfjsBackend("cuda", opened);
    const add = model([[3], [3]], [[3]], [{ op: "Add", inputs: ["i0", "i1"], outputs: ["o0"] }]);
    const segment = await backend.load(add, new Map());
    const x = backend.upload({ dtype: "f32", shape: [3], data: Float32Array.of(1, 2, 3) });
    const [sum] = await segment.run([x, x]);
    expect(sum === undefined ? [] : [...(await backend.download(sum)).data]).toEqual([2, 4, 6]);
    const erf = model([[3]], [[3]], [{ op: "Erf", inputs: ["i0"], outputs: ["o0"] }]);
    const { code, text } = await problemOf(() => backend.load(erf, new Map()));
    expect(code).toBe("kernel-missing");
    expect(text).toMatch(/tfjs on cuda .*Erf.*no kernel Erf/);
  });
});

describe("tfjs on WebGPU", () => {
  const dawn = (adapter: unknown): Dawn => ({
    create: () => ({ requestAdapter: async () => adapter }),
    globals: {},
  });
  const load = (parts: Partial<Parameters<typeof openWebGpuWith>[0]>) => ({
    dawn: async () => dawn({}),
    core: async () => tf as Tf,
    backend: async () => ({}),
    ...parts,
  });

  test("says which package is not there", async () => {
    for (const [part, missing] of [
      ["dawn", "webgpu"],
      ["core", "@tensorflow/tfjs-core"],
      ["backend", "@tensorflow/tfjs-backend-webgpu"],
    ] as const) {
      const refused = () => Promise.reject(absent(missing));
      const { code, remedy } = await problemOf(() => openWebGpuWith(load({ [part]: refused })));
      expect(code).toBe("backend-missing");
      expect(remedy).toBe(`Run: npm install ${missing}`);
    }
  });

  test("says that there is no adapter", async () => {
    const { code, text } = await problemOf(() => openWebGpuWith(load({ dawn: async () => dawn(null) })));
    expect(code).toBe("backend-missing");
    expect(text).toContain("no GPU adapter");
  });
});

test("every device of tfjs on CUDA is shown one GPU, of those that are visible", () => {
  const shown = (visible: string | undefined, ranks: number) => {
    vi.stubEnv("CUDA_VISIBLE_DEVICES", visible);
    return placeOf("tfjs", "cuda")
      .environments?.(ranks)
      .map((one) => one["CUDA_VISIBLE_DEVICES"]);
  };
  expect(shown(undefined, 2)).toEqual(["0", "1"]);
  expect(shown("2,5,7", 2)).toEqual(["2", "5"]);
  // Where there are too few, the last ones see none, and say so.
  expect(shown("2", 2)).toEqual(["2", ""]);
  vi.unstubAllEnvs();
  expect(placeOf("tfjs", "cuda").processes).toBe(true);
});

test("an unknown device is named, and what there is", async () => {
  const { code, remedy } = await problemOf(() => createBackend({ device: "tpu", threads: 1 }));
  expect(code).toBe("backend-missing");
  expect(remedy).toContain("cpu or wasm or webgpu or cuda");
});
