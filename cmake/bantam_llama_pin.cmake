# The source distribution that holds the pinned llama.cpp: the engine is built from it, and conversion runs the
# converter in it. scripts/setup.sh fetches the same one.
set(BANTAM_LLAMA_ARCHIVE "llama-cpp-python-0.3.36")
set(BANTAM_LLAMA_ARCHIVE_SHA256 "832db0699007f1be95a7e41ef12e88926b02ba836461e36a36372db2760c1a2e")
