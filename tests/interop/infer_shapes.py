"""Types of the results of ONNX models by onnx's own inference, strict and with data propagation.

Shapes that a model states for its results are taken out first: what is compared is what follows from its inputs.
"""

import onnx

from exchange import serve


def known(type_proto):
    """[element type, sizes or None], None where the result is no tensor; a size is None where it is not known."""
    if type_proto.WhichOneof("value") != "tensor_type":
        return None
    tensor = type_proto.tensor_type
    if not tensor.HasField("shape"):
        return [tensor.elem_type, None]
    return [tensor.elem_type, [d.dim_value if d.HasField("dim_value") else None for d in tensor.shape.dim]]


def results(path):
    model = onnx.load(path, load_external_data=False)
    for output in model.graph.output:
        if output.type.WhichOneof("value") == "tensor_type":
            output.type.tensor_type.ClearField("shape")
    try:
        inferred = onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True, data_prop=True)
    except Exception:
        return None
    return [known(output.type) for output in inferred.graph.output]


def answer(request):
    return [results(path) for path in request["paths"]]


serve(answer)
