"""How somebody is told: by a webhook, in a chat, by a command."""
