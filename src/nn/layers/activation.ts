/** Activations by the names that LiBai gives them. */
import type { Tensor } from "../tensor.ts";

export const activations = {
  gelu: (x: Tensor) => x.gelu(),
  gelu_tanh: (x: Tensor) => x.gelu("tanh"),
  /** x σ(1.702 x). */
  quick_gelu: (x: Tensor) => x.mul(x.mul(1.702).sigmoid()),
  relu: (x: Tensor) => x.relu(),
  squared_relu: (x: Tensor) => {
    const positive = x.relu();
    return positive.mul(positive);
  },
  leaky_relu: (x: Tensor) => x.apply("LeakyRelu", [], { alpha: { float: 0.01 } }),
  silu: (x: Tensor) => x.mul(x.sigmoid()),
  sigmoid: (x: Tensor) => x.sigmoid(),
  tanh: (x: Tensor) => x.tanh(),
  passthrough: (x: Tensor) => x,
} as const satisfies Record<string, (x: Tensor) => Tensor>;

export type Activation = keyof typeof activations;
