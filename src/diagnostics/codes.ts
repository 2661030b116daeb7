/**
 * Every message that a user can meet, on one page.
 *
 * A code is stable and searchable; its message takes named details. `severity` is the default: an error ends
 * the command, a warning or a note is collected and printed. Tests assert codes, never sentences.
 */

export type Severity = "error" | "warning" | "note";

export interface MessageSpec {
  readonly severity: Severity;
  /** What is wrong, with `{name}` where a detail goes. */
  readonly message: string;
  /** What to do about it, with `{name}` likewise. */
  readonly remedy?: string;
}

export const codes = {
  // --- graphs and their text form
  syntax: { severity: "error", message: "{what}", remedy: "Compare with what `sbpc dump` prints." },
  "duplicate-name": {
    severity: "error",
    message: "The name {name} is defined twice.",
    remedy: "Give one of them another name.",
  },
  "undefined-value": {
    severity: "error",
    message: "{user} uses {name}, which nothing before it defines.",
    remedy: "Define it above its first use: an input, a parameter, a constant or the output of a node.",
  },
  "cyclic-graph": {
    severity: "error",
    message: "The nodes {nodes} depend on one another in a circle.",
    remedy: "Let one of them use another value: a graph runs each node once, after all that it uses.",
  },
  "ill-formed-graph": {
    severity: "error",
    message: "{what}",
    remedy:
      "Compare with what the verifier asks of graphs (src/ir/verify.ts); `--dump-passes DIR` shows what every pass made.",
  },

  // --- operators and types
  "unknown-op": {
    severity: "warning",
    message: "The operator {op} has no rule: it runs on whole tensors on every device, which costs {cost}.",
    remedy: "Declare the operator in src/ops, or replace it by operators that have rules.",
  },
  "runs-whole": {
    severity: "warning",
    message: "The body of {op} runs on whole tensors on every device, which costs {cost}.",
    remedy:
      "Make its condition or trip count a constant (for an input: --value), so that the body is put in its place.",
  },
  "bad-arity": {
    severity: "error",
    message: "{op} takes {expected} inputs, here {actual}.",
    remedy: "Give it the inputs that its operator has in ONNX; an optional one is left out as an empty name.",
  },
  "bad-attribute": {
    severity: "error",
    message: "{op}: attribute {name} {problem}.",
    remedy: "Compare with the attributes that the operator has in the opset of the model.",
  },
  "shape-mismatch": {
    severity: "error",
    message: "{op}: axis {axis} is {left} in {leftShape} but {right} in {rightShape}.",
    remedy: "Make the two sizes equal.",
  },
  "shape-invalid": {
    severity: "error",
    message: "{op}: {problem} (inputs {shapes}).",
    remedy: "Change the shapes, or bind dimensions that are not known with --dim NAME=SIZE.",
  },
  "dtype-mismatch": {
    severity: "error",
    message: "{op}: {problem} (inputs {types}).",
    remedy: "Cast one of the inputs.",
  },
  "not-constant": {
    severity: "error",
    message: "{op}: input {name} must be known at compile time.",
    remedy: "Use a constant, or bind the symbolic dimensions it depends on with --dim.",
  },
  "not-evaluated": {
    severity: "error",
    message: "{op} has no value that could be computed at compile time: {reason}.",
    remedy: "Leave it to the devices, or give as a constant what it is computed from.",
  },
  "random-inside": {
    severity: "error",
    message: "{op} draws random numbers inside the graph, where they would depend on the layout.",
    remedy:
      "Make its sizes (--dim) and, for Dropout, its mode and ratio known at compile time, so that it becomes a random source, or set training_mode to false; take it out of the bodies of If, Loop and Scan.",
  },
  "impossible-size": {
    severity: "error",
    message: "With the sizes given, {value} is {type}.",
    remedy: "Bind its dimensions (--dim) to sizes that no difference makes negative.",
  },
  "unbound-dimension": {
    severity: "error",
    message: "The dimension {dim} of {value} has no size.",
    remedy: "Bind it with --dim {dim}=N.",
  },

  // --- meshes and layouts
  "unknown-mesh-axis": {
    severity: "warning",
    message:
      "The hint {hint} on {value} names the axis {axis}, which the mesh {mesh} does not have; that part is dropped.",
    remedy: "The mesh has {axes}.",
  },
  "bad-mesh": {
    severity: "error",
    message: "The mesh {text} is not valid: {problem}.",
    remedy: "Write e.g. dp=2,tp=4,pp=2.",
  },
  "bad-cluster": {
    severity: "error",
    message: "The cluster {place} is not valid: {problem}.",
    remedy: "See the form in src/cost/cluster.ts.",
  },
  "bad-sbp": {
    severity: "error",
    message: "{text} is not a layout: {problem}.",
    remedy: "Write S(0), B, P(sum), P(max) or P(min).",
  },
  "hint-axis-out-of-range": {
    severity: "error",
    message: "The hint {hint} on {value} splits an axis that a tensor of shape {shape} does not have.",
    remedy: "Axes count from 0 to {last}.",
  },
  "hint-too-small": {
    severity: "error",
    message: "The hint {hint} on {value} splits axis {axis} of size {size} over {devices} devices.",
    remedy: "Split a longer axis, or use fewer devices on {mesh}.",
  },
  "hint-gave-way": {
    severity: "note",
    message:
      "The layer's own layout {hint} of {value} ({shape}) does not fit {devices} devices on {mesh}; another one was chosen.",
  },
  "hint-infeasible": {
    severity: "error",
    message: "The layout {hint} asked of {value} cannot be had: {problem}.",
    remedy: "Remove the toGlobal, or pass --no-hints.",
  },

  // --- stages
  "layer-out-of-range": {
    severity: "error",
    message: "layerIdx {index} is out of range: the model has {layers} layers.",
    remedy: "Use 0 to {last}, or -1 for the last stage.",
  },
  "bad-stage-list": {
    severity: "error",
    message: "The pipeline stage list is not valid: {problem}.",
    remedy: "Give one stage for each layer, ascending, and every stage of pp a layer; or leave the list out.",
  },
  "too-many-stages": {
    severity: "error",
    message: "The model has {available} parts to cut between, fewer than the {stages} stages asked for.",
    remedy: "Use a smaller pp, or fewer stages on each of its ranks (--chunks).",
  },
  "stage-order": {
    severity: "error",
    message: "{node} is on stage {stage} but uses {value}, which is made on the later stage {producer}.",
    remedy: "Give it a layerIdx that is not before the layers it depends on.",
  },

  // --- schedules
  "unknown-schedule": {
    severity: "error",
    message: "There is no schedule {name}.",
    remedy: "There are: {names}; or give a .csv file.",
  },
  "schedule-misfit": {
    severity: "error",
    message: "The schedule {schedule} does not fit {problem}.",
    remedy: "{remedy}",
  },
  "too-few-microbatches": {
    severity: "error",
    message:
      "The schedule {schedule} on {ranks} ranks needs at least {least} micro-batches, here {microbatches}.",
    remedy: "Use {least} micro-batches or more, fewer stages, or 1f1b, which takes any number.",
  },
  "bad-schedule": {
    severity: "error",
    message: "Rank {rank}, step {step}: {problem}.",
    remedy: "There: {excerpt}",
  },
  "bad-schedule-file": {
    severity: "error",
    message: "This is no schedule: {problem}.",
    remedy: "Write a line per rank, cells such as 0F3, 1SEND_F3, (0F7;7B3)OVERLAP_F_B between commas.",
  },

  "unkept-value": {
    severity: "error",
    message: "{value} is {type}, which can be neither {where} nor held between two parts of a plan.",
    remedy:
      "Give and return tensors of numbers: the items one by one, strings as numbers that stand for them.",
  },

  // --- limits
  "out-of-memory": {
    severity: "error",
    message: "No layout fits: device {device} needs {needed}, the limit is {limit}.",
    remedy: "Use more devices, a smaller batch or more micro-batches.",
  },
  "bad-microbatches": {
    severity: "error",
    message: "A batch of {batch} cannot be cut into {microbatches} micro-batches.",
    remedy: "Take no more micro-batches than the batch has samples, or another --batch.",
  },
  "uneven-microbatches": {
    severity: "error",
    message:
      "{op} {node} makes one thing out of several samples. {microbatches} micro-batches do not divide the {samples} of a step, and what fills up the shorter ones would count.",
    remedy:
      "Take a number of micro-batches that divides the batch, or let samples meet in means alone: ReduceMean, and losses whose reduction is mean.",
  },
  "mean-uncountable": {
    severity: "error",
    message:
      "{name} is no mean that {microbatches} micro-batches add up to: it depends on {loss}, a mean over labels that count, and {op} {node} makes of it what is no mean over the same labels.",
    remedy:
      "Use one micro-batch, add only means over the same labels, or reduce the loss by sum and divide it by a number that all micro-batches share.",
  },
  "microbatch-shape": {
    severity: "error",
    message:
      "{name} is {whole} for the whole batch but {micro} for one of {microbatches} micro-batches: it cannot be joined along one axis.",
    remedy: "Make the batch one axis of it, or use one micro-batch.",
  },

  // --- plans, weights, files
  "lint-runs-whole": {
    severity: "warning",
    message: "{op} {node} runs whole on each of {devices} devices, which takes {share} of the step.",
    remedy: "sbpc dump PLAN --why {node} names its other layouts and what is in their way.",
  },
  "lint-gathers-large": {
    severity: "warning",
    message: "%{value}, {type}, is gathered from {from} to {to}: {bytes}, {share} of the step.",
    remedy:
      "sbpc dump PLAN --why-boxing {index} names who wants it so; splitting that operator likewise avoids it.",
  },
  "lint-reshape-reshards": {
    severity: "warning",
    message: "The reshape {node} costs an {kind} from {from} to {to}: {bytes}.",
    remedy:
      "Split an axis that the reshape keeps, or the outer one of those that it joins; sbpc dump PLAN --why-boxing {index} shows the ways.",
  },
  "lint-uneven-shards": {
    severity: "warning",
    message:
      "Stage {stage}: its slowest devices compute {longest}, the mean is {mean}: %{value} {layout} is uneven.",
    remedy: "Choose sizes that the mesh axis divides, or an axis of another size.",
  },
  "lint-idle-stage": {
    severity: "warning",
    message: "Stage {stage} of {stages} waits for {share} of the step of {microbatches} micro-batches.",
    remedy: "Cut the batch into more micro-batches (--microbatches), or balance the stages' layers.",
  },
  "lint-parameter-replicated": {
    severity: "warning",
    message:
      "Stage {stage}: every device holds {count} parameters whole, {bytes} or {share} of its memory, the largest %{largest}.",
    remedy:
      "Splitting them over {axis} would save {saved} on each device; a memory limit (--memory) asks for that.",
  },
  "lint-memory-near-limit": {
    severity: "warning",
    message: "Stage {stage} needs {peak} of {limit} per device ({share}).",
    remedy: "Use more devices, more micro-batches, or a smaller batch.",
  },
  "plan-part-missing": {
    severity: "error",
    message: "The plan has no {what} {name}.",
    remedy: "{remedy}",
  },
  "plan-older": {
    severity: "error",
    message: "{path} was written by format version {version}; this sbpc reads version {supported}.",
    remedy: "Compile the model again.",
  },
  "plan-newer": {
    severity: "error",
    message: "{path} was written by format version {version}; this sbpc reads up to {supported}.",
    remedy: "Update sbpc, or compile the model again.",
  },
  "plan-damaged": {
    severity: "error",
    message: "{path} is not a whole plan: {problem}.",
    remedy: "Compile the model again.",
  },
  "file-not-found": {
    severity: "error",
    message: "{path} does not exist.",
    remedy: "Check the path and the folder that it is relative to.",
  },
  "file-unreadable": {
    severity: "error",
    message: "{path} cannot be read: {problem}.",
    remedy: "Check the file's permissions and that it is of the kind that the command reads.",
  },
  "file-unwritable": {
    severity: "error",
    message: "{path} cannot be written: {problem}.",
    remedy: "Check the folder's permissions and the space that is left.",
  },
  "page-missing": {
    severity: "error",
    message: "{path}, a part of the page, cannot be read: {problem}.",
    remedy: "Build the package with npm run build.",
  },
  "weights-missing": {
    severity: "error",
    message: "{path} has no tensor {name}.",
    remedy: "Compile again with --weights.",
  },
  "weights-mismatch": {
    severity: "error",
    message: "{name} in {path} is {actual}, the plan expects {expected}.",
    remedy: "Give the weights of the model that the plan was compiled from, or compile the plan again.",
  },
  "bad-input": {
    severity: "error",
    message: "The input {name} {problem}.",
    remedy: "Compare with the inputs that `sbpc inspect` and `sbpc dump` list.",
  },
  "dataset-threw": {
    severity: "error",
    message: "The dataset's split {split} threw: {problem}.",
    remedy: "Mend the dataset at the line that is named.",
  },
  "dataset-split": {
    severity: "error",
    message: "The dataset's split {split} {problem}.",
    remedy: "Compare with defineDataset's types: every split gives batches of the model's inputs by name.",
  },
  "dataset-missing": {
    severity: "error",
    message: "{model} exports no dataset: {problem}.",
    remedy: "Write `export const dataset = defineDataset({ train, test })` beside the model.",
  },
  "checkpoint-mismatch": {
    severity: "error",
    message: "{path} is a checkpoint of another model or optimizer: {problem}.",
    remedy: "Resume with the model, sizes and optimizer that it was saved with.",
  },

  "annotation-dropped": {
    severity: "warning",
    message: "What the file says of how {place} lies on devices is not followed: {problem}.",
  },
  "collective-missing": {
    severity: "error",
    message: "{dialect} has no {operator} for {value}: {problem}.",
    remedy: "Use --collectives sbpc, or another mesh.",
  },

  // --- models
  "model-threw": {
    severity: "error",
    message: "{file} threw while it built the model: {problem}.",
    remedy: "Mend the model at the line that is named.",
  },
  "model-unparsable": {
    severity: "error",
    message: "{file} cannot be loaded: {problem}.",
    remedy: "Run the file with Node alone: it must be a module whose default export is a model.",
  },
  "model-missing": {
    severity: "error",
    message: "{file} exports no model.",
    remedy: "Write `export default defineModel({ name, inputs, build })`.",
  },
  "unknown-dimension": {
    severity: "error",
    message: "The model {model} has no dimension {dim}.",
    remedy: "Its dimensions are: {dims}.",
  },
  "model-setting": {
    severity: "error",
    message: "The setting {setting} {problem}.",
    remedy: "Give it with --set NAME=VALUE, as the model declares it.",
  },
  "model-kind": {
    severity: "error",
    message: "{file} is neither a .ts or .js model, an .onnx file, a plan directory nor a graph text file.",
    remedy: "{remedy}",
  },

  // --- ONNX files
  "onnx-malformed": {
    severity: "error",
    message: "{path} is not a whole ONNX model: {problem}.",
    remedy: "Export or download the file again.",
  },
  "onnx-too-large": {
    severity: "error",
    message: "{path} is {size}: one protobuf message ends at 2 GiB.",
    remedy: "Save the model with external data (in Python: onnx.save(…, save_as_external_data=True)).",
  },
  "onnx-external-data": {
    severity: "error",
    message: "The tensor {tensor} has its data in {location}: {problem}.",
    remedy: "{remedy}",
  },
  "onnx-tensor-type": {
    severity: "error",
    message: "The tensor {tensor} has the element type {type}, {problem}.",
    remedy: "Store it with one of the element types of TensorProto.DataType.",
  },
  "onnx-tensor-dims": {
    severity: "error",
    message: "The tensor {tensor} has the dimensions [{dims}]: {problem}.",
    remedy: "Write dimensions of 0 or more whose product fits in 63 bits.",
  },
  "onnx-tensor-data": {
    severity: "error",
    message: "The tensor {tensor} ({type}): {problem}.",
    remedy:
      "Store the elements once, in raw_data or in the field of their type, as many as the dimensions say.",
  },
  "onnx-sparse-tensor": {
    severity: "error",
    message: "The sparse tensor {tensor}: {problem}.",
    remedy: "Give one value per index, indices ascending and within the dimensions.",
  },
  "onnx-missing": {
    severity: "error",
    message: "{place} has no {field}.",
    remedy: "Fill it in: ONNX requires it.",
  },
  "onnx-ir-version": {
    severity: "error",
    message: "The model's IR version is {version}: {problem}.",
    remedy: "Write the IR version of the features in use, from 3 up to {latest}.",
  },
  "onnx-opset": {
    severity: "error",
    message: "{problem}.",
    remedy: "Name each domain that operators come from once in opset_import, with its version.",
  },
  "onnx-duplicate": {
    severity: "error",
    message: "{place}: {what} {name} is there more than once.",
    remedy: "Give each a name of its own.",
  },
  "onnx-order": {
    severity: "error",
    message: "{place} uses {name}, which only {maker}, after it, makes.",
    remedy: "Sort the nodes so that each comes after those it depends on.",
  },
  "onnx-output": {
    severity: "error",
    message: "{place}: nothing in it makes the output {name}.",
    remedy: "Give the output the name of a node's output, an input or an initializer.",
  },
  "onnx-initializer": {
    severity: "error",
    message: "{place}: the initializer {name} is no input, which IR version {version} asks for.",
    remedy: "Add it to the inputs, or raise the IR version to 4.",
  },
  "onnx-value-type": {
    severity: "error",
    message: "The {role} {name} has no whole type: {problem}.",
    remedy: "Give inputs and outputs of the model an element type and a shape.",
  },
  "onnx-operator": {
    severity: "error",
    message: "{place}: {problem}.",
    remedy: "Use an operator of the imported opset, or import the opset that has it.",
  },
  "onnx-experimental": {
    severity: "warning",
    message: "{place}: {op} was an experiment that ONNX has given up; nothing says what it means.",
    remedy: "Export the model again with a newer exporter.",
  },
  "onnx-arity": {
    severity: "error",
    message: "{place} has {problem}.",
    remedy: "{op} since opset {version} takes {inputs} inputs and gives {outputs} outputs.",
  },
  "onnx-attribute": {
    severity: "error",
    message: "{place}: the attribute {name} {problem}.",
    remedy: "{remedy}",
  },
  "onnx-reference-outside": {
    severity: "warning",
    message:
      "{place}: the attribute {name} refers to the attribute {reference} of a function, but is in none.",
    remedy: "Write the value itself.",
  },
  "onnx-function": {
    severity: "error",
    message: "The function {name}: {problem}.",
    remedy: "{remedy}",
  },
  "onnx-device-configuration": {
    severity: "error",
    message: "{place}: {problem}.",
    remedy:
      "Give each device configuration a name, at least one device, and as many device names as devices or none.",
  },
  "onnx-sharding": {
    severity: "error",
    message: "{place}: the sharding of {tensor} {problem}.",
    remedy: "{remedy}",
  },
  "onnx-pipeline-stage": {
    severity: "error",
    message: "{place} is on the pipeline stage {stage}: {problem}.",
    remedy: "Count stages from 0, each node on a stage not before those whose outputs it uses.",
  },
  "onnx-annotations-early": {
    severity: "warning",
    message: "The model has device configurations, which IR version {version} does not know.",
    remedy: "Raise the IR version to 11.",
  },
  "diff-kind": {
    severity: "error",
    message: "{path} cannot be compared: diff takes two ONNX models or two plans.",
    remedy: "Compile models in TypeScript into plans first: sbpc compile MODEL -o DIR.",
  },
  "onnx-more": {
    severity: "note",
    message: "{count} more problems are not listed.",
  },

  // --- ONNX models
  "opset-missing": {
    severity: "error",
    message: "{op} is of the domain {domain}, of which the model imports no operator set.",
    remedy: "Add the domain to the model's opset_import, with its version.",
  },
  "opset-unsupported": {
    severity: "error",
    message: "{op} of operator set {version} {problem}.",
    remedy: "Convert the model with onnx.version_converter first.",
  },
  "type-unknown": {
    severity: "error",
    message: "The type of {value}, which {op} makes, is not known: {problem}.",
    remedy: "Store it in the model's value_info, e.g. by onnx.shape_inference.infer_shapes.",
  },
  "type-unsupported": {
    severity: "error",
    message: "The type of {name} {problem}.",
    remedy: "Export the model with tensors, sequences or optionals of the element types that ONNX has.",
  },
  "opset-newer": {
    severity: "warning",
    message:
      "{path} is of operator set {version}; sbpc knows them up to {newest}, and takes its operators for those of {newest}.",
    remedy: "Update sbpc, or convert the model with onnx.version_converter.",
  },
  "type-contradicted": {
    severity: "warning",
    message:
      "The file says that {value} is {declared}, but {op} makes {inferred} of its inputs; that is used.",
  },
  "nesting-too-deep": {
    severity: "error",
    message: "{name} is nested more than {limit} graphs or functions deep.",
    remedy:
      "Inline functions and fold conditions before (in Python: onnx.inliner, onnxsim), or export a flatter model.",
  },
  "model-too-large": {
    severity: "error",
    message: "The functions of the model expand into more than {limit} nodes.",
    remedy: "Export the model with the repeated part as a Loop, or cut it into several models.",
  },

  // --- training
  "loss-missing": {
    severity: "error",
    message: "There is no output {loss} to minimise; the model has {outputs}.",
    remedy:
      "Name one of them with --loss, or add a loss: --loss cross-entropy --target labels (or mse, bce, bce-with-logits).",
  },
  "loss-output": {
    severity: "error",
    message: "The loss could be of more than one thing: {problem}. Outputs that have losses: {outputs}.",
    remedy: "Name one of them with --loss-of.",
  },
  "loss-not-scalar": {
    severity: "error",
    message: "The loss {loss} is {type}: only a floating-point scalar can be minimised.",
    remedy: "Return its mean or sum.",
  },
  "loss-without-parameters": {
    severity: "error",
    message: "The loss {loss} depends on no parameter: there is nothing to train.",
    remedy: "Take the loss of what the model's parameters make, or drop --train.",
  },
  "training-export": {
    severity: "error",
    message: "The plan trains, and its {form} form would leave out the backward pass and the optimizer.",
    remedy: "Compile it without --train, or export the model itself: sbpc export PLAN --onnx FILE.",
  },
  "step-export": {
    severity: "error",
    message:
      "The {form} form is the program of one micro-batch, and {name} is a mean over the labels that count of all {microbatches}.",
    remedy:
      "Compile with --microbatches 1, or export what computes a whole step: --merged FILE, --onnx FILE.",
  },
  "bad-train-option": { severity: "error", message: "{option} {problem}.", remedy: "{remedy}" },
  "zero-whole": {
    severity: "note",
    message: "ZeRO leaves {names} whole: no axis is as long as {axis}={devices}.",
  },
  "recomputes-nothing": {
    severity: "note",
    message:
      "Nothing is recomputed ({mode}): the backward pass needs nothing of a layer that it could compute again.",
  },
  "recompute-chosen": {
    severity: "note",
    message:
      "Activations are recomputed ({mode}): device {device} needs {needed} where they are kept and {with} where not, of {limit}.",
  },
  "no-gradient": {
    severity: "error",
    message: "{node} ({op}) has no gradient: {reason}. It is on the way to the loss {loss}: {path}.",
    remedy: "Take it off the way from the parameters to the loss, or keep the parameters before it constant.",
  },

  // --- running
  "worker-failed": {
    severity: "error",
    message: "Device {rank} failed at {action}: {problem}.",
    remedy:
      "Run with --trace FILE to see what ran before, or on one device (--mesh 1) to see whether the model itself fails.",
  },
  "worker-crashed": {
    severity: "error",
    message: "The process that ran the devices ended by {signal}: {problem}.",
    remedy:
      "Compile with a lower --memory, or run on another --device, to tell a lack of memory from a fault of the backend.",
  },
  "device-crashed": {
    severity: "error",
    message: "The process of device {rank} ended by {signal} at {action}: {problem}.",
    remedy:
      "Compile with a lower --memory, or run on another --device, to tell a lack of memory from a fault of the backend.",
  },
  "no-shared-memory": {
    severity: "error",
    message: "No memory of {bytes} bytes for the exchange between devices: {problem}.",
    remedy: "Free some in /dev/shm, or run fewer devices at once.",
  },
  "exchange-by-sockets": {
    severity: "note",
    message:
      "The processes of devices exchange data by sockets, which are slower than a mapped file: {problem}.",
    remedy: "On Linux and macOS: npm install koffi.",
  },
  "worker-stuck": {
    severity: "error",
    message: "No progress for {seconds} s: {waits}.",
    remedy:
      "Allow more with --timeout SECONDS; where it comes again, the devices named wait for one another.",
  },
  "devices-cancelled": { severity: "note", message: "Cancelled: {devices}." },
  "unsupported-dtype": {
    severity: "error",
    message: "{backend} has no {dtype} for {value}.",
    remedy: "Cast it in the model, or run on another --backend.",
  },
  "backend-missing": {
    severity: "error",
    message: "{backend} is not available: {problem}.",
    remedy: "{remedy}",
  },
  "runs-on-host": { severity: "note", message: "{backend} leaves to the CPU: {call}." },
  "kernel-missing": {
    severity: "error",
    message: "{backend} cannot run {op} ({node}): {problem}.",
    remedy: "Use another --device or --backend onnxruntime.",
  },
  "verification-failed": {
    severity: "error",
    message: "{output} differs by {difference} (allowed {allowed}).",
    remedy:
      "`sbpc dump PLAN --why NAME` shows the layouts on the way; a right plan of a badly conditioned model needs --tolerance.",
  },
  "not-a-number": {
    severity: "error",
    message: "{value} holds a NaN first made by {node}.",
    remedy:
      "Look at the inputs of that node: a division by zero, a logarithm or root of a negative number, an overflow.",
  },
  usage: { severity: "error", message: "{problem}", remedy: "`sbpc help COMMAND` lists what it takes." },
} as const satisfies Record<string, MessageSpec>;

export type Code = keyof typeof codes;
