/** The grid of models, meshes and hints on which plans must equal the unsharded model; a sample of it and the whole. */

export interface GridModel {
  readonly name: string;
  readonly file: string;
  readonly settings: Readonly<Record<string, string>>;
  readonly dims?: Readonly<Record<string, number>>;
  readonly batch: number;
}

export const models: readonly GridModel[] = [
  { name: "ViT-Tiny", file: "examples/vit.ts", settings: { size: "tiny" }, batch: 4 },
  { name: "ViT-Base", file: "examples/vit.ts", settings: { size: "base" }, batch: 2 },
  { name: "GPT-2", file: "examples/gpt.ts", settings: { layers: "4" }, dims: { seq: 40 }, batch: 4 },
  { name: "BERT", file: "examples/bert.ts", settings: { layers: "4" }, dims: { seq: 40 }, batch: 4 },
  { name: "MLP", file: "examples/mlp.ts", settings: {}, batch: 8 },
];

export const meshes: readonly string[] = [
  "1",
  "dp=2",
  "dp=3",
  "tp=2",
  "tp=3",
  "tp=4",
  "pp=2",
  "pp=4",
  "dp=2,tp=2",
  "dp=2,pp=2",
  "tp=2,pp=2",
  "dp=2,tp=2,pp=2",
  "a=2,b=2,c=2",
];

export interface GridCase {
  readonly model: GridModel;
  readonly mesh: string;
  readonly hints: boolean;
  readonly batch: number;
}

/** dp=3 runs with batch 7, so that every split of the batch is uneven. */
function gridCase(model: GridModel, mesh: string, hints: boolean): GridCase {
  return {
    model,
    mesh,
    hints,
    batch: mesh === "dp=3" ? 7 : Math.max(model.batch, mesh === "a=2,b=2,c=2" ? 8 : 0),
  };
}

export function wholeGrid(): GridCase[] {
  return models.flatMap((model) =>
    meshes.flatMap((mesh) => [true, false].map((hints) => gridCase(model, mesh, hints))),
  );
}

/** Touches every mesh and every model, hints on and off: the small models everywhere, ViT-Base once. */
export function sampledGrid(): GridCase[] {
  const small = models.filter((model) => model.name !== "ViT-Base");
  const spread = meshes.flatMap((mesh, i) => {
    const hints = i % 2 === 0;
    const one = small[i % small.length] as GridModel;
    const two = small[(i + 2) % small.length] as GridModel;
    return [gridCase(one, mesh, hints), gridCase(two, mesh, !hints)];
  });
  return [...spread, gridCase(models[1] as GridModel, "dp=2,tp=2", true)];
}
