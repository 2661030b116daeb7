"""NumPy and the safetensors package read and write the files that `sbpc` writes and reads."""

import numpy
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from exchange import serve


def read_safetensors(path):
    """Type, shape and elements (in double precision) of every tensor; of large ones the sum of the elements only."""
    with safe_open(path, "pt") as file:
        stored = {name: file.get_slice(name).get_dtype() for name in file.keys()}
    return {
        name: {"dtype": stored[name], "shape": list(value.shape), **elements(value.double())}
        for name, value in load_file(path).items()
    }


def read_npy(path):
    value = numpy.load(path, allow_pickle=False)
    return {"dtype": str(value.dtype), "shape": list(value.shape), **elements(torch.from_numpy(value).double())}


def elements(value):
    return {"elements": value.flatten().tolist()} if value.numel() <= 64 else {"sum": value.sum().item()}


def write(path, tensors):
    """Tensors given as {dtype (a name of torch's), shape, elements}."""
    values = {
        name: torch.tensor(spec["elements"], dtype=torch.float64).reshape(spec["shape"]).to(getattr(torch, spec["dtype"]))
        for name, spec in tensors.items()
    }
    if path.endswith(".npy"):
        (value,) = values.values()
        numpy.save(path, value.numpy())
    else:
        save_file(values, path, metadata={"format": "pt"})


def answer(request):
    for path, tensors in request.get("write", {}).items():
        write(path, tensors)
    read = {".npy": read_npy, ".safetensors": read_safetensors}
    return {path: read[path[path.rindex(".") :]](path) for path in request.get("read", [])}


serve(answer)
