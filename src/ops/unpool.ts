/**
 * MaxUnpool: puts elements back to the places that MaxPool took them from, zeros elsewhere.
 *
 * The places count through the whole flattened output. They are MaxPool's: in the image of their own sample and channel, so that
 * batch and channels can be split. What lies in another image has no place in a shard.
 */
import { dimAdd, dimMul, isKnown, type Dim } from "../ir/dim.ts";
import { knownShape, tensorType } from "../ir/types.ts";
import { product, range } from "../support/collections.ts";
import type { Call } from "./call.ts";
import type { LocalizeContext } from "./contract.ts";
import { defineOp, type OpDefinition } from "./define.ts";
import { filled } from "./dense.ts";
import { reshapedTo } from "./gradients.ts";
import { iota, localDims, movedPartials } from "./movement.ts";
import { checkSpatial } from "./pool.ts";
import { listAttribute } from "./window.ts";

function unpoolShape(call: Call): readonly Dim[] {
  checkSpatial(call);
  const shape = call.shape(0);
  const asked = call.constantInts(2, "output_shape");
  if (asked !== undefined) {
    if (asked.length !== shape.length)
      call.failShape(`output_shape has ${asked.length} elements for ${shape.length} axes`);
    return asked;
  }
  const spatial = shape.slice(2);
  const kernel = call.ints("kernel_shape");
  if (kernel.length !== spatial.length)
    call.failShape(`a window of ${kernel.length} axes over ${spatial.length} spatial axes`);
  const [strides, pads] = [
    listAttribute(call, "strides", 1),
    listAttribute(call, "pads", 0, 2 * spatial.length),
  ];
  return [
    ...shape.slice(0, 2),
    ...spatial.map((size, i) => {
      const [stride, taps] = [strides[i] as number, kernel[i] as number];
      const cut = (pads[i] as number) + (pads[spatial.length + i] as number);
      return dimAdd(dimMul(size, stride), taps - stride - cut);
    }),
  ];
}

function image(call: Call): number {
  return product(
    unpoolShape(call)
      .slice(2)
      .map((dim) => (isKnown(dim) ? dim : 1)),
  );
}

/** Places in the flattened shard of the output from places in the whole of it. */
function localPlaces({ g, call, inputs, perDevice }: LocalizeContext): string {
  const places = inputs[1] as string;
  const [n, c, ...spatial] = localDims(g.type(places).shape) as [number, number, ...number[]];
  const [samples, channels] = call.shape(0).slice(0, 2) as [number, number];
  if (n === samples && c === channels) return places;
  const size = image(call);
  const first = perDevice(
    ({ inputs: [box] }) => ((box?.start[0] as number) * channels + (box?.start[1] as number)) * size,
  );
  const moved = g.op("Sub", [places, first]);
  if (c === channels || n === 1) return moved;
  // Every sample before this one skips the channels that other devices hold.
  const skipped = g.op("Mul", [iota(g, n), g.ints((channels - c) * size)]);
  const ones = range(spatial.length + 1).map(() => 1);
  return g.op("Sub", [moved, g.op("Reshape", [skipped, g.ints([n, ...ones])])]);
}

const maxUnpool = defineOp({
  name: "MaxUnpool",
  doc: "The elements at the places where MaxPool found them, each in the image of its sample and channel; zeros elsewhere.",
  since: 11,
  inputs: [2, 3],
  axes: (call) => {
    const factors = call.shape(0).map((_, axis) => (axis === 0 ? "n" : axis === 1 ? "c" : null));
    return { inputs: [factors, factors, call.has(2) ? [null] : null], outputs: [factors] };
  },
  partials: movedPartials,
  infer: (call) => {
    const [x, places] = [call.shape(0), call.shape(1)];
    if (
      x.length !== places.length ||
      x.some((dim, i) => isKnown(dim) && isKnown(places[i] as Dim) && dim !== places[i])
    )
      call.failShape("every element needs a place: the first two inputs must have one shape");
    return [tensorType(call.dtype(0), unpoolShape(call))];
  },
  localize: (context) => {
    const { g, call, inputs, outputTypes } = context;
    const shape = call.has(2) ? g.ints(localDims(outputTypes[0]?.shape ?? [])) : null;
    return [
      g.op(
        "MaxUnpool",
        [inputs[0] as string, localPlaces(context), ...(shape === null ? [] : [shape])],
        call.attributes,
      ),
    ];
  },
  evaluate: ({ call, inputs: [x, places] }) => {
    const y = filled(call.dtype(0), localDims(unpoolShape(call)), 0);
    places?.data.forEach((place, i) => {
      if (place < y.data.length) y.data[place] = x?.data[i] as number;
    });
    return [y];
  },
  // What lies at its place; of elements that share one all get it, as in PyTorch, though only the last is there.
  gradient: ({ g, call, inputs: [x, places], gradients: [dy] }) => {
    const [n, c] = knownShape(call.tensor(0)) as [number, number];
    const flat = (value: string) => g.op("Reshape", [value, g.ints([n, c, -1])]);
    const inImage = g.op("Mod", [flat(places as string), g.ints(image(call))]);
    const gathered = g.op("GatherElements", [flat(dy as string), inImage], { axis: 2 });
    return [
      reshapedTo(g, gathered, knownShape(g.type(x as string))),
      ...call.inputs.slice(1).map(() => null),
    ];
  },
});

export const unpoolOps: readonly OpDefinition[] = [maxUnpool];
