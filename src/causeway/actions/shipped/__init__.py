"""Records of other servers, brought into a product's stream of predictions."""
