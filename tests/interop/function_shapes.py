"""Shapes that onnx infers without being told any, and those that the file tells, by value."""

import onnx

from exchange import serve


def shapes(infos):
    return {info.name: [dim.dim_value for dim in info.type.tensor_type.shape.dim] for info in infos}


def answer(request):
    model = onnx.load(request["path"], load_external_data=False)
    told = shapes(model.graph.value_info)
    del model.graph.value_info[:]
    inferred = shapes(onnx.shape_inference.infer_shapes(model, strict_mode=True).graph.value_info)
    made = [name for node in model.graph.node if node.domain == "sbpc" for name in node.output]
    return {name: [told.get(name), inferred.get(name)] for name in made if name in told}


serve(answer)
