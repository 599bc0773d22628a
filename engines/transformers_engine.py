#!/usr/bin/env python3
"""An engine program: models of Hugging Face Transformers, by PyTorch on the CPU, or on the GPU where torch has one (docs/engines.md)."""
import gc
import os
import sys
import warnings

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
os.environ.update({"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false", "HF_HUB_DISABLE_TELEMETRY": "1"})

import model_files  # noqa: E402
import protocol  # noqa: E402
from protocol import BadInput, Failed  # noqa: E402

PACKAGES = ("torch", "transformers", "tokenizers", "safetensors", "peft", "accelerate", "bitsandbytes")
TASKS = {"CAUSAL_LM": "causal", "SEQ_CLS": "classify", "TOKEN_CLS": "tag", "FEATURE_EXTRACTION": "embed"}
DTYPES = {"fp32": "float32", "fp16": "float16", "bf16": "bfloat16"}


def device():
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


class Transformers(protocol.Program):
    name = "transformers"

    def __init__(self):
        self.known = None

    @property
    def version(self):
        return self.packages().get("transformers", "")

    def packages(self):
        return protocol.installed(PACKAGES, ("torch", "transformers"), "transformers")

    def precisions(self):
        """Those that a small computation works with on this machine."""
        if self.known is None:
            self.packages()
            self.known = ["native"] + [name for name, dtype in DTYPES.items() if computes(dtype)]
            self.known += [name for name in ("int8", "int4") if bitsandbytes_works(name) or (name == "int8" and own_int8_works())]
        return self.known

    def load(self, options):
        import torch

        torch.set_num_threads(options.threads)
        return load_model(options)


def computes(dtype):
    import torch

    try:
        values = torch.ones(3, 4, dtype=getattr(torch, dtype), device=device())
        made = torch.nn.functional.layer_norm(torch.nn.functional.linear(values, values), (3,)).softmax(-1)
        return bool(torch.isfinite(made).all())
    except RuntimeError:
        return False


def own_int8_works():
    import torch_int8

    return device() == "cpu" and torch_int8.works()


def bitsandbytes_works(precision):
    """Whether bitsandbytes is there and multiplies about rightly on this device."""
    try:
        import bitsandbytes
        import torch

        linear = torch.nn.Linear(64, 64, bias=False)
        layer = (bitsandbytes.nn.Linear8bitLt(64, 64, bias=False, has_fp16_weights=False) if precision == "int8"
                 else bitsandbytes.nn.Linear4bit(64, 64, bias=False, quant_type="nf4"))
        layer.load_state_dict(linear.state_dict())
        values = torch.linspace(-1, 1, 128).reshape(2, 64)
        wanted, made = linear(values), layer.to(device())(values.to(device(), torch.bfloat16)).float().cpu()
        return bool((made - wanted).abs().max() < 0.3)
    except Exception:  # whatever a broken installation raises: the precision is not offered
        return False


def load_model(options):
    import torch
    import transformers

    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    folder = options.model
    if not os.path.isdir(folder):
        raise BadInput(f"{folder}: a folder with config.json is expected, this is a file")
    config = model_files.config_of(folder)
    kind, architecture = model_files.kind_of(config, folder)
    if config.get("quantization_config") and options.precision != "native":
        raise BadInput(f"{folder}: its files are quantized already, so only the precision native can be loaded, not {options.precision}")
    tokenizer = read_tokenizer(folder)
    model, details = read_weights(folder, config, kind, options)
    facts = {"parameters": model.num_parameters()}
    if options.adapter:
        model = with_adapter(model, options, kind, details)
    if options.precision == "int8" and "quantization" not in details:
        quantize(model, options, details)
    model = model.eval().to(device()) if not getattr(model, "hf_quantizer", None) else model.eval()
    gc.collect()
    details.update({"device": torch.cuda.get_device_name() if device() == "cuda" else "cpu", "dtype": str(model.dtype).rsplit(".", 1)[-1],
                    "threads": torch.get_num_threads(), "attention": str(getattr(model.config, "_attn_implementation", ""))})
    from transformers_model import TorchModel

    return TorchModel(model, tokenizer, kind, {"architecture": architecture, **facts, "details": details}, config, folder)


def read_tokenizer(folder):
    from transformers import AutoTokenizer

    try:
        return AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except (OSError, ValueError, ImportError, KeyError) as error:
        raise Failed(f"{folder}: its tokenizer cannot be read: {error}") from None


def auto_class(kind):
    import transformers

    return {"causal": transformers.AutoModelForCausalLM, "classify": transformers.AutoModelForSequenceClassification,
            "tag": transformers.AutoModelForTokenClassification, "embed": transformers.AutoModel}[kind]


