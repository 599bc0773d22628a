#!/usr/bin/env python3
"""An engine program: models in ONNX, by ONNX Runtime on the CPU (docs/engines.md). Needs onnxruntime, tokenizers and numpy."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
os.environ["TOKENIZERS_PARALLELISM"] = "false"

import model_files  # noqa: E402
import onnx_file  # noqa: E402
import protocol  # noqa: E402
from protocol import BadInput, Failed  # noqa: E402

PACKAGES = ("onnxruntime", "tokenizers", "numpy")


class Onnx(protocol.Program):
    name = "onnx"

    @property
    def version(self):
        return self.packages()["onnxruntime"]

    def packages(self):
        return protocol.installed(PACKAGES, PACKAGES, "onnx")

    def load(self, options):
        self.packages()
        import onnxruntime

        if options.adapter:
            raise BadInput("an ONNX file takes no adapter: merge it into the model before the export")
        path, folder = onnx_file.find(options.model)
        config = model_files.config_of(folder)
        kind, architecture = model_files.kind_of(config, folder)
        weights = onnx_file.Weights(path)
        settings = onnxruntime.SessionOptions()
        settings.intra_op_num_threads, settings.inter_op_num_threads = options.threads, 1
        settings.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
        settings.log_severity_level = 3
        try:
            session = onnxruntime.InferenceSession(path, settings, providers=["CPUExecutionProvider"])
        except Exception as error:  # the package's errors derive from Exception only
            raise Failed(f"{path} cannot be loaded: {error}") from None
        from onnx_model import OnnxModel

        return OnnxModel(session, weights, kind, architecture, config, folder)


if __name__ == "__main__":
    sys.exit(protocol.serve(Onnx()))
