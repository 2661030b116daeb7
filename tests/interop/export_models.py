"""
Architectures of `transformers` at small sizes with random weights, as the ONNX files that `torch.onnx.export` writes.

    python3 export_models.py FOLDER [NAME ...]

writes NAME.dynamo.onnx and NAME.torchscript.onnx for each name (all, where none is given) and prints, per file, its path, or
why an exporter refuses the model. The suites ask for the same through `exchange.py`, as {folder, names}.

Every parameter and buffer of statistics is random, norms and biases too, so that a value that goes lost shows in the outputs.
Sizes that change from call to call stay symbolic in the files: the batch, and the length of a text.
"""

import json
import logging
import os
import sys
import time
import warnings

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import torch
import transformers as tf
from torch import nn

from exchange import serve

exporters = ("dynamo", "torchscript")
# What the TorchScript exporter is asked for: layer normalisation comes in pieces, which the newer exporter leaves whole.
torchscript_opset = 16


class Head(nn.Module):
    """A model that takes tensors in order and gives the named ones of its outputs."""

    def __init__(self, model, inputs, outputs, **fixed):
        super().__init__()
        self.model, self.inputs, self.outputs, self.fixed = model, inputs, outputs, fixed

    def forward(self, *tensors):
        given = dict(zip(self.inputs, tensors))
        result = self.model(**given, **self.fixed)
        return tuple(result[name] for name in self.outputs)


class DecoderWithPast(nn.Module):
    """One step of a decoder: the past keys and values of its own attention go in, and come out one position longer."""

    def __init__(self, model, layers):
        super().__init__()
        self.model, self.layers = model, layers

    def forward(self, *tensors):
        ids, states, *past = tensors
        own, cross = tf.DynamicCache(), tf.DynamicCache()
        for i in range(self.layers):
            keys, values, cross_keys, cross_values = past[4 * i : 4 * i + 4]
            own.update(keys, values, i)
            cross.update(cross_keys, cross_values, i)
        cache = tf.EncoderDecoderCache(own, cross)
        result = self.model(
            decoder_input_ids=ids,
            encoder_outputs=(states,),
            past_key_values=cache,
            use_cache=True,
        )
        kept = result.past_key_values.self_attention_cache
        pairs = [tensor for layer in kept.layers for tensor in (layer.keys, layer.values)]
        return (result.logits, *pairs)


def integers(high, *shape):
    return torch.randint(high, shape)


def ones(*shape):
    return torch.ones(shape, dtype=torch.int64)


def text(sizes=(2, 10), vocabulary=99):
    """Inputs of a language model, by name: the tensor, and the names of its symbolic axes."""
    axes = {0: "batch", 1: "sequence"}
    return {"input_ids": (integers(vocabulary, *sizes), axes), "attention_mask": (ones(*sizes), axes)}


def images(size):
    return {"pixel_values": (torch.randn(2, 3, size, size), {0: "batch"})}


def vit():
    config = tf.ViTConfig(
        hidden_size=64, num_hidden_layers=2, num_attention_heads=4, intermediate_size=128, image_size=32, patch_size=8, num_labels=12
    )
    return tf.ViTForImageClassification(config), images(32), ["logits"], {}


def swin():
    config = tf.SwinConfig(image_size=32, patch_size=2, embed_dim=32, depths=[2, 2], num_heads=[2, 4], window_size=4, num_labels=12)
    return eager(tf.SwinForImageClassification(config)), images(32), ["logits"], {}


def convnext():
    config = tf.ConvNextConfig(hidden_sizes=[32, 48, 64, 96], depths=[1, 1, 2, 1], image_size=64, num_labels=12)
    return tf.ConvNextForImageClassification(config), images(64), ["logits"], {}


def resnet50():
    return tf.ResNetForImageClassification(tf.ResNetConfig(num_labels=1000)), images(64), ["logits"], {}


def bert():
    config = tf.BertConfig(
        vocab_size=99, hidden_size=64, num_hidden_layers=2, num_attention_heads=4, intermediate_size=128, max_position_embeddings=32
    )
    axes = {0: "batch", 1: "sequence"}
    return tf.BertForMaskedLM(config), {**text(), "token_type_ids": (integers(2, 2, 10), axes)}, ["logits"], {}


