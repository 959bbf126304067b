"""What reaches a model: data followed through assignments, calls, files and classes."""
