/** ImageDecoder: pixels out of a compressed stream. */
import { tensorType } from "../ir/types.ts";
import type { Call } from "./call.ts";
import { defineOp, type OpDefinition } from "./define.ts";
import { discreteResults } from "./gradients.ts";
import { dataDependentDim } from "./movement.ts";

function channelsIn(call: Call): number {
  const format = call.string("pixel_format", "RGB");
  if (format === "RGB" || format === "BGR") return 3;
  if (format === "Grayscale") return 1;
  return call.fail("bad-attribute", {
    name: "pixel_format",
    problem: `must be RGB, BGR or Grayscale, not ${format}`,
  });
}

const imageDecoder = defineOp({
  name: "ImageDecoder",
  doc: "The pixels of an encoded image, [height, width, channels].",
  since: 20,
  inputs: [1, 1],
  gradient: discreteResults,
  whole:
    "A compressed stream has no parts that could be decoded alone, and the size of the image stands inside it.",
  unevaluated: "it needs an image codec",
  infer: (call) => {
    if (call.dtype(0) !== "u8" || call.rank(0) !== 1) call.failShape("the stream must be a line of bytes");
    return [
      tensorType("u8", [dataDependentDim(call, "height"), dataDependentDim(call, "width"), channelsIn(call)]),
    ];
  },
});

export const imageDecoderOps: readonly OpDefinition[] = [imageDecoder];