def roberta():
    config = tf.RobertaConfig(
        vocab_size=99, hidden_size=64, num_hidden_layers=2, num_attention_heads=4, intermediate_size=128, max_position_embeddings=40
    )
    return tf.RobertaForMaskedLM(config), text(), ["logits"], {}


def gpt2():
    config = tf.GPT2Config(vocab_size=99, n_positions=32, n_embd=64, n_layer=2, n_head=4)
    return tf.GPT2LMHeadModel(config), text(), ["logits"], {"use_cache": False}


def llama():
    config = tf.LlamaConfig(
        vocab_size=99,
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=64,
    )
    return tf.LlamaForCausalLM(config), text(), ["logits"], {"use_cache": False}


def t5_config():
    return tf.T5Config(
        vocab_size=99, d_model=64, d_kv=16, d_ff=128, num_layers=2, num_heads=4, decoder_start_token_id=0, tie_word_embeddings=False
    )


def t5_encoder():
    return eager(tf.T5EncoderModel(t5_config())), text(), ["last_hidden_state"], {}


def t5_decoder():
    inputs = {
        "decoder_input_ids": (integers(99, 2, 7), {0: "batch", 1: "sequence"}),
        "encoder_outputs": (torch.randn(2, 10, 64), {0: "batch", 1: "source"}),
        "attention_mask": (ones(2, 10), {0: "batch", 1: "source"}),
    }
    return T5Decoder(eager(tf.T5ForConditionalGeneration(t5_config()))), inputs, ["logits"], {}


class T5Decoder(nn.Module):
    """The decoder on given states of the encoder."""

    def __init__(self, model):
        super().__init__()
        self.decoder, self.lm_head = model.decoder, model.lm_head

    def forward(self, decoder_input_ids, encoder_outputs, attention_mask):
        states = self.decoder(
            input_ids=decoder_input_ids,
            encoder_hidden_states=encoder_outputs,
            encoder_attention_mask=attention_mask,
            use_cache=False,
        ).last_hidden_state
        return {"logits": self.lm_head(states)}


def clip():
    small = dict(hidden_size=64, intermediate_size=128, num_hidden_layers=2, num_attention_heads=4)
    config = tf.CLIPConfig(
        text_config=dict(vocab_size=99, max_position_embeddings=32, eos_token_id=98, projection_dim=32, **small),
        vision_config=dict(image_size=32, patch_size=8, projection_dim=32, **small),
        projection_dim=32,
    )
    axes = {0: "texts", 1: "sequence"}
    inputs = {
        "input_ids": (integers(99, 2, 10), axes),
        "pixel_values": (torch.randn(3, 3, 32, 32), {0: "batch"}),
        "attention_mask": (ones(2, 10), axes),
    }
    return tf.CLIPModel(config), inputs, ["logits_per_image", "text_embeds", "image_embeds"], {}


def eager(model):
    """The model with attention in plain operators: the newer exporter cannot take apart its fused one after `transpose`."""
    model.set_attn_implementation("eager")
    return model


def whisper_config():
    return tf.WhisperConfig(
        vocab_size=99,
        num_mel_bins=16,
        d_model=64,
        encoder_layers=2,
        decoder_layers=2,
        encoder_attention_heads=4,
        decoder_attention_heads=4,
        encoder_ffn_dim=128,
        decoder_ffn_dim=128,
        max_source_positions=30,
        max_target_positions=32,
        pad_token_id=0,
        bos_token_id=1,
        eos_token_id=2,
        decoder_start_token_id=3,
        suppress_tokens=None,
        begin_suppress_tokens=None,
    )


def whisper_encoder():
    model = tf.WhisperModel(whisper_config()).encoder
    return model, {"input_features": (torch.randn(2, 16, 60), {0: "batch"})}, ["last_hidden_state"], {}


