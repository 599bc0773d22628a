"""Linear layers in int8 by torch alone: weights int8 with a scale for each output, activations int8 with a scale for each token.

A token's activations have a scale of their own, so that its result does not depend on other tokens or sequences.
"""
import torch

DETAILS = {"quantization": "int8", "weights": "int8, one scale for each output; embeddings and norms as they were",
           "activations": "int8, one scale for each token, chosen while it runs"}


class Int8Linear(torch.nn.Module):
    def __init__(self, linear):
        super().__init__()
        weight = linear.weight.detach().float()
        scale = weight.abs().amax(1).clamp_min(1e-12) / 127
        self.register_buffer("weight", (weight / scale[:, None]).round().to(torch.int8))
        self.register_buffer("scale", scale)
        self.register_buffer("bias", None if linear.bias is None else linear.bias.detach().float())

    def forward(self, values):
        flat = values.reshape(-1, values.shape[-1]).float()
        scale = flat.abs().amax(1, keepdim=True).clamp_min(1e-12) / 127
        made = torch._int_mm((flat / scale).round().to(torch.int8), self.weight.t()).float() * scale * self.scale
        if self.bias is not None:
            made += self.bias
        return made.reshape(*values.shape[:-1], -1).to(values.dtype)


def works():
    """Whether this torch multiplies int8 here, and rightly."""
    try:
        left, right = torch.tensor([[1, -2, 3]], dtype=torch.int8), torch.tensor([[4, 5, 6], [-7, 8, 127]], dtype=torch.int8)
        return torch._int_mm(left, right.t()).tolist() == [[12, 358]]
    except (RuntimeError, AttributeError):
        return False


def quantize(model):
    """Puts Int8Linear in the place of every Linear; the bytes of weights that became int8."""
    done = 0
    for module in list(model.modules()):
        for name, child in list(module.named_children()):
            if type(child) is torch.nn.Linear:
                setattr(module, name, Int8Linear(child))
                done += child.weight.numel()
    return done
