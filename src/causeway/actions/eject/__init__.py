"""`causeway eject`: a folder that serves a release without Causeway."""
