"""Gradients by torch.autograd of the weighted sum of a function's result, in double precision."""

import torch
import torch.nn.functional as F
from exchange import serve


def attention(q, k, v, causal):
    return F.scaled_dot_product_attention(q, k, v, is_causal=causal)


FUNCTIONS = {
    "conv": lambda t, o: F.conv2d(*t, stride=o["stride"], padding=o["padding"], dilation=o["dilation"], groups=o["groups"]),
    "convTranspose": lambda t, o: F.conv_transpose2d(
        *t, stride=o["stride"], padding=o["padding"], output_padding=o["extra"], groups=o["groups"]
    ),
    "layerNorm": lambda t, o: F.layer_norm(t[0], o["shape"], t[1], t[2]),
    "instanceNorm": lambda t, o: F.instance_norm(t[0], weight=t[1], bias=t[2]),
    "groupNorm": lambda t, o: F.group_norm(t[0], o["groups"], t[1], t[2]),
    "maxPool": lambda t, o: F.max_pool2d(t[0], o["kernel"], o["stride"], o["padding"]),
    "averagePool": lambda t, o: F.avg_pool2d(t[0], o["kernel"], o["stride"], o["padding"], count_include_pad=False),
    "softmax": lambda t, o: F.softmax(t[0], o["axis"]),
    "attention": lambda t, o: attention(*t, o["causal"]),
    "crossEntropy": lambda t, o: F.cross_entropy(
        t[0], t[1], ignore_index=o.get("ignore", -100), label_smoothing=o.get("smoothing", 0.0), reduction=o["reduction"]
    ),
    "mse": lambda t, o: F.mse_loss(t[0], t[1], reduction=o["reduction"]),
    "bce": lambda t, o: F.binary_cross_entropy(t[0], t[1], reduction=o["reduction"]),
    "bceWithLogits": lambda t, o: F.binary_cross_entropy_with_logits(
        t[0], t[1], pos_weight=torch.tensor(o["posWeight"], dtype=torch.float64), reduction=o["reduction"]
    ),
}


def tensor(item):
    dtype = torch.int64 if item["integer"] else torch.float64
    made = torch.tensor(item["data"], dtype=dtype).reshape(item["shape"])
    return made if item["integer"] else made.requires_grad_()


def one(case):
    tensors = [tensor(item) for item in case["inputs"]]
    result = FUNCTIONS[case["function"]](tensors, case["options"])
    weights = torch.arange(1, result.numel() + 1, dtype=torch.float64).reshape(result.shape).sin()
    (result * weights).sum().backward()
    return {
        "result": result.flatten().tolist(),
        "gradients": [None if t.grad is None else t.grad.flatten().tolist() for t in tensors],
    }


serve(lambda cases: [one(case) for case in cases])
