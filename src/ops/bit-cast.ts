/** BitCast: the same bits read as another type of the same width. */
import { allocate, bytesView, hasNumbers, readNumber, viewBytes, writeNumber } from "../ir/tensor-data.ts";
import { dataTypes, isInteger, type DataType } from "../ir/types.ts";
import type { Call } from "./call.ts";
import type { Dense } from "./contract.ts";
import { castTarget } from "./convert.ts";
import { defineOp, type OpDefinition } from "./define.ts";
import { up } from "./elementwise.ts";
import { movesFirst } from "./movement.ts";

function bitTarget(call: Call): DataType {
  const [from, to] = [call.dtype(0), castTarget(call)];
  if (from === "string" || to === "string" || dataTypes[from][1] !== dataTypes[to][1])
    call.fail("dtype-mismatch", {
      problem: `${to} is not as wide as ${from}`,
      types: call.printShapes(),
    });
  return to;
}

const bitCast = defineOp({
  name: "BitCast",
  doc: "The same bits read as the type `to`, which is as wide.",
  since: 26,
  inputs: [1, 1],
  gradient: { none: "it takes the bits of numbers as other numbers, which is no continuous function" },
  axes: "... -> ...",
  dtypes: (call) => [bitTarget(call)],
  // Integers of one width add up to the same bits, signed or not; false and true are 0 and 1.
  partials: (call) => {
    const [from, to] = [call.dtype(0), bitTarget(call)];
    if (from === to) return movesFirst;
    if (from === "bool" && isInteger(to)) return { monotone: [up(0)] };
    return isInteger(from) && isInteger(to) ? { linear: [[0]] } : {};
  },
  evaluate: ({ call, inputs: [input] }) => {
    const x = input as Dense;
    const to = bitTarget(call);
    if (!hasNumbers(x.dtype) || !hasNumbers(to))
      call.fail("dtype-mismatch", {
        problem: `no numbers of ${x.dtype} or ${to}`,
        types: call.printShapes(),
      });
    const from = allocate(x.dtype, x.data.length);
    x.data.forEach((value, i) => {
      writeNumber(x.dtype, from, i, value);
    });
    const bits = viewBytes(to, bytesView(from));
    return [{ dtype: to, shape: x.shape, data: x.data.map((_, i) => readNumber(to, bits, i)) }];
  },
});

export const bitCastOps: readonly OpDefinition[] = [bitCast];
