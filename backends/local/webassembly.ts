/** The part of the WebAssembly interface that shared-memory reductions use; the language library leaves it to the host. */

export interface WasmMemory {
  readonly buffer: SharedArrayBuffer;
}

interface WasmNamespace {
  readonly Memory: new (pages: { initial: number; maximum: number; shared: true }) => WasmMemory;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (
    module: object,
    imports: { readonly e: { readonly m: WasmMemory } },
  ) => { readonly exports: Readonly<Record<string, unknown>> };
  validate(bytes: Uint8Array): boolean;
}

export const wasm = (globalThis as unknown as { readonly WebAssembly: WasmNamespace }).WebAssembly;

export const wasmPage = 65536;