def whisper_decoder():
    config = whisper_config()
    layers, heads, width = config.decoder_layers, config.decoder_attention_heads, config.d_model // config.decoder_attention_heads
    inputs = {"decoder_input_ids": (integers(99, 2, 1), {0: "batch"}), "encoder_states": (torch.randn(2, 30, 64), {0: "batch"})}
    for i in range(layers):
        for part, length, axes in (
            ("key", 8, {0: "batch", 2: "past"}),
            ("value", 8, {0: "batch", 2: "past"}),
            ("cross_key", 30, {0: "batch"}),
            ("cross_value", 30, {0: "batch"}),
        ):
            inputs[f"past_{i}_{part}"] = (torch.randn(2, heads, length, width), axes)
    outputs = ["logits", *(f"present_{i}_{part}" for i in range(layers) for part in ("key", "value"))]
    return DecoderWithPast(tf.WhisperForConditionalGeneration(config), layers), inputs, outputs, None


models = {
    "vit": vit,
    "swin": swin,
    "convnext": convnext,
    "resnet50": resnet50,
    "bert": bert,
    "roberta": roberta,
    "gpt2": gpt2,
    "llama": llama,
    "t5-encoder": t5_encoder,
    "t5-decoder": t5_decoder,
    "clip": clip,
    "whisper-encoder": whisper_encoder,
    "whisper-decoder": whisper_decoder,
}


@torch.no_grad()
def randomise(model):
    """Matrices keep the size of what they multiply; scales and statistics are around 1, biases around 0."""
    for name, tensor in [*model.named_parameters(), *model.named_buffers()]:
        if not tensor.is_floating_point() or name.endswith("inv_freq"):
            continue
        if name.endswith("running_var"):
            tensor.uniform_(0.5, 1.5)
        elif tensor.dim() >= 2:
            fan_in = tensor[0].numel()
            tensor.normal_(0, fan_in**-0.5)
        elif "norm" in name.lower() and name.endswith("weight"):
            tensor.uniform_(0.5, 1.5)
        else:
            tensor.normal_(0, 0.2)


def prepare(name):
    """The module, its inputs in order, their symbolic axes and the names of its outputs."""
    torch.manual_seed(0)
    model, inputs, outputs, fixed = models[name]()
    randomise(model)
    if fixed is not None:
        model = Head(model, list(inputs), outputs, **fixed)
    tensors = tuple(tensor for tensor, _ in inputs.values())
    axes = {key: axes for key, (_, axes) in inputs.items()}
    return model.eval(), tensors, axes, outputs


def export(name, exporter, path):
    model, tensors, axes, outputs = prepare(name)
    common = dict(input_names=list(axes), output_names=outputs, verbose=False)
    if exporter == "dynamo":
        dims = {}
        shapes = tuple({axis: dims.setdefault(key, torch.export.Dim(key)) for axis, key in own.items()} for own in axes.values())
        torch.onnx.export(model, tensors, path, dynamo=True, dynamic_shapes=(shapes,), **common)
    else:
        torch.onnx.export(model, tensors, path, dynamo=False, dynamic_axes=axes, opset_version=torchscript_opset, **common)


def attempt(name, exporter, folder):
    """{model, exporter, seconds, file} or, where the exporter refuses, {model, exporter, seconds, refused}."""
    file = f"{name}.{exporter}.onnx"
    started = time.monotonic()
    try:
        export(name, exporter, os.path.join(folder, file))
        result = {"file": file}
    except Exception as error:
        result = {"refused": f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"}
    return {"model": name, "exporter": exporter, "seconds": round(time.monotonic() - started, 1), **result}


def answer(request):
    logging.disable(logging.WARNING)
    warnings.simplefilter("ignore")
    tf.logging.set_verbosity_error()
    torch.set_num_threads(1)
    os.makedirs(request["folder"], exist_ok=True)
    wanted = request.get("names") or list(models)
    return [attempt(name, exporter, request["folder"]) for name in wanted for exporter in exporters]


if len(sys.argv) > 1:
    for result in answer({"folder": sys.argv[1], "names": sys.argv[2:]}):
        print(json.dumps(result))
else:
    serve(answer)
