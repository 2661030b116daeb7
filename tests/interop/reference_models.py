"""
The example models in PyTorch, with the weights of a plan.

A request names the weights files of plans, whose parameters are filled with random numbers in place (the plan reads them by
offset), and the files to write: inputs for `sbpc run`, and what PyTorch makes of them in double precision. Weights of
projections are [in, out] there and [out, in] in torch.nn.Linear (but not in GPT-2's Conv1D); columns of the joint projection
are (head, query|key|value, feature) there and (query|key|value, head, feature) in PyTorch's attention.
"""

import json

import numpy
import torch
import torch.nn.functional as F
from safetensors.numpy import load_file, save_file
from torch import nn

from exchange import serve


def fill(path, rng):
    """Every parameter becomes random: scales around 1, all others around 0. Gives them in double precision."""
    with open(path, "r+b") as file:
        length = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(length))
        for name, entry in sorted(header.items()):
            assert entry["dtype"] == "F32", name
            scale = "norm" in name.lower() and name.endswith(".weight")
            values = 1 + 0.2 * rng.standard_normal(entry["shape"]) if scale else 0.05 * rng.standard_normal(entry["shape"])
            file.seek(8 + length + entry["data_offsets"][0])
            file.write(values.astype("<f4").tobytes())
    return {name: torch.from_numpy(values).double() for name, values in load_file(path).items()}


class Weights:
    """Parameters by name, each of which is asked for once."""

    def __init__(self, values):
        self.values = values

    def take(self, name):
        return self.values.pop(name)

    def norm(self, theirs, ours):
        return {f"{theirs}.{part}": self.take(f"{ours}.{part}") for part in ("weight", "bias")}

    def linear(self, theirs, ours):
        return {f"{theirs}.weight": self.take(f"{ours}.weight").T, f"{theirs}.bias": self.take(f"{ours}.bias")}

    def query_key_value(self, ours, heads):
        """Weight [in, 3, out] and bias [3, out], the 3 being query, key and value."""
        weight, bias = self.take(f"{ours}.weight"), self.take(f"{ours}.bias")
        features = len(weight)
        weight = weight.reshape(features, heads, 3, -1).transpose(1, 2).reshape(features, 3, features)
        return weight, bias.reshape(heads, 3, -1).transpose(0, 1).reshape(3, features)


def load(model, state):
    model.double().eval().load_state_dict(state)
    return model


def vit(weights, inputs, *, layers, heads):
    images = inputs["images"]
    kernel = weights.take("patchEmbed.proj.weight")
    features, patch = len(kernel), kernel.shape[-1]
    x = F.conv2d(images, kernel, weights.take("patchEmbed.proj.bias"), stride=patch).flatten(2).transpose(1, 2)
    x = torch.cat((weights.take("clsToken").expand(len(x), -1, -1), x), 1) + weights.take("posEmbed")
    for i in range(layers):
        ours = f"blocks.{i}"
        weight, bias = weights.query_key_value(f"{ours}.selfAttention.queryKeyValue", heads)
        state = {
            "self_attn.in_proj_weight": weight.flatten(1).T,
            "self_attn.in_proj_bias": bias.flatten(),
            **weights.linear("self_attn.out_proj", f"{ours}.selfAttention.dense"),
            **weights.linear("linear1", f"{ours}.mlp.denseHTo4h"),
            **weights.linear("linear2", f"{ours}.mlp.dense4hToH"),
            **weights.norm("norm1", f"{ours}.inputLayernorm"),
            **weights.norm("norm2", f"{ours}.postAttentionLayernorm"),
        }
        block = nn.TransformerEncoderLayer(
            features, heads, 4 * features, activation="gelu", batch_first=True, norm_first=True
        )
        x = load(block, state)(x)
    x = F.layer_norm(x, (features,), weights.take("norm.weight"), weights.take("norm.bias"))
    scores = x[:, 0] @ weights.take("head.weight") + weights.take("head.bias")
    return {"prediction_scores": scores}


def gpt(weights, inputs, *, layers, heads):
    from transformers import GPT2Config, GPT2LMHeadModel

    words = weights.take("wordEmbeddings.weight")
    positions = weights.take("positionEmbeddings.weight")
    state = {
        "transformer.wte.weight": words,
        "lm_head.weight": words,
        "transformer.wpe.weight": positions,
        **weights.norm("transformer.ln_f", "layernormF"),
    }
    for i in range(layers):
        ours, theirs = f"transformer.{i}", f"transformer.h.{i}"
        weight, bias = weights.query_key_value(f"{ours}.selfAttention.queryKeyValue", heads)
        state |= {
            f"{theirs}.attn.c_attn.weight": weight.flatten(1),
            f"{theirs}.attn.c_attn.bias": bias.flatten(),
            **weights.norm(f"{theirs}.attn.c_proj", f"{ours}.selfAttention.dense"),
            **weights.norm(f"{theirs}.mlp.c_fc", f"{ours}.mlp.denseHTo4h"),
            **weights.norm(f"{theirs}.mlp.c_proj", f"{ours}.mlp.dense4hToH"),
            **weights.norm(f"{theirs}.ln_1", f"{ours}.inputLayernorm"),
            **weights.norm(f"{theirs}.ln_2", f"{ours}.postAttentionLayernorm"),
        }
    config = GPT2Config(
        vocab_size=len(words),
        n_positions=len(positions),
        n_embd=words.shape[1],
        n_layer=layers,
        n_head=heads,
        bos_token_id=None,
        eos_token_id=None,
    )
    return {"prediction_scores": load(GPT2LMHeadModel(config), state)(inputs["input_ids"]).logits}


