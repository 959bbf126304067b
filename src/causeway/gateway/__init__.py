"""The data path: answers the model's users and records what it answered."""
