/** A perceptron with three hidden layers for images of 28 by 28. `npx sbpc verify examples/mlp.ts --mesh dp=2,tp=2`. */
import { CrossEntropyLoss, defineModel, input, Linear, Module, type Tensor } from "sbpc";

class Perceptron extends Module {
  fc1: Linear;
  fc2: Linear;
  fc3: Linear;
  fc4: Linear;
  lossFunc = new CrossEntropyLoss();

  constructor(hidden: number) {
    super();
    this.fc1 = new Linear(784, hidden, { parallel: "col", layerIdx: 0 });
    this.fc2 = new Linear(hidden, hidden, { parallel: "row", layerIdx: 1 });
    this.fc3 = new Linear(hidden, hidden, { parallel: "col", layerIdx: 2 });
    this.fc4 = new Linear(hidden, 10, { parallel: "row", layerIdx: 3 });
  }

  forward(images: Tensor, labels?: Tensor): Record<string, Tensor> {
    let x = this.fc1.call(images.flatten(1)).relu();
    x = this.fc2.call(x).relu();
    x = this.fc3.call(x).relu();
    x = this.fc4.call(x);
    return labels === undefined ? { scores: x } : { losses: this.lossFunc.call(x, labels) };
  }
}

export default defineModel({
  name: "mlp",
  settings: { hidden: 256, training: false },
  dims: { batch: 8 },
  layers: 4,
  inputs: ({ training }) => ({
    images: input("f32", ["batch", 1, 28, 28]),
    ...(training ? { labels: input("i64", ["batch"]) } : {}),
  }),
  build: ({ images, labels }, { settings }) => new Perceptron(settings.hidden).call(images, labels),
});