def read_weights(folder, config, kind, options):
    """The model in the precision, and what it is that goes into `details`."""
    import torch
    from transformers import AutoConfig

    details, more = {}, {}
    try:
        settings = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except (OSError, ValueError, KeyError) as error:
        raise Failed(f"{folder}: its config.json cannot be read: {error}") from None
    mend_rope(folder, config, settings)
    if options.precision in ("int8", "int4") and bitsandbytes_works(options.precision):
        more = bitsandbytes_settings(options.precision, details)
    elif config.get("quantization_config"):
        more = {"device_map": {"": device()}}
    dtype = "auto" if options.precision in ("native", "int8", "int4") else getattr(torch, DTYPES[options.precision])
    if options.precision == "int8" and not more:
        dtype = torch.float32
    try:
        model, loading = auto_class(kind).from_pretrained(folder, config=settings, dtype=dtype, local_files_only=True, trust_remote_code=False,
                                                          output_loading_info=True, **more)
    except (OSError, ValueError, KeyError, ImportError) as error:
        raise Failed(f"{folder}: its weights cannot be loaded: {error}") from None
    missing = [one for one in loading["missing_keys"] if not (kind == "embed" and "pooler" in one)]
    if missing:
        raise Failed(f"{folder}: {len(missing)} tensors are missing in its files, such as {sorted(missing)[0]}: it would compute with random ones")
    return model, details


def mend_rope(folder, config, settings):
    """Files of Transformers 5 name the base of the rotation elsewhere, where Transformers 4 does not look."""
    import transformers

    rope = config.get("rope_parameters")
    if not isinstance(rope, dict) or int(transformers.__version__.split(".")[0]) >= 5:
        return
    if "rope_theta" not in rope or not hasattr(settings, "rope_theta"):
        raise Failed(f"{folder}/config.json has `rope_parameters` in a form that Transformers {transformers.__version__} does not read: "
                     "save it with Transformers 4, or install Transformers 5 for this engine")
    settings.rope_theta = rope["rope_theta"]
    if rope.get("rope_type", "default") != "default":
        settings.rope_scaling = {key: value for key, value in rope.items() if key != "rope_theta"}


def bitsandbytes_settings(precision, details):
    import torch
    from transformers import BitsAndBytesConfig

    if precision == "int8":
        details.update({"quantization": "bitsandbytes", "weights": "int8 (LLM.int8)"})
        chosen = BitsAndBytesConfig(load_in_8bit=True)
    else:
        details.update({"quantization": "bitsandbytes", "weights": "4 bits (nf4), computed in bfloat16"})
        chosen = BitsAndBytesConfig(load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=torch.bfloat16)
    return {"quantization_config": chosen, "device_map": {"": device()}}


def quantize(model, options, details):
    import torch_int8

    if options.adapter and not options.adapter["merge"]:
        raise BadInput("an adapter that is not merged cannot be put on int8 weights here: merge it, or use fp32")
    if not torch_int8.quantize(model):
        raise Failed(f"{options.model}: none of its layers is a plain linear one, so int8 would change nothing: use another precision")
    details.update(torch_int8.DETAILS)


def with_adapter(model, options, kind, details):
    """The model with the adapter's layers in it."""
    path = options.adapter["path"]
    settings = model_files.read_json(path, "adapter_config.json")
    if not settings:
        raise BadInput(f"{path}: no adapter_config.json is in it, so it is no PEFT adapter")
    task = settings.get("task_type")
    if task in TASKS and TASKS[task] != kind:
        raise BadInput(f"{path}: the adapter is made for {task}, the model {options.model} is of the kind {kind}")
    try:
        import peft
    except ImportError:
        raise Failed(f"the Python package peft, which adapters need, is not installed for {sys.executable}: run `bantam engines setup transformers`") from None
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        try:
            wrapped = peft.PeftModel.from_pretrained(model, path, is_trainable=False, local_files_only=True)
        except (OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
            raise Failed(f"{path}: the adapter cannot be put on {options.model}: {error}") from None
    absent = [str(one.message) for one in said if "missing adapter keys" in str(one.message).lower()]
    if absent:
        raise Failed(f"{path}: the adapter's file lacks tensors that {options.model} needs: {absent[0][:300]}")
    if wrapped.active_peft_config.is_prompt_learning:
        raise BadInput(f"{path}: an adapter of the type {wrapped.active_peft_config.peft_type.value} changes prompts, which this engine does not do")
    if options.adapter["merge"]:
        made, how = wrapped.merge_and_unload(), "merged"
    else:
        made, how = wrapped.get_base_model(), "beside the weights"
    details["adapter"] = f"{wrapped.active_peft_config.peft_type.value.lower()}, {how}"
    return made


if __name__ == "__main__":
    sys.exit(protocol.serve(Transformers()))
