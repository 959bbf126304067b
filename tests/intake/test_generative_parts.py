"""What a generative application is made of, read from its code and files."""

import pytest

import folders
from causeway.assess.poc import judging as judges
from causeway.intake import read_poc


def look(tmp_path, files):
    poc = read_poc(folders.write(tmp_path, files))
    return poc, {finding.code: finding for finding in judges.judge(poc)}


def values(guesses):
    return [guess.value for guess in guesses]


CLIENTS = [
    (
        "from openai import OpenAI\nOpenAI().chat.completions.create(model='gpt-x', messages=[])",
        "OpenAI",
        "gpt-x",
    ),
    (
        "import openai\nopenai.ChatCompletion.create(model='gpt-x', messages=[])",
        "OpenAI",
        "gpt-x",
    ),
    (
        "from openai import OpenAI\nOpenAI().responses.create(model='gpt-x', input='hi')",
        "OpenAI",
        "gpt-x",
    ),
    (
        (
            "from openai import AzureOpenAI\n"
            "c = AzureOpenAI()\n"
            "c.chat.completions.create(model='d1', messages=[])"
        ),
        "Azure OpenAI",
        "d1",
    ),
    (
        (
            "from openai import OpenAI\n"
            "c = OpenAI(base_url='https://openrouter.ai/api/v1')\n"
            "c.chat.completions.create(model='m-1', messages=[])"
        ),
        "OpenRouter",
        "m-1",
    ),
    (
        (
            "import anthropic\n"
            "anthropic.Anthropic().messages.create(model='claude-x', max_tokens=9, messages=[])"
        ),
        "Anthropic",
        "claude-x",
    ),
    (
        (
            "from google import genai\n"
            "c = genai.Client()\n"
            "c.models.generate_content(model='gemini-x', contents='hi')"
        ),
        "Google",
        "gemini-x",
    ),
    (
        "import google.generativeai as genai\ngenai.GenerativeModel('gemini-x').generate_content('hi')",
        "Google",
        "gemini-x",
    ),
    (
        "import boto3\nb = boto3.client('bedrock-runtime')\nb.converse(modelId='anthropic.c-1', messages=[])",
        "Amazon Bedrock",
        "anthropic.c-1",
    ),
    (
        "import ollama\nollama.chat(model='mistral:7b', messages=[])",
        "Ollama",
        "mistral:7b",
    ),
    (
        "from litellm import completion\ncompletion(model='openai/gpt-x', messages=[])",
        "LiteLLM",
        "gpt-x",
    ),
    (
        "from mistralai import Mistral\nMistral().chat.complete(model='mistral-x', messages=[])",
        "Mistral",
        "mistral-x",
    ),
    (
        "from groq import Groq\nGroq().chat.completions.create(model='llama-x', messages=[])",
        "Groq",
        "llama-x",
    ),
    (
        "from huggingface_hub import InferenceClient\nInferenceClient('org/m-1').text_generation('hi')",
        "Hugging Face",
        "org/m-1",
    ),
    (
        "from transformers import pipeline\npipeline('text-generation', model='org/m-1')",
        "Hugging Face",
        "org/m-1",
    ),
    (
        "from vllm import LLM\nLLM(model='org/m-1')",
        "vLLM",
        "org/m-1",
    ),
    (
        "from langchain_openai import ChatOpenAI\nChatOpenAI(model='gpt-x')",
        "OpenAI",
        "gpt-x",
    ),
    (
        "from langchain.chat_models import init_chat_model\ninit_chat_model('anthropic:claude-x')",
        "Anthropic",
        "claude-x",
    ),
    (
        "from llama_index.llms.ollama import Ollama\nOllama(model='llama3:8b')",
        "Ollama",
        "llama3:8b",
    ),
    (
        "from pydantic_ai import Agent\nAgent('openai:gpt-x')",
        "OpenAI",
        "gpt-x",
    ),
    (
        "import dspy\ndspy.LM('groq/llama-x')",
        "Groq",
        "llama-x",
    ),
    (
        "from crewai import LLM\nLLM(model='gemini/gemini-x')",
        "Google",
        "gemini-x",
    ),
    (
        "from smolagents import LiteLLMModel\nLiteLLMModel(model_id='anthropic/claude-x')",
        "LiteLLM",
        "claude-x",
    ),
    (
        "from haystack.components.generators import OpenAIGenerator\nOpenAIGenerator(model='gpt-x')",
        "OpenAI",
        "gpt-x",
    ),
]


@pytest.mark.parametrize(("code", "provider", "model"), CLIENTS)
def test_providers_and_models_by_the_way_they_are_asked(tmp_path, code, provider, model):
    poc, _ = look(tmp_path, {"app.py": code})
    assert values(poc.genai.providers) == [provider]
    assert values(poc.genai.models) == [model]
    assert poc.kind.value.startswith("GenAI")


