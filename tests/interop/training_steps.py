"""
Training steps of the models of `examples/` as PyTorch does them: functional models on parameters, masks and inputs of
safetensors files, torch's own AdamW and clipping.

Weights of linear layers are [in, out]; a layer's joint projection has each head's query, key and value side by side.
"""

import torch
import torch.nn.functional as F
from exchange import serve
from safetensors.torch import load_file, save_file


class Net:
    """The parameters by name, and the masks of one step by name; a mask that a step lacks drops nothing."""

    def __init__(self, parameters, masks):
        self.parameters, self.masks = parameters, masks

    def __getitem__(self, name):
        return self.parameters[name]

    def drop(self, x, name, rate):
        mask = self.masks.get(f"{name}.mask")
        return x if mask is None else x * mask.to(x.dtype) / (1 - rate)

    def linear(self, x, name):
        return x @ self[f"{name}.weight"] + self[f"{name}.bias"]

    def norm(self, x, name):
        weight = self[f"{name}.weight"]
        return F.layer_norm(x, weight.shape, weight, self[f"{name}.bias"])

    def attention(self, x, name, heads, causal, rate):
        b, s, width = x.shape
        joint = self.linear(x, f"{name}.queryKeyValue").reshape(b, s, heads, 3, width // heads)
        q, k, v = joint.permute(3, 0, 2, 1, 4)
        scores = q @ k.transpose(-1, -2) / (width // heads) ** 0.5
        if causal:
            scores = scores.masked_fill(torch.ones(s, s, dtype=torch.bool).triu(1), float("-inf"))
        weights = self.drop(scores.softmax(-1), f"{name}.attentionDropout", rate)
        context = (weights @ v).transpose(1, 2).reshape(b, s, width)
        return self.drop(self.linear(context, f"{name}.dense"), f"{name}.outputDropout", rate)

    def layer(self, x, name, heads, causal, act, rate, path):
        branch = self.attention(self.norm(x, f"{name}.inputLayernorm"), f"{name}.selfAttention", heads, causal, rate)
        x = x + self.drop(branch, f"{name}.dropPath", path)
        hidden = act(self.linear(self.norm(x, f"{name}.postAttentionLayernorm"), f"{name}.mlp.denseHTo4h"))
        branch = self.drop(self.linear(hidden, f"{name}.mlp.dense4hToH"), f"{name}.mlp.dropout", rate)
        # A module that is called twice names its second mask so.
        second = self.masks.get(f"{name}.dropPath.mask_1")
        return x + (branch if second is None else branch * second.to(x.dtype) / (1 - path))


def vit(net, inputs, o):
    patches = F.conv2d(inputs["images"], net["patchEmbed.proj.weight"], net["patchEmbed.proj.bias"], stride=o["patch"])
    x = patches.flatten(2).transpose(1, 2)
    x = torch.cat([net["clsToken"].expand(x.shape[0], -1, -1), x], 1) + net["posEmbed"]
    x = net.drop(x, "posDrop", o["rate"])
    for i in range(o["layers"]):
        path = o["path"] * i / (o["layers"] - 1)
        x = net.layer(x, f"blocks.{i}", o["heads"], False, F.gelu, o["rate"], path)
    return F.cross_entropy(net.linear(net.norm(x, "norm")[:, 0], "head"), inputs["labels"])


def gpt(net, inputs, o):
    ids = inputs["input_ids"]
    words = net["wordEmbeddings.weight"]
    x = words[ids] + net["positionEmbeddings.weight"][: ids.shape[1]]
    x = net.drop(x, "dropout", o["rate"])
    for i in range(o["layers"]):
        x = net.layer(x, f"transformer.{i}", o["heads"], True, lambda h: F.gelu(h, approximate="tanh"), o["rate"], 0)
    logits = net.norm(x, "layernormF") @ words.T
    return F.cross_entropy(logits.flatten(0, 1), inputs["labels"].flatten())


def answer(request):
    """
    Trains for so many steps from the parameters of a file. Gives the losses; writes `step.kind.name` for the steps of `kept`:
    what there is `before` the step (parameters, exp_avg, exp_avg_sq), its `gradient`s, unclipped, and what is `after` it.
    """
    o = request["options"]
    given = load_file(request["parameters"])
    parameters = {name: given[name].clone().requires_grad_() for name in request["names"]}
    inputs, masks = load_file(request["inputs"]), load_file(request["masks"])
    plain = [p for name, p in parameters.items() if name.endswith("bias")]
    others = [p for name, p in parameters.items() if not name.endswith("bias")]
    optimizer = torch.optim.AdamW(
        [{"params": others, "weight_decay": o["decay"]}, {"params": plain, "weight_decay": 0.0}], lr=o["rateOfLearning"]
    )
    kept = {}

    def keep(kind, step):
        if step not in request["kept"]:
            return
        for name, p in parameters.items():
            state = optimizer.state.get(p, {})
            kept[f"{step}.{kind}.{name}"] = p.detach().clone()
            for moment in ("exp_avg", "exp_avg_sq"):
                kept[f"{step}.{kind}.{name}.{moment}"] = state.get(moment, torch.zeros_like(p)).detach().clone()

    losses = []
    for step in range(request["steps"]):
        keep("before", step)
        optimizer.zero_grad()
        own = {name.split(":", 1)[1]: mask for name, mask in masks.items() if name.startswith(f"{step}:")}
        loss = {"vit": vit, "gpt": gpt}[o["model"]](Net(parameters, own), inputs, o)
        loss.backward()
        losses.append(loss.item())
        if step in request["kept"]:
            kept.update({f"{step}.gradient.{name}": p.grad.clone() for name, p in parameters.items()})
        torch.nn.utils.clip_grad_norm_(parameters.values(), o["clip"])
        optimizer.step()
        keep("after", step)
    save_file({name: value.contiguous() for name, value in kept.items()}, request["result"])
    return losses


serve(answer)
