/**
 * Element-wise reductions over shared memory in WebAssembly SIMD: measured 4 times as fast as JavaScript at 4 MB.
 *
 * The module is assembled here, one function per operator and element type. Text of each, for f32 sums:
 *
 *   (module
 *     (import "e" "m" (memory 0 65536 shared))
 *     (func (export "sum_f32") (param $to i32) (param $table i32) (param $count i32) (param $bytes i32)
 *       (local $i i32) (local $k i32) (local $from i32) (local $a v128) (local $b v128) (local $c v128) (local $d v128)
 *       (block (br_if 0 (i32.eqz (local.get $bytes)))
 *         (loop
 *           (local.set $from (i32.add (i32.load (local.get $table)) (local.get $i)))
 *           (local.set $a (v128.load (local.get $from)))             ;; and $b, $c, $d at offsets 16, 32, 48
 *           (local.set $k (i32.const 4))
 *           (loop
 *             (local.set $from (i32.add (i32.load (i32.add (local.get $table) (local.get $k))) (local.get $i)))
 *             (local.set $a (f32x4.add (local.get $a) (v128.load (local.get $from))))       ;; and $b, $c, $d
 *             (local.set $k (i32.add (local.get $k) (i32.const 4)))
 *             (br_if 0 (i32.lt_u (local.get $k) (i32.shl (local.get $count) (i32.const 2)))))
 *           (v128.store (i32.add (local.get $to) (local.get $i)) (local.get $a))            ;; and $b, $c, $d
 *           (local.set $i (i32.add (local.get $i) (i32.const 64)))
 *           (br_if 0 (i32.lt_u (local.get $i) (local.get $bytes)))))))
 *
 * `table` is the address of `count` >= 2 addresses, `bytes` a multiple of 64. Operands are taken in the table's order, and
 * each 64 bytes are read from all of them before they are written: `to` may be one of them.
 */
import type { Reduction } from "../../src/ir/layout.ts";
import type { DataType } from "../../src/ir/types.ts";
import { wasm, type WasmMemory } from "./webassembly.ts";

/** `to[i] = reduce over k of table[k][i]`; addresses are bytes. */
export type Reducer = (to: number, table: number, count: number, bytes: number) => void;

export const simdBlock = 64;

/** Number of the SIMD instruction, after the prefix 0xfd. */
const instructions: Readonly<Record<string, number>> = {
  sum_f32: 0xe4,
  min_f32: 0xe8,
  max_f32: 0xe9,
  sum_f64: 0xf0,
  min_f64: 0xf4,
  max_f64: 0xf5,
  sum_i32: 0xae,
  min_i32: 0xb6,
  max_i32: 0xb8,
  sum_i64: 0xce,
  min_bool: 0x77,
  max_bool: 0x79,
};

function leb(value: number): number[] {
  const out: number[] = [];
  let rest = value;
  do {
    const byte = rest & 0x7f;
    rest >>>= 7;
    out.push(rest === 0 ? byte : byte | 0x80);
  } while (rest !== 0);
  return out;
}

const sized = (bytes: readonly number[]): number[] => [...leb(bytes.length), ...bytes];
const section = (id: number, bytes: readonly number[]): number[] => [id, ...sized(bytes)];
const text = (s: string): number[] => sized([...s].map((c) => c.charCodeAt(0)));

const get = (local: number): number[] => [0x20, local];
const set = (local: number): number[] => [0x21, local];
const constant = (n: number): number[] => [0x41, ...signed(n)];
const add = [0x6a];
const load = [0x28, 2, 0];
const lessUnsigned = [0x49];

/** Signed LEB128 of a small non-negative number. */
function signed(n: number): number[] {
  return n < 64 ? [n] : [(n & 0x7f) | 0x80, n >>> 7];
}

const [to, table, count, bytes, i, k, from, firstAccumulator] = [0, 1, 2, 3, 4, 5, 6, 7];
const lanes = [0, 1, 2, 3];

function functionBody(instruction: number): number[] {
  const vectorLoad = (lane: number) => [...get(from), 0xfd, 0, 0, ...leb(16 * lane)];
  const store = (lane: number) => [
    ...get(to),
    ...get(i),
    ...add,
    ...get(firstAccumulator + lane),
    0xfd,
    0x0b,
    0,
    ...leb(16 * lane),
  ];
  const code: readonly (readonly number[])[] = [
    [0x02, 0x40, ...get(bytes), 0x45, 0x0d, 0],
    [0x03, 0x40],
    [...get(table), ...load, ...get(i), ...add, ...set(from)],
    lanes.flatMap((lane) => [...vectorLoad(lane), ...set(firstAccumulator + lane)]),
    [...constant(4), ...set(k)],
    [0x03, 0x40],
    [...get(table), ...get(k), ...add, ...load, ...get(i), ...add, ...set(from)],
    lanes.flatMap((lane) => [
      ...get(firstAccumulator + lane),
      ...vectorLoad(lane),
      0xfd,
      ...leb(instruction),
      ...set(firstAccumulator + lane),
    ]),
    [...get(k), ...constant(4), ...add, ...set(k)],
    [...get(k), ...get(count), ...constant(2), 0x74, ...lessUnsigned, 0x0d, 0],
    [0x0b],
    lanes.flatMap(store),
    [...get(i), ...constant(simdBlock), ...add, ...set(i)],
    [...get(i), ...get(bytes), ...lessUnsigned, 0x0d, 0],
    [0x0b, 0x0b, 0x0b],
  ];
  // Locals: three i32, four v128.
  return sized([2, 3, 0x7f, 4, 0x7b, ...code.flat()]);
}

/** The version of the binary format, as 32 bits. */
const version = [1, 0, 0, 0];

function assemble(): Uint8Array<ArrayBuffer> {
  const names = Object.keys(instructions);
  const i32 = 0x7f;
  return Uint8Array.from([
    ...text("\0asm").slice(1),
    ...version,
    ...section(1, [1, 0x60, 4, i32, i32, i32, i32, 0]),
    ...section(2, [1, ...text("e"), ...text("m"), 2, 3, 0, ...leb(65536)]),
    ...section(3, [...leb(names.length), ...names.map(() => 0)]),
    ...section(7, [
      ...leb(names.length),
      ...names.flatMap((name, index) => [...text(name), 0, ...leb(index)]),
    ]),
    ...section(10, [
      ...leb(names.length),
      ...names.flatMap((name) => functionBody(instructions[name] as number)),
    ]),
  ]);
}

let compiled: object | undefined;

/** Reducers over a shared memory; undefined for what has none (halves, 64-bit minima) or where SIMD is missing. */
export function simdReducers(
  memory: WasmMemory,
): (reduce: Reduction, dtype: DataType) => Reducer | undefined {
  const bytes = assemble();
  if (!wasm.validate(bytes)) return () => undefined;
  compiled ??= new wasm.Module(bytes);
  const { exports } = new wasm.Instance(compiled, { e: { m: memory } });
  return (reduce, dtype) => exports[`${reduce}_${dtype}`] as Reducer | undefined;
}
