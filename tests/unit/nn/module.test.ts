/** Module paths, layers, and the user's line on every node and parameter. */
import { describe, expect, test } from "vitest";
import {
  buildModel,
  defineModel,
  Dropout,
  input,
  LayerNorm,
  Linear,
  MLP,
  Module,
  Parameter,
  SbpcError,
} from "sbpc";
import {
  Sequential,
  TransformerLayer,
  type BuildOptions,
  type Graph,
  type Node,
  type PipelineStages,
  type Tensor,
} from "sbpc";

interface Rest {
  readonly layers?: number;
  readonly pipelineStages?: PipelineStages;
}

function built(build: (x: Tensor) => Tensor, rest: Rest = {}, options: BuildOptions = {}): Graph {
  const inputs = { x: input("f32", ["batch", 5, 8]) };
  return buildModel(
    defineModel({ name: "m", dims: { batch: 2 }, inputs, build: ({ x }) => build(x), ...rest }),
    options,
  );
}

/** The line that called this, by the engine's own count. */
function here(): number {
  const frame = new Error().stack?.split("\n")[2] ?? "";
  return Number(/:(\d+):\d+\)?$/.exec(frame)?.[1]);
}

function lineOf(at: { readonly location: Node["location"] } | undefined): string {
  return at?.location.kind === "source" ? `${at.location.file}:${at.location.line}` : "nowhere";
}

function parameterNames(graph: Graph): string[] {
  return graph.sources.filter((source) => source.kind === "parameter").map((source) => source.value);
}

function node(graph: Graph, op: string, index = 0): Node | undefined {
  return graph.nodes.filter((n) => n.op === op)[index];
}

class Block extends Module {
  norm = new LayerNorm(8);
  mlp = new MLP(8, 16);
  gain = new Parameter([8]);
  inner: Linear[] = [new Linear(8, 8), new Linear(8, 8, { bias: false })];
  lineOfMul = 0;

  forward(x: Tensor): Tensor {
    let y = this.mlp.call(this.norm.call(x));
    for (const linear of this.inner) y = linear.call(y);
    this.lineOfMul = here() + 1;
    return y.mul(this.gain);
  }
}

class Stack extends Module {
  blocks = new Sequential([new Block(), new Block()]);

  forward(x: Tensor): Tensor {
    return this.blocks.call(x);
  }
}

describe("paths", () => {
  test("are the names of properties, indices of arrays and of Sequential", () => {
    const graph = built((x) => new Stack().call(x));
    const block = (i: number) => [
      `blocks.${i}.norm.weight`,
      `blocks.${i}.norm.bias`,
      `blocks.${i}.mlp.denseHTo4h.weight`,
      `blocks.${i}.mlp.denseHTo4h.bias`,
      `blocks.${i}.mlp.dense4hToH.weight`,
      `blocks.${i}.mlp.dense4hToH.bias`,
      `blocks.${i}.inner.0.weight`,
      `blocks.${i}.inner.0.bias`,
      `blocks.${i}.inner.1.weight`,
      `blocks.${i}.gain`,
    ];
    expect(parameterNames(graph)).toEqual([...block(0), ...block(1)]);
    expect(graph.nodes.every((n) => n.name.startsWith(`${n.module}.`))).toBe(true);
    expect(node(graph, "Gelu", 1)).toMatchObject({ module: "blocks.1.mlp", name: "blocks.1.mlp.Gelu" });
  });

  test("outermost modules without modules of their own are named after their class", () => {
    const graph = built((x) => new Linear(8, 8).call(new Linear(8, 8, { bias: false }).call(x)));
    expect(parameterNames(graph)).toEqual(["linear_1.weight", "linear.weight", "linear.bias"]);
  });

  test("the first outermost module with modules has none, the next the name of its class", () => {
    const graph = built((x) => {
      const [first, second] = [new Stack(), new Stack()];
      return second.call(first.call(x));
    });
    const names = parameterNames(graph);
    expect(names.slice(0, 10).every((name) => name.startsWith("blocks."))).toBe(true);
    expect(names.slice(20).every((name) => name.startsWith("stack.blocks."))).toBe(true);
  });

  test("a module made within forward lies under the module whose forward it is", () => {
    class Late extends Module {
      first = new Linear(8, 8);
      forward(x: Tensor): Tensor {
        return new Linear(8, 8).call(this.first.call(x));
      }
    }
    const names = parameterNames(built((x) => new Sequential([new Late()]).call(x)));
    expect(names).toEqual(["0.first.weight", "0.first.bias", "0.linear.weight", "0.linear.bias"]);
  });

  test("a parameter used twice is one source; used outside any call it still has its name", () => {
    const graph = built((x) => {
      const block = new Block();
      return x.mul(block.gain).add(block.gain);
    });
    expect(parameterNames(graph)).toEqual(["gain"]);
  });

  test("a parameter that no module holds", () => {
    expect(parameterNames(built((x) => x.mul(new Parameter([8])).mul(new Parameter([8]))))).toEqual([
      "parameter",
      "parameter_1",
    ]);
  });
});