def bert(weights, inputs, *, layers, heads):
    from transformers import BertConfig, BertForPreTraining

    words = weights.take("embeddings.word.weight")
    positions = weights.take("embeddings.position.weight")
    token_types = weights.take("embeddings.tokenType.weight")
    head_bias = weights.take("head.logits.bias")
    state = {
        "bert.embeddings.word_embeddings.weight": words,
        "bert.embeddings.position_embeddings.weight": positions,
        "bert.embeddings.token_type_embeddings.weight": token_types,
        # The norm of each layer's output is the next layer's first one.
        **weights.norm("bert.embeddings.LayerNorm", "encoders.0.inputLayernorm"),
        "cls.predictions.decoder.weight": words,
        "cls.predictions.decoder.bias": head_bias,
        "cls.predictions.bias": head_bias,
        **weights.linear("cls.predictions.transform.dense", "head.dense"),
        **weights.norm("cls.predictions.transform.LayerNorm", "head.layernorm"),
        # Next-sentence scores, which the example does not have.
        "cls.seq_relationship.weight": torch.zeros(2, words.shape[1]),
        "cls.seq_relationship.bias": torch.zeros(2),
    }
    # In training nothing uses the pooler, and the plan does not hold it.
    pools = "pooler.weight" in weights.values
    if pools:
        state |= weights.linear("bert.pooler.dense", "pooler")
    else:
        state |= {f"bert.pooler.dense.{part}": torch.zeros(words.shape[1:] * n) for part, n in (("weight", 2), ("bias", 1))}
    for i in range(layers):
        ours, theirs = f"encoders.{i}", f"bert.encoder.layer.{i}"
        weight, bias = weights.query_key_value(f"{ours}.selfAttention.queryKeyValue", heads)
        for part, name in enumerate(("query", "key", "value")):
            state |= {
                f"{theirs}.attention.self.{name}.weight": weight[:, part].T,
                f"{theirs}.attention.self.{name}.bias": bias[part],
            }
        last = "finalLayernorm" if i == layers - 1 else f"encoders.{i + 1}.inputLayernorm"
        state |= {
            **weights.linear(f"{theirs}.attention.output.dense", f"{ours}.selfAttention.dense"),
            **weights.norm(f"{theirs}.attention.output.LayerNorm", f"{ours}.postAttentionLayernorm"),
            **weights.linear(f"{theirs}.intermediate.dense", f"{ours}.mlp.denseHTo4h"),
            **weights.linear(f"{theirs}.output.dense", f"{ours}.mlp.dense4hToH"),
            **weights.norm(f"{theirs}.output.LayerNorm", last),
        }
    config = BertConfig(
        vocab_size=len(words),
        max_position_embeddings=len(positions),
        type_vocab_size=len(token_types),
        hidden_size=words.shape[1],
        num_hidden_layers=layers,
        num_attention_heads=heads,
    )
    output = load(BertForPreTraining(config), state)
    states = output.bert(
        inputs["input_ids"], attention_mask=inputs["attention_mask"].long(), token_type_ids=inputs["token_type_ids"]
    )
    scores = output.cls.predictions(states.last_hidden_state)
    return {"prediction_scores": scores, **({"pooled": states.pooler_output} if pools else {})}


def inputs_of(model, rng, *, batch, seq, classes):
    """Inputs of the forward pass, and labels of the shape that the model's loss takes."""
    if model == "vit":
        return {"images": rng.standard_normal((batch, 3, 224, 224)).astype("f4")}, rng.integers(classes, size=batch)
    words = {"input_ids": rng.integers(classes, size=(batch, seq))}
    labels = rng.integers(classes, size=(batch, seq))
    if model == "bert":
        # Sequences of different lengths; about one word in three is to be found.
        words["attention_mask"] = numpy.arange(seq) < rng.integers(seq // 2, seq + 1, size=(batch, 1))
        words["token_type_ids"] = rng.integers(2, size=(batch, seq))
        labels = numpy.where(rng.random((batch, seq)) < 0.3, labels, -100)
    return words, labels


def reference(plan, *, model, batch, seq, classes, **architecture):
    rng = numpy.random.default_rng(7)
    weights = Weights(fill(plan["weights"], rng))
    inputs, labels = inputs_of(model, rng, batch=batch, seq=seq, classes=classes)
    save_file({**inputs, **({"labels": labels} if plan["training"] else {})}, plan["inputs"])
    tensors = {name: torch.from_numpy(values) for name, values in inputs.items()}
    tensors = {name: value.double() if value.is_floating_point() else value for name, value in tensors.items()}
    outputs = {"vit": vit, "gpt": gpt, "bert": bert}[model](weights, tensors, **architecture)
    assert not weights.values, f"not used: {list(weights.values)}"
    if plan["training"]:
        scores = outputs["prediction_scores"].flatten(0, -2)
        outputs = {"losses": F.cross_entropy(scores, torch.from_numpy(labels).flatten())}
    save_file({name: value.contiguous().numpy() for name, value in outputs.items()}, plan["outputs"])


@torch.no_grad()
def answer(request):
    for plan in request.pop("plans"):
        reference(plan, **request)
    return {}


serve(answer)
