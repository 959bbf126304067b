"""What libraries for language models call things, and how they behave where code says nothing."""

from msgspec import Struct

PROVIDERS = {
    "openai": "OpenAI", "anthropic": "Anthropic", "cohere": "Cohere", "mistralai": "Mistral", "groq": "Groq",
    "ollama": "Ollama", "replicate": "Replicate", "together": "Together", "vertexai": "Google",
    "google.generativeai": "Google", "google.genai": "Google", "litellm": "LiteLLM", "vllm": "vLLM",
    "llama_cpp": "llama.cpp", "gpt4all": "GPT4All", "fireworks": "Fireworks", "cerebras": "Cerebras",
    "ctransformers": "ctransformers",
    "langchain_openai": "OpenAI", "langchain_anthropic": "Anthropic", "langchain_google_genai": "Google",
    "langchain_google_vertexai": "Google", "langchain_groq": "Groq", "langchain_ollama": "Ollama",
    "langchain_mistralai": "Mistral", "langchain_cohere": "Cohere", "langchain_aws": "Amazon Bedrock",
    "llama_index.llms.openai": "OpenAI", "llama_index.llms.ollama": "Ollama",
    "llama_index.llms.anthropic": "Anthropic", "llama_index.llms.groq": "Groq",
    "llama_index.llms.gemini": "Google", "agents": "OpenAI",
}  # fmt: skip
FRAMEWORKS = {
    "langchain": "LangChain", "langchain_community": "LangChain", "langchain_core": "LangChain",
    "langchain_classic": "LangChain", "langgraph": "LangGraph", "llama_index": "LlamaIndex",
    "haystack": "Haystack", "crewai": "CrewAI", "autogen": "AutoGen", "autogen_agentchat": "AutoGen",
    "ag2": "AutoGen", "semantic_kernel": "Semantic Kernel", "dspy": "DSPy", "smolagents": "smolagents",
    "pydantic_ai": "Pydantic AI", "mcp": "MCP", "fastmcp": "MCP", "instructor": "Instructor",
    "guidance": "Guidance", "agno": "Agno", "phi": "Agno", "pandasai": "PandasAI",
}  # fmt: skip
STORES = {
    "Qdrant": "Qdrant", "QdrantVectorStore": "Qdrant", "QdrantClient": "Qdrant", "Chroma": "Chroma",
    "PersistentClient": "Chroma", "EphemeralClient": "Chroma", "ChromaVectorStore": "Chroma",
    "FAISS": "FAISS", "IndexFlatL2": "FAISS", "IndexFlatIP": "FAISS", "FaissVectorStore": "FAISS",
    "Pinecone": "Pinecone", "PineconeVectorStore": "Pinecone", "Weaviate": "Weaviate",
    "WeaviateVectorStore": "Weaviate", "Milvus": "Milvus", "MilvusClient": "Milvus",
    "PGVector": "pgvector", "PGVectorStore": "pgvector", "LanceDB": "LanceDB", "Redis": "Redis",
    "ElasticsearchStore": "Elasticsearch", "OpenSearchVectorSearch": "OpenSearch",
    "MongoDBAtlasVectorSearch": "MongoDB Atlas", "AzureSearch": "Azure AI Search",
    "SupabaseVectorStore": "Supabase", "InMemoryVectorStore": "memory", "InMemoryDocumentStore": "memory",
    "DocArrayInMemorySearch": "memory", "VectorStoreIndex": "an index in files",
    "SearchClient": "Azure AI Search",
    "GPTVectorStoreIndex": "an index in files", "SKLearnVectorStore": "scikit-learn",
}  # fmt: skip
STORE_MODULES = (
    "vectorstores", "vector_stores", "chroma", "qdrant", "faiss", "pinecone", "weaviate", "milvus",
    "pgvector", "postgres", "lancedb", "llama_index", "elasticsearch", "mongodb", "supabase", "haystack",
    "redis", "opensearch", "azuresearch", "azure.search",
)  # fmt: skip
EMBEDDERS = frozenset({
    "HuggingFaceEmbeddings", "SentenceTransformer", "OpenAIEmbeddings", "HuggingFaceInstructEmbeddings",
    "GoogleGenerativeAIEmbeddings", "OllamaEmbeddings", "HuggingFaceBgeEmbeddings", "OllamaEmbedding",
    "HuggingFaceEmbedding", "OpenAIEmbedding", "AzureOpenAIEmbeddings", "CohereEmbeddings",
    "MistralAIEmbeddings", "BedrockEmbeddings", "VertexAIEmbeddings", "FastEmbedEmbeddings",
    "SentenceTransformerEmbeddings", "SentenceTransformerEmbeddingFunction", "OpenAIEmbeddingFunction",
    "HuggingFaceEndpointEmbeddings", "SentenceTransformersTextEmbedder",
})  # fmt: skip


