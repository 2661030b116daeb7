/** What models and programs import from `sbpc`. */
export { defineModel, buildModel, input, isModel } from "./nn/model.ts";
export type {
  BuildArguments,
  BuildOptions,
  InputSpec,
  InputsOf,
  Model,
  ModelDefinition,
  PipelineStages,
  TrainDefaults,
} from "./nn/model.ts";
export { defineDataset } from "./nn/dataset.ts";
export type { BatchData, Dataset, DatasetDefinition, Split, SplitContext } from "./nn/dataset.ts";
export { GraphModule } from "./nn/graph-module.ts";
export type { GraphModuleOptions } from "./nn/graph-module.ts";
export { oneOf, optionalNumber } from "./nn/settings.ts";
export type { OneOf, SettingSpecs, SettingsOf, SettingValue } from "./nn/settings.ts";
export { Tensor } from "./nn/tensor.ts";
export type { Operand, ReduceOptions, ToGlobalOptions } from "./nn/tensor.ts";
export { arange, bernoulli, cat, full, stack, tensor, where } from "./nn/functional.ts";
export { Module, Parameter, Sequential } from "./nn/module.ts";
export type { LayerOptions, ParameterOptions } from "./nn/module.ts";
export * as init from "./nn/initializers.ts";
export type { InitMethod, NormalOptions } from "./nn/initializers.ts";
export {
  broadcast,
  getHiddenSbp,
  getLayerPlacement,
  getLayerStageId,
  getNdSbp,
  partialSum,
  sbp,
  split,
} from "./nn/distribution.ts";
export type { AxisSbp, Placement, SbpReference, SbpSpec } from "./nn/distribution.ts";
export { activations } from "./nn/layers/activation.ts";
export type { Activation } from "./nn/layers/activation.ts";
export { MultiheadAttention } from "./nn/layers/attention.ts";
export type { MultiheadAttentionOptions } from "./nn/layers/attention.ts";
export { Conv2d, PatchEmbedding } from "./nn/layers/conv.ts";
export type { Conv2dOptions, PatchEmbeddingOptions } from "./nn/layers/conv.ts";
export { Dropout, DropPath } from "./nn/layers/dropout.ts";
export { Embedding, LMLogits, VocabEmbedding } from "./nn/layers/embedding.ts";
export type { EmbeddingOptions, LMLogitsOptions } from "./nn/layers/embedding.ts";
export { Linear } from "./nn/layers/linear.ts";
export type { LinearOptions, Parallel } from "./nn/layers/linear.ts";
export { BCELoss, BCEWithLogitsLoss, CrossEntropyLoss, MSELoss } from "./nn/layers/loss.ts";
export type {
  BCELossOptions,
  BCEWithLogitsLossOptions,
  CrossEntropyLossOptions,
  LossOptions,
  LossReduction,
} from "./nn/layers/loss.ts";
export { MLP } from "./nn/layers/mlp.ts";
export type { MLPOptions } from "./nn/layers/mlp.ts";
export { LayerNorm, RMSNorm } from "./nn/layers/norm.ts";
export type { LayerNormOptions, NormOptions } from "./nn/layers/norm.ts";
export { TransformerLayer } from "./nn/layers/transformer.ts";
export type { TransformerLayerOptions } from "./nn/layers/transformer.ts";

export type { Code } from "./diagnostics/codes.ts";
export type { Severity } from "./diagnostics/message-spec.ts";
export { printDiagnostic, SbpcError } from "./diagnostics/diagnostic.ts";
export type { Diagnostic } from "./diagnostics/diagnostic.ts";
export type { Location } from "./diagnostics/location.ts";
export type { Dim } from "./ir/dim.ts";
export type { Graph, Initializer, Node, Source, Value } from "./ir/graph.ts";
export type { Mesh, MeshAxis, NdSbp, Sbp } from "./ir/layout.ts";
export type { TensorData } from "./ir/tensor-data.ts";
export type { DataType, TensorType } from "./ir/types.ts";

export { compile } from "./compile.ts";
export type { CompileOptions, CompileResult } from "./compile.ts";
export { exportOnnx } from "./export.ts";
export type { ExportOnnxOptions } from "./export.ts";
export { presetCluster } from "./cost/cluster.ts";
export type { Cluster } from "./cost/cluster.ts";
export { readOnnx } from "./onnx-file.ts";
export { importOnnx } from "./onnx/import/import.ts";
export type { ImportedModel, ImportOptions } from "./onnx/import/import.ts";
export type { ModelFiles } from "./onnx/model-file.ts";
export { loadPlan, savePlan } from "./plan-files.ts";
export type { Plan } from "./plan/plan.ts";
export type { RunOptions } from "./run-job.ts";
export { runPlan } from "./run.ts";
export type { RunResult } from "./run.ts";
export { verifyPlan } from "./verify.ts";
export type { VerifyOptions, VerifyResult } from "./verify.ts";
export { parseMesh } from "./sbp/mesh.ts";
export { version } from "./version.ts";
