/**
 * The activation functions that recurrent operators name in attributes: with their parameters, by lower-case name.
 *
 * `activations` lists one name per function and direction; `activation_alpha` and `activation_beta` give values to those of
 * them that have such a parameter, in order, as far as they reach.
 */
import type { Call } from "./call.ts";

export type Activation = (x: number) => number;

interface ActivationSpec {
  /** Defaults of the parameters; absent where the function has none. */
  readonly alpha?: number;
  readonly beta?: number;
  readonly make: (alpha: number, beta: number) => Activation;
}

const activations: Readonly<Record<string, ActivationSpec>> = {
  relu: { make: () => (x) => Math.max(0, x) },
  tanh: { make: () => Math.tanh },
  sigmoid: { make: () => (x) => 1 / (1 + Math.exp(-x)) },
  softsign: { make: () => (x) => x / (1 + Math.abs(x)) },
  softplus: { make: () => (x) => Math.max(0, x) + Math.log1p(Math.exp(-Math.abs(x))) },
  affine: { alpha: 1, beta: 0, make: (alpha, beta) => (x) => alpha * x + beta },
  leakyrelu: { alpha: 0.01, make: (alpha) => (x) => (x < 0 ? alpha * x : x) },
  thresholdedrelu: { alpha: 1, make: (alpha) => (x) => (x > alpha ? x : 0) },
  elu: { alpha: 1, make: (alpha) => (x) => (x < 0 ? alpha * Math.expm1(x) : x) },
  scaledtanh: { alpha: 1, beta: 1, make: (alpha, beta) => (x) => alpha * Math.tanh(beta * x) },
  hardsigmoid: {
    alpha: 0.2,
    beta: 0.5,
    make: (alpha, beta) => (x) => Math.min(1, Math.max(0, alpha * x + beta)),
  },
};

/** One function with the values of its parameters; `key` is equal for equal functions. */
export interface NamedActivation {
  readonly key: string;
  readonly apply: Activation;
}

/**
 * The functions of every direction: `perDirection` names (`fallback` where the attribute is absent) for each of `directions`.
 * Reports names that are none, and a wrong count.
 */
export function activationsOf(
  call: Call,
  fallback: readonly string[],
  directions: number,
): NamedActivation[][] {
  const stated = call.strings("activations", []);
  const expected = fallback.length * directions;
  if (stated.length !== 0 && stated.length !== expected) {
    call.fail("bad-attribute", {
      name: "activations",
      problem: `names ${stated.length} functions, ${expected} are needed`,
    });
  }
  const names = stated.length > 0 ? stated : Array.from({ length: directions }, () => fallback).flat();
  const alphas = [...call.floats("activation_alpha", [])];
  const betas = [...call.floats("activation_beta", [])];
  const functions = names.map((name): NamedActivation => {
    const spec = activations[name.toLowerCase()];
    if (spec === undefined)
      call.fail("bad-attribute", { name: "activations", problem: `names ${name}, which is no function` });
    const alpha = spec.alpha === undefined ? 0 : (alphas.shift() ?? spec.alpha);
    const beta = spec.beta === undefined ? 0 : (betas.shift() ?? spec.beta);
    return { key: `${name.toLowerCase()} ${alpha} ${beta}`, apply: spec.make(alpha, beta) };
  });
  return Array.from({ length: directions }, (_, d) =>
    functions.slice(d * fallback.length, (d + 1) * fallback.length),
  );
}

/** The same functions as attributes of a call with one direction. */
export function activationAttributes(
  call: Call,
  functionsPerDirection: number,
): Readonly<Record<string, readonly string[] | { readonly floats: readonly number[] }>> {
  const names = call.strings("activations", []).slice(0, functionsPerDirection);
  if (names.length === 0) return {};
  const count = (parameter: "alpha" | "beta") =>
    names.filter((name) => activations[name.toLowerCase()]?.[parameter] !== undefined).length;
  const alphas = call.floats("activation_alpha", []).slice(0, count("alpha"));
  const betas = call.floats("activation_beta", []).slice(0, count("beta"));
  return {
    activations: names,
    ...(alphas.length === 0 ? {} : { activation_alpha: { floats: alphas } }),
    ...(betas.length === 0 ? {} : { activation_beta: { floats: betas } }),
  };
}