class Maker(Struct, frozen=True):
    """A class whose objects answer prompts: its provider, and what it does where nothing is said.

    `wait` is the seconds an unanswered request may take (None: for ever, -1: not known), `again` how
    often it is repeated, `capped` whether an answer's length has a limit of its own.
    """

    provider: str
    wait: float | None = 600
    again: int = 2
    capped: bool = False


_OPEN = Maker("OpenAI")
_UNKNOWN = Maker("", -1, 0, capped=True)
_LOCAL = Maker("Hugging Face", -1, 0, capped=True)
# the figures are the libraries' own defaults: openai 1 to 3, anthropic, groq, ollama 0.6, litellm 1.109,
# huggingface_hub 2, google-genai 3
MAKERS = {
    "ChatOpenAI": _OPEN, "OpenAI": _OPEN, "AsyncOpenAI": _OPEN, "OpenAILike": _OPEN,
    "AzureOpenAI": Maker("Azure OpenAI"), "AsyncAzureOpenAI": Maker("Azure OpenAI"),
    "AzureChatOpenAI": Maker("Azure OpenAI"), "OpenAIGenerator": _OPEN, "OpenAIChatGenerator": _OPEN,
    "OpenAIChatCompletion": _OPEN, "AzureChatCompletion": Maker("Azure OpenAI"), "OpenAIChat": _OPEN,
    "OpenAIModel": _OPEN, "OpenAIChatModel": _OPEN, "OpenAIServerModel": _OPEN,
    "OpenAIChatCompletionClient": _OPEN, "AzureOpenAIChatCompletionClient": Maker("Azure OpenAI"),
    "Anthropic": Maker("Anthropic", capped=True), "AsyncAnthropic": Maker("Anthropic", capped=True),
    "ChatAnthropic": Maker("Anthropic", capped=True), "AnthropicModel": Maker("Anthropic", capped=True),
    "Groq": Maker("Groq", 60), "AsyncGroq": Maker("Groq", 60), "ChatGroq": Maker("Groq", 60),
    "Ollama": Maker("Ollama", None, 0), "ChatOllama": Maker("Ollama", None, 0),
    "OllamaLLM": Maker("Ollama", None, 0),
    "ChatGoogleGenerativeAI": Maker("Google", None, 6, capped=True),
    "GoogleGenerativeAI": Maker("Google", None, 6, capped=True),
    "GenerativeModel": Maker("Google", -1, 0, capped=True),
    "ChatVertexAI": Maker("Google", -1, 6, capped=True), "VertexAI": Maker("Google", -1, 6, capped=True),
    "Gemini": Maker("Google", -1, 0, capped=True), "GeminiModel": Maker("Google", -1, 0, capped=True),
    "ChatMistralAI": Maker("Mistral", 120, 5), "Mistral": Maker("Mistral", -1, 0),
    "ChatCohere": Maker("Cohere", -1, 0, capped=True), "ChatBedrock": Maker("Amazon Bedrock", 60, 4),
    "ChatBedrockConverse": Maker("Amazon Bedrock", 60, 4), "Bedrock": Maker("Amazon Bedrock", 60, 4),
    "HuggingFaceHub": Maker("Hugging Face", -1, 0, capped=True),
    "HuggingFaceEndpoint": Maker("Hugging Face", 120, 0, capped=True),
    "InferenceClient": Maker("Hugging Face", None, 0, capped=True),
    "AsyncInferenceClient": Maker("Hugging Face", None, 0, capped=True),
    "InferenceClientModel": Maker("Hugging Face", 120, 0, capped=True),
    "HfApiModel": Maker("Hugging Face", 120, 0, capped=True),
    "HuggingFacePipeline": _LOCAL, "TransformersModel": _LOCAL, "HuggingFaceLLM": _LOCAL,
    "LlamaCpp": Maker("llama.cpp", -1, 0, capped=True), "Llama": Maker("llama.cpp", -1, 0, capped=True),
    "GPT4All": Maker("GPT4All", -1, 0, capped=True),
    "CTransformers": Maker("ctransformers", -1, 0, capped=True),
    "LiteLLMModel": Maker("LiteLLM", 600), "ChatLiteLLM": Maker("LiteLLM", 600),
    "init_chat_model": Maker("", -1, 0), "LM": Maker("", -1, 0), "Together": Maker("Together", -1, 0),
    "ChatTogether": Maker("Together"), "ChatDeepSeek": Maker("DeepSeek"), "ChatXAI": Maker("xAI"),
    "ChatFireworks": Maker("Fireworks", -1, 0), "ChatNVIDIA": Maker("NVIDIA", -1, 0),
    "ChatPerplexity": Maker("Perplexity", -1, 0),
}  # fmt: skip
CREWAI_LLM = Maker("", -1, 0)
LIMITS = frozenset({
    "max_tokens", "max_completion_tokens", "max_output_tokens", "max_new_tokens", "num_predict",
    "maxOutputTokens", "max_tokens_to_sample", "maxTokens", "max_length", "generation_config", "config",
    "inferenceConfig", "model_kwargs", "options", "settings", "model_settings", "max_prompt_tokens",
    "generation_kwargs", "extra_body", "request_params",
})  # fmt: skip
WAITS = frozenset({
    "timeout", "request_timeout", "http_client", "http_options", "client_options", "client_kwargs",
    "async_client_kwargs", "sync_client_kwargs", "timeout_ms", "request_options", "default_request_timeout",
    "stream_timeout",
})  # fmt: skip
REPEATS = frozenset({"max_retries", "num_retries", "retry_config", "retries", "retry"})
BASES = {
    "openrouter.ai": "OpenRouter", "api.groq.com": "Groq", "deepseek.com": "DeepSeek",
    "api.together": "Together", "api.x.ai": "xAI", "api.mistral.ai": "Mistral", "11434": "Ollama",
    "perplexity.ai": "Perplexity", "fireworks.ai": "Fireworks", "api.openai.com": "OpenAI",
    "api.anthropic.com": "Anthropic", "generativelanguage.googleapis.com": "Google",
    "dashscope": "DashScope", "moonshot": "Moonshot", "integrate.api.nvidia.com": "NVIDIA",
    "api-inference.huggingface.co": "Hugging Face", "router.huggingface.co": "Hugging Face",
    "models.inference.ai.azure.com": "GitHub Models", "openai.azure.com": "Azure OpenAI",
}  # fmt: skip
PREFIXES = {
    "openai": "OpenAI", "azure": "Azure OpenAI", "azure_openai": "Azure OpenAI", "anthropic": "Anthropic",
    "groq": "Groq", "ollama": "Ollama", "ollama_chat": "Ollama", "gemini": "Google", "google": "Google",
    "google-gla": "Google", "google_genai": "Google", "vertex_ai": "Google", "mistral": "Mistral",
    "mistralai": "Mistral", "cohere": "Cohere", "bedrock": "Amazon Bedrock", "openrouter": "OpenRouter",
    "deepseek": "DeepSeek", "huggingface": "Hugging Face", "together_ai": "Together", "xai": "xAI",
    "litellm": "LiteLLM", "replicate": "Replicate", "openai-chat": "OpenAI", "openai-responses": "OpenAI",
}  # fmt: skip
LOCAL = frozenset({"Ollama", "llama.cpp", "vLLM", "GPT4All", "ctransformers", "Hugging Face", ""})
ENDPOINT = "an OpenAI-compatible endpoint"


def by_prefix(model: str) -> tuple[str, str]:
    """The provider that `openai/gpt-4o` or `groq:llama` names, and the model without it."""
    for mark in (":", "/"):
        head, found, rest = model.partition(mark)
        if found and rest and head.lower() in PREFIXES:
            return PREFIXES[head.lower()], rest
    return "", model


def by_name(model: str) -> str:
    """Whose model this must be, by its own name; empty where many serve it."""
    text = model.lower()
    if text.startswith(("gpt-", "o1", "o3", "o4-", "chatgpt", "text-davinci", "davinci", "gpt3")):
        return "OpenAI"
    if text.startswith("claude"):
        return "Anthropic"
    return "Google" if text.startswith(("gemini", "models/gemini")) else ""


def by_address(address: str) -> str:
    """The provider behind an address, or an endpoint of some kind."""
    return next((name for part, name in BASES.items() if part in address.lower()), ENDPOINT)