SETTINGS = {
    "a constant of another file": {
        "config.py": ("MODEL = 'gpt-x'"),
        "app.py": ("from config import MODEL\n{call}(model=MODEL, messages=[])"),
    },
    "a default of the environment": {
        "app.py": ("import os\nname = os.getenv('MODEL', 'gpt-x')\n{call}(model=name, messages=[])"),
    },
    "a value of .env": {
        ".env.example": ("MODEL=gpt-x\n"),
        "app.py": ("import os\n{call}(model=os.environ['MODEL'], messages=[])"),
    },
    "a field of settings": {
        "settings.py": (
            "from pydantic import BaseModel, Field\n"
            "class Settings(BaseModel):\n"
            "    model: str = Field(default='gpt-x')\n"
            "settings = Settings()"
        ),
        "app.py": ("from settings import settings\n{call}(model=settings.model, messages=[])"),
    },
    "an attribute": {
        "app.py": (
            "class Bot:\n"
            "    def __init__(self):\n"
            "        self.name = 'gpt-x'\n"
            "    def ask(self):\n"
            "        return {call}(model=self.name, messages=[])"
        ),
    },
    "an argument's default": {
        "app.py": ("def ask(text, model='gpt-x'):\n    return {call}(model=model, messages=[])"),
    },
    "an option of the command line": {
        "app.py": (
            "import argparse\n"
            "p = argparse.ArgumentParser()\n"
            "p.add_argument('--model', default='gpt-x')\n"
            "args = p.parse_args()\n"
            "{call}(model=args.model, messages=[])"
        ),
    },
    "unpacked options": {
        "app.py": ("options = {'model': 'gpt-x', 'messages': []}\n{call}(**options)"),
    },
}


@pytest.mark.parametrize("files", SETTINGS.values(), ids=SETTINGS)
def test_the_model_is_found_where_its_name_stands(tmp_path, files):
    call = "__import__('os') and OpenAI().chat.completions.create"
    head = "from openai import OpenAI\n"
    written = {
        name: head + text.replace("{call}", call.split(" and ")[1]) if "{call}" in text else text
        for name, text in files.items()
    }
    poc, _ = look(tmp_path, written)
    assert values(poc.genai.models) == ["gpt-x"]


def test_a_local_package_named_like_a_library_is_no_provider(tmp_path):
    poc, _ = look(
        tmp_path, {"agents/tools.py": "x = 1", "main.py": "from agents import tools\nprint(tools.x)"}
    )
    assert not poc.genai


def test_a_tabular_training_with_a_language_model_beside_it_keeps_its_kind(tmp_path):
    train = (
        "import pandas as pd\nfrom sklearn.linear_model import LogisticRegression\n"
        "from sklearn.model_selection import train_test_split\ndf = pd.read_csv('people.csv')\n"
        "X, y = df[['tenure']], df['left']\na, b, c, d = train_test_split(X, y)\n"
        "LogisticRegression().fit(a, c)\n"
    )
    helper = "from openai import OpenAI\nOpenAI().chat.completions.create(model='gpt-4o', messages=[])"
    poc, found = look(tmp_path, {"train.py": train, "explain.py": helper, "people.csv": folders.people()})
    assert poc.kind.value == "binary classification"
    assert values(poc.genai.models) == ["gpt-4o"]
    assert not {code for code in found if code.startswith("GENAI")}


def test_agents_prompts_and_servers_in_files(tmp_path):
    files = {
        "config/agents.yaml": (
            "writer:\n  role: Writer\n  goal: Writes about things\n  backstory: Old\n  llm: openai/gpt-4o\n"
        ),
        "prompts/system.jinja": "You are a friendly assistant that answers in full sentences: {{ question }}",
        "mcp.json": '{"mcpServers": {"files": {"command": "npx"}}}',
        "crew.py": "from crewai import Agent, Crew\nCrew(agents=[])",
    }
    poc, found = look(tmp_path, files)
    assert values(poc.genai.models) == ["gpt-4o"]
    assert "writer" in values(poc.genai.agents)
    assert {prompt.text for prompt in poc.genai.prompts} >= {"writer", "system.jinja"}
    assert "MCP server files" in {tool.name for tool in poc.genai.tools}
    assert set(poc.genai.frameworks) == {"CrewAI", "MCP"}
    assert str(found["GENAI-RETIRED"].evidence[0]) == "config/agents.yaml:5"


def test_javascript_is_named_as_far_as_its_packages_tell(tmp_path):
    files = {
        "package.json": (
            '{"dependencies": {"openai": "^4", "langchain": "1", "@pinecone-database/pinecone": "2"}}'
        ),
        "src/index.ts": 'const r = await client.chat.completions.create({ model: "gpt-4o-mini", messages });',
    }
    poc, _ = look(tmp_path, files)
    assert (values(poc.genai.providers), values(poc.genai.models)) == (["OpenAI"], ["gpt-4o-mini"])
    assert (values(poc.genai.stores), poc.genai.frameworks) == (["Pinecone"], ("LangChain",))


def test_fine_tuning_is_a_kind_of_its_own(tmp_path):
    code = (
        "from transformers import AutoModelForCausalLM\nfrom peft import LoraConfig, get_peft_model\n"
        "model = get_peft_model(AutoModelForCausalLM.from_pretrained('org/base'), LoraConfig(r=8))\n"
    )
    poc, _ = look(tmp_path, {"tune.py": code})
    assert poc.kind.value == "GenAI fine-tuning"
