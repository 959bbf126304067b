"""How keys of known issuers are written; each is rare enough elsewhere to be believed."""
# ruff: noqa: SIM905 - lists of words read best as words

import re

from msgspec import Struct


class Form(Struct, frozen=True):
    """A sort of secret; the last group of its pattern, or the whole, is the secret."""

    called: str
    pattern: re.Pattern[str]
    hint: str
    """A piece that is looked for first, because that is fast."""


def _form(called: str, hint: str, pattern: str) -> Form:
    return Form(called, re.compile(pattern), hint)


FORMS = (
    _form("private key", "PRIVATE KEY", r"-----BEGIN (?:RSA |EC |OPENSSH |DSA |PGP |ENCRYPTED )?PRIVATE KEY"),
    _form("AWS access key", "A", r"(?<![A-Z0-9])(?:AKIA|ASIA|AROA)[0-9A-Z]{16}(?![A-Z0-9])"),
    _form(
        "AWS secret key",
        "ecret",
        r"(?i)aws.{0,20}secret.{0,30}?[\"'=:\s]([A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])",
    ),
    _form("Anthropic API key", "sk-ant-", r"\bsk-ant-[A-Za-z0-9_-]{24,}"),
    _form("OpenRouter API key", "sk-or-", r"\bsk-or-[A-Za-z0-9_-]{24,}"),
    _form("OpenAI API key", "sk-", r"(?<![\w-])sk-(?!ant-|or-)(?:proj-|svcacct-|admin-)?[A-Za-z0-9_-]{24,}"),
    _form("GitHub token", "gh", r"\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{40,})"),
    _form("GitLab token", "glpat-", r"\bglpat-[A-Za-z0-9_-]{20,}"),
    _form("Hugging Face token", "hf_", r"\bhf_[A-Za-z0-9]{30,}"),
    _form("Google API key", "AIza", r"\bAIza[0-9A-Za-z_-]{35}(?![\w-])"),
    _form("Google client secret", "GOCSPX-", r"\bGOCSPX-[\w-]{28}"),
    _form("Google access token", "ya29.", r"\bya29\.[\w-]{40,}"),
    _form("Azure storage key", "AccountKey=", r"AccountKey=([A-Za-z0-9+/]{80,}==)"),
    _form("Azure client secret", "8Q~", r"(?<![\w~.-])[\w~.-]{3}8Q~[\w~.-]{31,34}(?![\w~.-])"),
    _form("Azure signature", "sig=", r"[?&]sig=([\w%+/]{40,}(?:%3D|=))"),
    _form("Slack token", "xox", r"\bxox[abeprs]-[A-Za-z0-9-]{20,}"),
    _form("Slack webhook", "hooks.slack", r"hooks\.slack\.com/services/(T\w{6,}/B\w{6,}/\w{18,})"),
    _form("Stripe live key", "k_live_", r"\b[sr]k_live_[A-Za-z0-9]{20,}"),
    _form("SendGrid API key", "SG.", r"\bSG\.[\w-]{22}\.[\w-]{43}"),
    _form("Telegram bot token", ":AA", r"(?<!\d)\d{8,10}:AA[\w-]{33}(?![\w-])"),
    _form("Databricks token", "dapi", r"\bdapi[0-9a-f]{32}\b"),
    _form("Groq API key", "gsk_", r"\bgsk_[A-Za-z0-9]{40,}"),
    _form("Replicate API token", "r8_", r"\br8_[A-Za-z0-9]{37}\b"),
    _form("Pinecone API key", "pcsk_", r"\bpcsk_\w{40,}"),
    _form("LangSmith API key", "lsv2_", r"\blsv2_(?:pt|sk)_[0-9a-f]{32}_[0-9a-f]{10}"),
    _form("Tavily API key", "tvly-", r"\btvly-[A-Za-z0-9-]{20,}"),
    _form("Perplexity API key", "pplx-", r"\bpplx-[A-Za-z0-9]{40,}"),
    _form("xAI API key", "xai-", r"\bxai-[A-Za-z0-9]{60,}"),
    _form("NVIDIA API key", "nvapi-", r"\bnvapi-[\w-]{60,}"),
    _form("npm token", "npm_", r"\bnpm_[A-Za-z0-9]{36}\b"),
    _form("package index token", "pypi-", r"\bpypi-AgEI[\w-]{50,}"),
    _form("Notion token", "_", r"\b(?:secret_[A-Za-z0-9]{43}|ntn_[A-Za-z0-9]{40,})\b"),
    _form("DigitalOcean token", "dop_v1_", r"\bdop_v1_[0-9a-f]{64}"),
    _form("Vault token", "hvs.", r"\bhvs\.[\w-]{24,}"),
    _form("JSON web token", "eyJ", r"\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}"),
    _form("Weights & Biases key", "wandb", r"wandb.{0,40}?[\"'= ]([0-9a-f]{40})\b"),
    _form("Kaggle key", "username", r"\"username\"\s*:\s*\"[\w-]+\"\s*,\s*\"key\"\s*:\s*\"([0-9a-f]{32})\""),
    _form(
        "mail password", "login", r"\.login\([^)\n]{3,80},\s*[\"']((?:[a-z]{4} ){3}[a-z]{4}|[a-z]{16})[\"']"
    ),
    _form("authorization header", "earer ", r"[\"']Bearer ([A-Za-z0-9_.~+/-]{20,}=*)[\"']"),
)
DATABASE = re.compile(
    r"\b(?:postgres(?:ql)?|mysql|mariadb|mongodb|mssql|oracle|redis|rediss|amqps?|clickhouse|snowflake|cockroachdb)"
    r"(?:\+\w+)?://[^\s:/@\"']*:([^\s@/\"'`]+)@([\w.-]+)"
)
PARTS = re.compile(
    r"(?i)(?:password|pwd)\s*=\s*([^;\"'\s]{6,128})\s*;.{0,200}?(?:server|host|data source|uid|user id)\s*=|"
    r"(?:server|host|data source)\s*=.{0,200}?(?:password|pwd)\s*=\s*([^;\"'\s]{6,128})\s*[;\"']"
)
IN_ADDRESS = re.compile(r"https?://(?:([\w.%+-]+):)?([\w.%+-]{8,})@[\w.-]+\.\w+")
LOCAL_HOSTS = frozenset(
    "localhost db postgres mysql mongo mongodb redis database host rabbitmq host.docker.internal mariadb "
    "hostname server".split()
)
