"""Model names that move, and the days for which their makers announced the end of a model."""

import re

# from openai 3.54 (types/shared/chat_model.py), anthropic 2.12 (DEPRECATED_MODELS), litellm 1.109 and the
# makers' deprecation pages, read in November 2026
_ENDS = {
    "2024-01-04": "text-davinci-003 text-davinci-002 text-davinci-001 text-curie-001 text-babbage-001 "
                  "text-ada-001 davinci curie babbage ada code-davinci-002",
    "2024-09-13": "gpt-3.5-turbo-16k gpt-3.5-turbo-0301 gpt-3.5-turbo-0613 gpt-3.5-turbo-16k-0613",
    "2024-11-06": "claude-1.3 claude-1.3-100k claude-instant-1.1 claude-instant-1.1-100k claude-instant-1.2 "
                  "claude-1 claude-instant-1",
    "2024-12-06": "gpt-4-vision-preview",
    "2025-03-20": "mixtral-8x7b-32768",
    "2025-06-06": "gpt-4-32k gpt-4-32k-0314 gpt-4-32k-0613",
    "2025-07-21": "claude-3-sonnet-20240229 claude-3-sonnet claude-2.1 claude-2.0 claude-2",
    "2025-07-28": "o1-preview o1-preview-2024-09-12",
    "2025-08-30": "llama3-70b-8192 llama3-8b-8192",
    "2025-09": "gemini-1.5-flash gemini-1.5-flash-latest gemini-1.5-flash-001 gemini-1.5-flash-002 "
               "gemini-1.5-flash-8b gemini-1.5-pro gemini-1.5-pro-latest gemini-1.5-pro-001 "
               "gemini-1.5-pro-002 gemini-pro gemini-1.0-pro gemini-pro-vision",
    "2025-10-08": "gemma2-9b-it",
    "2025-10": "claude-3-5-sonnet-20240620 claude-3-5-sonnet-20241022 claude-3-5-sonnet-latest",
    "2025-10-27": "o1-mini o1-mini-2024-09-12",
    "2026-01-05": "claude-3-opus-20240229 claude-3-opus-latest claude-3-opus",
    "2026-02-12": "codex-mini-latest",
    "2026-02-17": "chatgpt-4o-latest",
    "2026-02-19": "claude-3-7-sonnet-latest claude-3-7-sonnet-20250219 claude-3-5-haiku-latest "
                  "claude-3-5-haiku-20241022",
    "2026-03-26": "gpt-4-0125-preview gpt-4-turbo-preview gpt-4-0314",
    "2026-05-07": "gpt-4o-audio-preview gpt-4o-mini-audio-preview",
    "2026-06-01": "gemini-2.0-flash gemini-2.0-flash-001 gemini-2.0-flash-lite gemini-2.0-flash-lite-001",
    "2026-06-15": "claude-opus-4-0 claude-opus-4-20250514 claude-sonnet-4-0 claude-sonnet-4-20250514",
    "2026-07-23": "gpt-5-chat-latest gpt-5.1-chat-latest gpt-5.1-codex gpt-4o-search-preview "
                  "gpt-4o-mini-search-preview",
    "2026-07-24": "deepseek-chat deepseek-reasoner",
    "2026-08-10": "gpt-5.3-chat-latest gpt-5.2-chat-latest",
    "2026-08-16": "llama-3.3-70b-versatile llama-3.1-8b-instant",
    "2026-09-28": "gpt-3.5-turbo-1106 gpt-3.5-turbo-instruct babbage-002 davinci-002",
    "2026-10-23": "gpt-4.1-nano gpt-4.1-nano-2025-04-14 o4-mini o4-mini-2025-04-16 o3-mini "
                  "o3-mini-2025-01-31 o1 o1-2024-12-17 gpt-4o-2024-05-13 gpt-4-turbo gpt-4-turbo-2024-04-09 "
                  "gpt-4-1106-preview gpt-4 gpt-4-0613 gpt-3.5-turbo gpt-3.5-turbo-0125",
    "2026-11-30": "claude-sonnet-4-5 claude-sonnet-4-5-20250929",
    "2026-12-01": "gemini-2.5-pro gemini-2.5-flash",
    "2026-12-11": "gpt-5 gpt-5-mini gpt-5-nano gpt-5-2025-08-07 gpt-5-mini-2025-08-07 "
                  "gpt-5-nano-2025-08-07 o3 o3-2025-04-16",
    "2027-01-14": "gpt-4.1 gpt-4.1-mini gpt-4.1-2025-04-14 gpt-4.1-mini-2025-04-14 gpt-4o "
                  "gpt-4o-2024-11-20 gpt-4o-2024-08-06 gpt-4o-mini gpt-4o-mini-2024-07-18",
    "2027-04-01": "gpt-5.1 gpt-5.1-2025-11-13 gpt-5.4-nano gpt-5.4-nano-2026-03-17",
}  # fmt: skip
ENDS = {model: day for day, models in _ENDS.items() for model in models.split()}
HOSTED = frozenset({"Azure OpenAI", "Amazon Bedrock", "OpenRouter", "GitHub Models", "Together", "Ollama"})
"""Who serves others' models, and ends them on days of their own."""
# names for which dated ones exist beside them
_DATED = (
    "gpt-3.5-turbo gpt-4 gpt-4-turbo gpt-4o gpt-4o-mini gpt-4.1 gpt-4.1-mini gpt-4.1-nano gpt-5 gpt-5-mini "
    "gpt-5-nano gpt-5.1 gpt-5.2 gpt-5.2-pro gpt-5.4-mini gpt-5.4-nano gpt-5.5 o1 o1-mini o1-preview o3 "
    "o3-mini o4-mini claude-haiku-4-5 claude-opus-4-5 claude-sonnet-4-5 claude-opus-4-0 claude-sonnet-4-0 "
    "gpt-4-turbo-preview gemini-1.5-flash gemini-1.5-pro gemini-pro gemini-2.0-flash gemini-2.0-flash-lite"
)
_MOVING = frozenset(_DATED.split())
_LATEST = re.compile(r"(?:^|[-:/])latest$")


def end_of(model: str, provider: str) -> str:
    """The day for which the maker announced the model's end; empty where none is known."""
    return "" if provider in HOSTED else ENDS.get(_plain(model), "")


def moves(model: str, provider: str) -> bool:
    """Whether the name may mean another model tomorrow."""
    if provider == "Ollama":
        return ":" not in model or model.endswith(":latest")
    return _plain(model) in _MOVING or bool(_LATEST.search(model))


def _plain(model: str) -> str:
    return model.removeprefix("models/").removeprefix("ft:").lower()
