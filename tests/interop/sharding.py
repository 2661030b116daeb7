"""What onnx-ir reads from multi-device annotations: for every device, which part of each tensor it holds."""

import itertools

import onnx_ir

from exchange import serve


def parts(spec):
    """By device: [axis, index of the part, number of parts] for every axis that is cut."""
    groups = {entry.key: entry.value for entry in spec.index_to_device_group_map}
    axes = []
    for dim in spec.sharded_dims:
        outer, *inner = dim.simple_shardings
        assert all(simple.num_shards == 1 for simple in inner), "an inner part of a fused axis is cut"
        axes.append((dim.axis, outer.num_shards))
    places = itertools.product(*(range(count) for _, count in axes))
    held = {}
    for place, device in zip(places, spec.device, strict=True):
        cut = [[axis, index, count] for index, (axis, count) in zip(place, axes)]
        for member in groups.get(device, (device,)):
            assert member not in held, "a device holds two parts"
            held[member] = cut
    return held


def read(path):
    model = onnx_ir.load(path)
    (configuration,) = model.device_configurations
    nodes = []
    for node in model.graph:
        (annotation,) = node.device_configurations
        assert annotation.configuration is configuration
        specs = {spec.value.name: parts(spec) for spec in annotation.sharding_specs}
        known = {value.name for value in [*node.inputs, *node.outputs] if value is not None}
        assert set(specs) <= known, "a spec of a foreign tensor"
        nodes.append({"output": node.outputs[0].name, "stage": annotation.pipeline_stage, "specs": specs})
    return {"devices": list(configuration.device_names), "count": configuration.num_devices, "nodes": nodes}


serve(lambda request: read(request["path"]))
