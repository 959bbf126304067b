"""`causeway attach`: a model that another tool keeps becomes a release candidate."""
