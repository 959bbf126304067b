"""The short way, for what is asked most: from the HTTP parser straight to the model."""
