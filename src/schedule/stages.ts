/** Which pipeline stage each layer is on: LiBai's rule. */

/**
 * The stage of every layer, ascending. Layers are dealt in equal numbers, the later stages one more where they do not divide;
 * where they do divide and there are at least 4 stages and 8 layers, the deal counts up to `stages - 1` more layers than there
 * are, so that the last stage, which also has the head, gets fewer: 12 layers on 4 stages are 3, 4, 4, 1.
 */
export function libaiStages(layers: number, stages: number): number[] {
  const lightensLast = stages >= 4 && layers >= 8 && layers % stages === 0;
  const counted = layers + (lightensLast ? Math.min(stages - 1, Math.floor(layers / stages)) : 0);
  const each = Math.floor(counted / stages);
  const extra = counted % stages;
  const ids: number[] = [];
  for (let stage = 0; stage < stages; stage++) {
    const count = each + (stage >= stages - extra ? 1 : 0);
    for (let i = 0; i < count && ids.length < layers; i++) ids.push(stage);
  }
  return ids;
}
