"""Exports tiny models to ONNX with the inputs and outputs that Optimum gives them."""
import warnings
from pathlib import Path

import torch


class PlainLlama(torch.nn.Module):
    """The Llama of a LlamaForCausalLM written out, with its cache as inputs and outputs (or without one)."""

    def __init__(self, model, cached):
        super().__init__()
        config = model.config
        self.model, self.cached, self.config = model, cached, config
        self.heads, self.kv_heads = config.num_attention_heads, config.num_key_value_heads
        self.width = config.hidden_size // self.heads
        self.frequencies = config.rope_theta ** (-torch.arange(0, self.width, 2).float() / self.width)

    def rotated(self, values, places):
        angles = places[:, None, :, None].float() * self.frequencies
        angles = torch.cat([angles, angles], -1)
        half = self.width // 2
        turned = torch.cat([-values[..., half:], values[..., :half]], -1)
        return values * angles.cos() + turned * angles.sin()

    def split(self, values, heads):
        return values.reshape(values.shape[0], -1, heads, self.width).transpose(1, 2)

    def attention(self, layer, hidden, places, allowed, past):
        own = layer.self_attn
        query = self.rotated(self.split(own.q_proj(hidden), self.heads), places)
        key = self.rotated(self.split(own.k_proj(hidden), self.kv_heads), places)
        value = self.split(own.v_proj(hidden), self.kv_heads)
        if past:
            key, value = torch.cat([past[0], key], 2), torch.cat([past[1], value], 2)
        many = self.heads // self.kv_heads
        scores = query @ key.repeat_interleave(many, 1).transpose(2, 3) / self.width ** 0.5
        scores = scores.masked_fill(~allowed, -1e9).softmax(-1)
        mixed = (scores @ value.repeat_interleave(many, 1)).transpose(1, 2)
        return own.o_proj(mixed.reshape(mixed.shape[0], -1, self.config.hidden_size)), key, value

    def norm(self, layer, hidden):
        return layer.weight * hidden * torch.rsqrt(hidden.pow(2).mean(-1, keepdim=True) + self.config.rms_norm_eps)

    def forward(self, input_ids, attention_mask, position_ids, *past):
        columns, rows = torch.arange(attention_mask.shape[1]), torch.arange(input_ids.shape[1]) + attention_mask.shape[1] - input_ids.shape[1]
        allowed = (columns[None] <= rows[:, None])[None, None] & (attention_mask[:, None, None] > 0)
        hidden, present = self.model.model.embed_tokens(input_ids), []
        for place, layer in enumerate(self.model.model.layers):
            made, *cache = self.attention(layer, self.norm(layer.input_layernorm, hidden), position_ids, allowed, past[2 * place:2 * place + 2])
            hidden, present = hidden + made, present + cache
            inner = self.norm(layer.post_attention_layernorm, hidden)
            hidden = hidden + layer.mlp.down_proj(torch.nn.functional.silu(layer.mlp.gate_proj(inner)) * layer.mlp.up_proj(inner))
        logits = self.model.lm_head(self.norm(self.model.model.norm, hidden))
        return (logits, *present) if self.cached else logits


class OnlyOutput(torch.nn.Module):
    def __init__(self, model, output):
        super().__init__()
        self.model, self.output = model, output

    def forward(self, input_ids, attention_mask):
        return getattr(self.model(input_ids=input_ids, attention_mask=attention_mask), self.output)


def export(module, given, names, outputs, dynamic, folder):
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        torch.onnx.export(module, given, str(Path(folder) / "model.onnx"), input_names=names, output_names=outputs, dynamic_axes=dynamic, dynamo=False,
                          opset_version=17)


def export_llama(model, folder, cached=True):
    config, ids = model.config, torch.ones(2, 3, dtype=torch.int64)
    width = config.hidden_size // config.num_attention_heads
    past = [torch.zeros(2, config.num_key_value_heads, 5, width) for _ in range(2 * config.num_hidden_layers)] if cached else []
    parts = [f"{layer}.{part}" for layer in range(config.num_hidden_layers) for part in ("key", "value")] if cached else []
    dynamic = {"input_ids": {0: "batch", 1: "tokens"}, "attention_mask": {0: "batch", 1: "total"}, "position_ids": {0: "batch", 1: "tokens"},
               "logits": {0: "batch", 1: "tokens"}}
    for one in parts:
        dynamic.update({f"past_key_values.{one}": {0: "batch", 2: "past"}, f"present.{one}": {0: "batch", 2: "total"}})
    mask = torch.ones(2, 8 if cached else 3, dtype=torch.int64)
    export(PlainLlama(model, cached).eval(), (ids, mask, torch.tensor([[5, 6, 7]] * 2), *past),
           ["input_ids", "attention_mask", "position_ids", *(f"past_key_values.{one}" for one in parts)],
           ["logits", *(f"present.{one}" for one in parts)], dynamic, folder)


def export_encoder(model, folder, output):
    ids = torch.ones(2, 4, dtype=torch.int64)
    axes = {0: "batch", 1: "tokens"}
    mask = torch.tensor([[1, 1, 1, 1], [1, 1, 1, 0]])  # a mask of ones only would be left out of the graph
    export(OnlyOutput(model, output).eval(), (ids, mask), ["input_ids", "attention_mask"], [output],
           {"input_ids": axes, "attention_mask": axes, output: {0: "batch", 1: "tokens"} if model(ids)[output].dim() == 3 else {0: "batch"}}, folder)
