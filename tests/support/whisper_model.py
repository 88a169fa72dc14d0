"""A Whisper model with random weights, small enough to make in a test: all is real but the words.

``python -m tests.support.whisper_model FOLDER`` writes one; in a process of its own, as it needs
torch.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

WORDS = [f"word{n}" for n in range(64)]
SPECIAL = ["<|endoftext|>", "<|startoftranscript|>", "<|en|>", "<|translate|>", "<|transcribe|>"]
SPECIAL += ["<|startoflm|>", "<|startofprev|>", "<|nospeech|>", "<|notimestamps|>"]
TIMES = 1501


def write(folder: Path) -> None:
    """What faster-whisper loads: 0.2 MB."""
    import torch
    from ctranslate2.converters import TransformersConverter
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import (
        GenerationConfig,
        PreTrainedTokenizerFast,
        WhisperConfig,
        WhisperForConditionalGeneration,
    )

    torch.manual_seed(7)
    names = ["<|unknown|>", *WORDS]
    tokens = {name: number for number, name in enumerate([*names, *SPECIAL])}
    tokenizer = Tokenizer(models.WordLevel(tokens, unk_token=names[0]))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.add_special_tokens(SPECIAL)
    start = tokens["<|startoftranscript|>"]
    end = tokens["<|endoftext|>"]
    config = WhisperConfig(
        vocab_size=len(tokens) + TIMES,
        num_mel_bins=80,
        d_model=32,
        encoder_layers=1,
        decoder_layers=1,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=32,
        decoder_ffn_dim=32,
        decoder_start_token_id=start,
        bos_token_id=end,
        eos_token_id=end,
        pad_token_id=end,
    )
    model = WhisperForConditionalGeneration(config)
    model.generation_config = GenerationConfig(suppress_tokens=[], begin_suppress_tokens=[end])
    model.generation_config.lang_to_id = {"<|en|>": tokens["<|en|>"]}
    with tempfile.TemporaryDirectory() as made:
        model.save_pretrained(made)
        PreTrainedTokenizerFast(tokenizer_object=tokenizer).save_pretrained(made)
        TransformersConverter(made).convert(str(folder), force=True)
    tokenizer.save(str(folder / "tokenizer.json"))


if __name__ == "__main__":
    write(Path(sys.argv[1]))