describe("lines", () => {
  test("an operator carries the line that asked for it", () => {
    let line = 0;
    const graph = built((x) => {
      const y = x.relu();
      line = here() + 1;
      return y.add(1);
    });
    expect(lineOf(node(graph, "Relu"))).toBe(`module.test.ts:${line - 2}`);
    expect(lineOf(node(graph, "Add"))).toBe(`module.test.ts:${line}`);
    expect(graph.sources.filter((source) => source.kind === "constant").map(lineOf)).toEqual([
      `module.test.ts:${line}`,
    ]);
  });

  test("inside the package's layers it is the line that called the layer", () => {
    let line = 0;
    const graph = built((x) => {
      const layer = new TransformerLayer({ hiddenSize: 8, ffnHiddenSize: 16, numAttentionHeads: 2 });
      line = here() + 1;
      return layer.call(x);
    });
    expect(graph.nodes.length).toBeGreaterThan(15);
    expect(new Set(graph.nodes.map(lineOf))).toEqual(new Set([`module.test.ts:${line}`]));
    const parameters = graph.sources.filter((source) => source.kind === "parameter");
    expect(new Set(parameters.map(lineOf))).toEqual(new Set([`module.test.ts:${line - 2}`]));
  });

  test("inside a user's module called from the package's it is the user's again", () => {
    const block = { current: undefined as Block | undefined };
    const graph = built((x) => {
      block.current = new Block();
      return new Sequential([block.current]).call(x);
    });
    expect(lineOf(node(graph, "Mul"))).toBe(`module.test.ts:${block.current?.lineOfMul}`);
  });

  test("a class derived from a layer of the package is the user's", () => {
    let line = 0;
    class Doubled extends Linear {
      override forward(x: Tensor): Tensor {
        line = here() + 1;
        return super.forward(x).mul(2);
      }
    }
    const graph = built((x) => new Doubled(8, 8).call(x));
    expect(lineOf(node(graph, "Mul"))).toBe(`module.test.ts:${line}`);
    expect(lineOf(node(graph, "MatMul"))).toBe(`module.test.ts:${line}`);
  });

  test("deep recursion in the user's code and in the package's does not hide it", () => {
    const nest = (x: Tensor, depth: number): Tensor => (depth === 0 ? x.relu() : nest(x, depth - 1));
    expect(
      lineOf(
        node(
          built((x) => nest(x, 300)),
          "Relu",
        ),
      ),
    ).toMatch(/^module\.test\.ts:\d+$/);

    let line = 0;
    const graph = built((x) => {
      let inner: Module = new Linear(8, 8);
      for (let i = 0; i < 40; i++) inner = new Sequential([inner]);
      class Outer extends Sequential {
        override forward(y: Tensor): Tensor {
          line = here() + 1;
          return super.forward(y);
        }
      }
      return new Outer([inner]).call(x);
    });
    expect(lineOf(node(graph, "MatMul"))).toBe(`module.test.ts:${line}`);
  });
});

