"""Chat templates on both sides: lm-eval's own method with a tokenizer of Transformers, and a GGUF file of the same tokenizer with the
template (scripts/prompt_parity.py)."""
import ast
import importlib.util
import logging
import sys
import types
from pathlib import Path

import jinja2

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests/support"))
import gguf_file  # noqa: E402

PROBE = ROOT.parent / "shared/models/probe"
TEMPLATES = {
    "chatml": "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}"
              "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}",
    "llama3": "{% set loop_messages = messages %}{% for message in loop_messages %}{% set content = '<|start_header_id|>' + message['role'] + "
              "'<|end_header_id|>\n\n'+ message['content'] | trim + '<|eot_id|>' %}{% if loop.index0 == 0 %}{% set content = bos_token + content %}"
              "{% endif %}{{ content }}{% endfor %}{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif %}",
    "qwen2.5": "{%- if messages[0]['role'] == 'system' %}\n    {{- '<|im_start|>system\\n' + messages[0]['content'] + '<|im_end|>\\n' }}\n{%- else %}\n"
               "    {{- '<|im_start|>system\\nYou are Qwen, created by Alibaba Cloud. You are a helpful assistant.<|im_end|>\\n' }}\n{%- endif %}\n"
               "{%- for message in messages %}\n    {%- if (message.role == \"user\") or (message.role == \"system\" and not loop.first) or "
               "(message.role == \"assistant\" and not message.tool_calls) %}\n"
               "        {{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>' + '\\n' }}\n    {%- endif %}\n{%- endfor %}\n"
               "{%- if add_generation_prompt %}\n    {{- '<|im_start|>assistant\\n' }}\n{%- endif %}\n",
    "gemma": "{{ bos_token }}{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}"
             "{% for message in messages %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}"
             "{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}{% endif %}"
             "{% if (message['role'] == 'assistant') %}{% set role = 'model' %}{% else %}{% set role = message['role'] %}{% endif %}"
             "{{ '<start_of_turn>' + role + '\n' + message['content'] | trim + '<end_of_turn>\n' }}{% endfor %}"
             "{% if add_generation_prompt %}{{'<start_of_turn>model\n'}}{% endif %}",
}


def own_method():
    """HFLM.apply_chat_template; the class itself needs torch."""
    path = Path(importlib.util.find_spec("lm_eval").origin).parent / "models/huggingface.py"
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef) and node.name == "apply_chat_template":
            names = {"jinja2": jinja2, "eval_logger": logging.getLogger("x")}
            exec(compile(ast.Module([node], []), str(path), "exec"), names)  # noqa: S102
            return names["apply_chat_template"]
    raise ValueError(f"no apply_chat_template in {path}")


class Chats:
    """Models and renderers by the template's name."""

    def __init__(self, folder):
        from transformers import AutoTokenizer

        self.folder, self.method = folder, own_method()
        self.tokenizer = AutoTokenizer.from_pretrained(PROBE)
        self.content = (PROBE / "probe-f16.gguf").read_bytes()

    def render(self, name):
        """What lm-eval calls with a conversation."""
        def called(history, add_generation_prompt=True):
            self.tokenizer.chat_template = TEMPLATES[name]
            return self.method(types.SimpleNamespace(tokenizer=self.tokenizer, chat_template_args={}), history, add_generation_prompt)

        return called

    def model(self, name):
        path = self.folder / f"{name}.gguf"
        if not path.exists():
            content = gguf_file.read(self.content)
            content.keys = [key for key in content.keys if key[0] != "tokenizer.chat_template"]
            content.key("tokenizer.chat_template", gguf_file.STRING, gguf_file.text(TEMPLATES[name]))
            path.write_bytes(content.bytes())
        return str(path)
