/** Halves as f32 and back, fast enough for whole tensors. */

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

let halves: Float32Array | undefined;

/** The f32 value of every f16, by its bits. */
export function halfTable(): Float32Array {
  if (halves !== undefined) return halves;
  const table = new Float32Array(65536);
  for (let i = 0; i < 65536; i++) {
    const sign = i & 0x8000 ? -1 : 1;
    const exponent = (i >> 10) & 31;
    const fraction = i & 1023;
    if (exponent === 0) table[i] = sign * fraction * 2 ** -24;
    else if (exponent === 31) table[i] = fraction === 0 ? sign * Infinity : NaN;
    else table[i] = sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  }
  halves = table;
  return table;
}

/** Bits of the f16 nearest to an f32, ties to even. */
export function toHalf(value: number): number {
  float[0] = value;
  const x = bits[0] as number;
  const sign = (x >>> 16) & 0x8000;
  const magnitude = x & 0x7fffffff;
  if (magnitude >= 0x47800000) return sign | (magnitude > 0x7f800000 ? 0x7e00 : 0x7c00);
  if (magnitude < 0x38800000) {
    // Below 2^-14: adding 0.5 leaves the rounded multiple of 2^-24 in the low bits.
    bits[0] = magnitude;
    float[0] = (float[0] as number) + 0.5;
    return sign | ((bits[0] as number) - 0x3f000000);
  }
  return sign | ((magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13);
}

/** Bits of the bf16 nearest to an f32, ties to even. */
export function toBfloat(value: number): number {
  float[0] = value;
  const x = bits[0] as number;
  if (value !== value) return 0x7fc0;
  return ((x + 0x7fff + ((x >>> 16) & 1)) >>> 16) & 0xffff;
}

export function fromBfloat(half: number): number {
  bits[0] = half << 16;
  return float[0] as number;
}