describe("layers", () => {
  test("nodes and parameters carry the innermost layerIdx around them", () => {
    class Net extends Module {
      first = new Block({ layerIdx: 0 });
      second = new Sequential([new Linear(8, 8), new Linear(8, 8, { layerIdx: -1 })], { layerIdx: 3 });
      free = new Linear(8, 8);
      forward(x: Tensor): Tensor {
        return this.free.call(this.second.call(this.first.call(x)));
      }
    }
    const graph = built((x) => new Net().call(x));
    const layerOf = new Map([
      ...graph.nodes.map((n) => [n.module, n.layer] as const),
      ...graph.sources.flatMap((s) => (s.kind === "parameter" ? [[s.value, s.layer] as const] : [])),
    ]);
    expect(layerOf.get("first.mlp.denseHTo4h")).toBe(0);
    expect(layerOf.get("first.gain")).toBe(0);
    expect(layerOf.get("second.0.weight")).toBe(3);
    expect(layerOf.get("second.0")).toBe(3);
    expect(layerOf.get("second.1")).toBe(-1);
    expect(layerOf.get("second.1.bias")).toBe(-1);
    expect(layerOf.get("free")).toBe(undefined);
    expect(graph.layers).toBe(4);
  });

  test.each([4, -2, 1.5])("layerIdx %d of a model of 4 layers is refused at the layer's line", (layerIdx) => {
    let line = 0;
    const build = (x: Tensor) => {
      line = here() + 1;
      const layer = new Linear(8, 8, { layerIdx });
      return layer.call(x);
    };
    expect(() => built(build, { layers: 4 })).toThrow(/layer-out-of-range/);
    expect(() => built(build, { layers: 4 })).toThrow(`module.test.ts:${line}: `);
  });

  test("a list of stages has one stage per layer, ascending from 0 without gaps", () => {
    const build = (x: Tensor) =>
      new Sequential([new Linear(8, 8, { layerIdx: 0 }), new Linear(8, 8, { layerIdx: 2 })]).call(x);
    expect(built(build, { pipelineStages: [0, 0, 1] }).layerStages).toEqual([0, 0, 1]);
    expect(built(build, { pipelineStages: "balanced" }).layerStages).toBe("balanced");
    for (const pipelineStages of [
      [0, 1],
      [1, 1, 2],
      [0, 2, 2],
      [0, 1, 0],
      [0, 0.5, 1],
    ]) {
      expect(() => built(build, { pipelineStages })).toThrow(/bad-stage-list/);
    }
  });
});

describe("modules", () => {
  test("apply reaches every module, parameters are listed once", () => {
    built((x) => {
      const stack = new Stack();
      const seen: string[] = [];
      stack.apply((module) => seen.push(module.constructor.name));
      expect(seen.filter((name) => name === "Linear")).toHaveLength(8);
      expect(stack.parameters()).toHaveLength(20);
      return x.relu();
    });
  });

  test("initialize changes how a parameter begins until it is in use", () => {
    const graph = built((x) => {
      const linear = new Linear(8, 8);
      linear.weight.initialize(() => ({ kind: "constant", value: 3 }));
      const y = linear.call(x);
      expect(() => linear.weight.initialize(() => ({ kind: "constant", value: 4 }))).toThrow(/in use/);
      return y;
    });
    const weight = graph.sources.find((source) => source.value === "linear.weight");
    expect(weight).toMatchObject({ initializer: { kind: "constant", value: 3 } });
  });

  test("made outside of build they say so", () => {
    expect(() => new Linear(8, 8)).toThrow(SbpcError);
  });

  test("training reaches the modules", () => {
    const randoms = (training: boolean) =>
      built((x) => new Dropout(0.5).call(x).relu(), {}, { settings: { training } }).sources.filter(
        (s) => s.kind === "random",
      ).length;
    expect([randoms(false), randoms(true)]).toEqual([0, 1]);
  });
});

describe("errors in the user's code", () => {
  test("what it throws is reported at the line that threw, with the cause", () => {
    let line = 0;
    const build = (x: Tensor): Tensor => {
      line = here() + 1;
      if (x.rank > 0) throw new TypeError("no luck");
      return x;
    };
    let caught: unknown;
    try {
      built(build);
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(SbpcError);
    expect((caught as SbpcError).diagnostics[0]).toMatchObject({
      code: "model-threw",
      location: { file: "module.test.ts", line },
    });
    expect((caught as SbpcError).message).toContain("no luck");
    expect((caught as SbpcError).cause).toBeInstanceOf(TypeError);
  });

  test("shapes that do not match name the operator, both shapes and the line", () => {
    let line = 0;
    const build = (x: Tensor): Tensor => {
      line = here() + 1;
      return x.matmul(new Parameter([7, 3]));
    };
    expect(() => built(build)).toThrow(/error shape-mismatch: MatMul: .*\[2, 5, 8\].*\[7, 3\]/);
    expect(() => built(build)).toThrow(`module.test.ts:${line}: `);
  });

  test.each([
    ["an axis that is not there", (x: Tensor) => x.softmax(3)],
    ["a reshape that does not fill", (x: Tensor) => x.reshape(3, -1)],
    ["unequal parts", (x: Tensor) => x.chunk(3, 1)[0] as Tensor],
    ["an index beyond the end", (x: Tensor) => x.select(1, 5)],
  ])("%s", (_, build) => {
    expect(() => built(build)).toThrow(/module\.test\.ts:\d+: error shape-invalid/);
  });

  test("a build that gives no tensor", () => {
    expect(() => built(() => 1 as unknown as Tensor)).toThrow(/model-threw.*tensor/s);
    expect(() => built(() => ({ y: "z" }) as unknown as Tensor)).toThrow(/model-threw.*y is none/s);
  });
});
